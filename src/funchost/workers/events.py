"""What workers tell the host while they run: log records, output lines, births and deaths."""

from __future__ import annotations

from enum import Enum
from typing import Literal, NamedTuple, Protocol

StreamName = Literal["stdout", "stderr"]


class WorkerLog(NamedTuple):
    """One record of Python's `logging` in a worker.

    Args:
        level: Python level number.
        logger: logger name.
        message: formatted text, with the traceback if there was one.
        function: name of the function that ran, None outside an invocation.
        invocation_id: of that run, None outside an invocation.
        created: Unix time in seconds.
    """

    level: int
    logger: str
    message: str
    function: str | None
    invocation_id: str | None
    created: float


class PoolCondition(Enum):
    """What a pool can do for a caller now."""

    READY = "ready"
    """At least one worker takes calls."""
    RESTARTING = "restarting"
    """No worker takes calls; a replacement is on its way."""
    FAILED = "failed"
    """No worker takes calls and the last attempt to start one failed; the next comes after `retry_in`."""


class PoolState(NamedTuple):
    """A change of the pool.

    Args:
        condition: see PoolCondition.
        ready: workers that take calls.
        retry_in: seconds until a worker is started again, 0.0 = at once or nothing to start.
        reason: why a worker is missing, a sentence; empty if none is.
        unloaded: functions that loaded at first and do not in the worker that takes calls now.
    """

    condition: PoolCondition
    ready: int
    retry_in: float = 0.0
    reason: str = ""
    unloaded: tuple[str, ...] = ()


class WorkerEvents(Protocol):
    """Receives what happens in the workers. Called on the event loop; must not block or raise."""

    def log(self, record: WorkerLog) -> None:
        """A log record arrived; records of one worker come in order."""

    def output(self, stream: StreamName, line: str) -> None:
        """A line of standard output or error arrived, without its line end."""

    def started(self, pid: int) -> None:
        """A worker is up and has loaded the functions."""

    def exited(self, pid: int, reason: str, expected: bool, last_stderr: tuple[str, ...]) -> None:
        """A worker process has ended.

        Args:
            pid: of the process.
            reason: completes "Python worker (pid N) ...", e.g. ``exited with code 3``.
            expected: the host ended it.
            last_stderr: its last lines of standard error, oldest first.
        """

    def state(self, state: PoolState) -> None:
        """The pool changed."""
