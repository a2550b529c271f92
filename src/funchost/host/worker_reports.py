"""What workers say, turned into log lines of the host."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from funchost.logs import HostLog, LogLevel
from funchost.workers.events import PoolState, WorkerLog

CONSOLE = "Host.Function.Console"
WORKER = "Worker"
SYSTEM_LINE = "LanguageWorkerConsoleLog"
SYSTEM_LOGGERS = ("azure_functions_worker", "azure.functions", "funchost_worker")

_ERROR_WORDS = ("error", "fail", "severe", "unhandled exception")


class WorkerReports:
    """WorkerEvents for one loaded version of the app.

    Args:
        log: where lines go.
        on_state: told of every change of the pool's state.
    """

    def __init__(self, log: HostLog, on_state: Callable[[PoolState], None]) -> None:
        self._log = log
        self._on_state = on_state

    def log(self, record: WorkerLog) -> None:
        self._log.write(
            level_of(record.level),
            category_of(record),
            record.message,
            function=record.function or "",
            invocation_id=record.invocation_id or "",
        )

    def output(self, stream: Literal["stdout", "stderr"], line: str) -> None:
        if line.startswith(SYSTEM_LINE):
            self._log.write(LogLevel.INFORMATION, WORKER, line[len(SYSTEM_LINE) :].lstrip())
            return
        level = LogLevel.INFORMATION if stream == "stdout" else stderr_level(line)
        self._log.write(level, CONSOLE, line)

    def started(self, pid: int) -> None:
        self._log.write(LogLevel.INFORMATION, "Host.General", "Worker process started and initialized.")

    def exited(self, pid: int, reason: str, expected: bool, last_stderr: tuple[str, ...]) -> None:
        if expected:
            self._log.write(LogLevel.INFORMATION, WORKER, f"Worker process {pid} {reason}.")
            return
        text = f"Worker process {pid} {reason}; its running invocations failed."
        if last_stderr and not self._log.enabled(CONSOLE, LogLevel.INFORMATION):  # else they have been shown
            text += "\n" + "\n".join(last_stderr)
        self._log.write(LogLevel.ERROR, WORKER, text)

    def state(self, state: PoolState) -> None:
        self._on_state(state)


def level_of(levelno: int) -> LogLevel:
    """Return the host's level for a Python level number: thresholds, so that custom levels sort in."""
    if levelno >= 50:
        return LogLevel.CRITICAL
    if levelno >= 40:
        return LogLevel.ERROR
    if levelno >= 30:
        return LogLevel.WARNING
    if levelno >= 20:
        return LogLevel.INFORMATION
    return LogLevel.DEBUG if levelno >= 10 else LogLevel.TRACE


def category_of(record: WorkerLog) -> str:
    """Return the category that host.json's logLevel knows the record by.

    Records of an invocation are ``Function.{name}.User`` whatever the Python logger is called; records from
    outside an invocation (import time, own threads) are ``Function``; the library's own loggers are system lines.
    """
    if record.logger.startswith(SYSTEM_LOGGERS):
        return WORKER
    if record.function:
        return f"Function.{record.function}.User"
    return "Function"


def stderr_level(line: str) -> LogLevel:
    """Return the level of a line that the app wrote to stderr, judged by its words as the existing host does."""
    lowered = line.lower()
    if any(word in lowered for word in _ERROR_WORDS):
        return LogLevel.ERROR
    return LogLevel.WARNING if "warn" in lowered else LogLevel.INFORMATION
