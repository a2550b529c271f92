"""Pools of scripted workers for these tests, and what they reported."""

from __future__ import annotations

import asyncio
import itertools
import os
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

from funchost.app.function_app import Binding, Direction, Function, Model
from funchost.app.invocation import Body, Datum, HttpRequestData, Invocation, InvocationResult
from funchost.workers.events import PoolCondition, PoolState, StreamName, WorkerLog
from funchost.workers.interpreter import Interpreter
from funchost.workers.launch import WorkerLaunch
from funchost.workers.pool import WorkerPool

SCRIPT = Path(__file__).with_name("scripted_worker.py")
DEADLINE = 30.0

_ids = itertools.count(1)


class Exit(NamedTuple):
    pid: int
    reason: str
    expected: bool
    last_stderr: tuple[str, ...]


class Recorder:
    """WorkerEvents that remembers, except for output beyond a few lines."""

    def __init__(self) -> None:
        self.logs: list[WorkerLog] = []
        self.lines: list[tuple[str, str]] = []
        self.output_size = 0
        self.pids: list[int] = []
        self.exits: list[Exit] = []
        self.states: list[PoolState] = []

    def log(self, record: WorkerLog) -> None:
        self.logs.append(record)

    def output(self, stream: StreamName, line: str) -> None:
        self.output_size += len(line) + 1
        if len(self.lines) < 1000:
            self.lines.append((stream, line))

    def started(self, pid: int) -> None:
        self.pids.append(pid)

    def exited(self, pid: int, reason: str, expected: bool, last_stderr: tuple[str, ...]) -> None:
        self.exits.append(Exit(pid, reason, expected, last_stderr))

    def state(self, state: PoolState) -> None:
        self.states.append(state)

    @property
    def conditions(self) -> list[PoolCondition]:
        return [state.condition for state in self.states]


class Setup(NamedTuple):
    """A loop to run on and a folder to run in."""

    run: Callable[[Coroutine[object, object, None]], None]
    folder: Path

    def pool(
        self, count: int = 1, *, start: str = "", timeout: float = DEADLINE, python: str = sys.executable
    ) -> tuple[WorkerPool, Recorder]:
        recorder = Recorder()
        return WorkerPool(self.launch(start=start, timeout=timeout, python=python), count, recorder), recorder

    def launch(self, *, start: str = "", timeout: float = DEADLINE, python: str = sys.executable) -> WorkerLaunch:
        interpreter = Interpreter(python, sys.version_info[:3], "the tests' own", True)
        environment = {**os.environ, "SCRIPTED_START": start}
        return WorkerLaunch(interpreter, (), self.folder, environment, None, "INFO", timeout, SCRIPT)

    @asynccontextmanager
    async def running(
        self, count: int = 1, *functions: str, start: str = "", timeout: float = DEADLINE
    ) -> AsyncIterator[tuple[WorkerPool, Recorder]]:
        """A pool whose workers are all ready; stopped, and checked for leaks, at the end."""
        pool, recorder = self.pool(count, start=start, timeout=timeout)
        try:
            await pool.index()
            await pool.load([function(name) for name in functions or ("echo",)])
            await until(lambda: len(recorder.pids) == count)
            yield pool, recorder
        finally:
            await pool.stop(DEADLINE)
            assert pool.pids == ()
            assert asyncio.all_tasks() == {asyncio.current_task()}


def function(name: str) -> Function:
    trigger = Binding("req", "httpTrigger", Direction.IN)
    return Function(name, Path("/app"), Path("/app/f.py"), None, (trigger,), Model.DECORATORS, Path("/app/f.py"))


def invocation(name: str, body: bytes | Body | None = None, *, id: str = "") -> Invocation:
    request = HttpRequestData("POST", "http://localhost/api/x", {}, {}, {}, b"" if body is None else body)
    return Invocation(id or f"id-{next(_ids)}", function(name), (("req", Datum("http", request)),))


async def call(pool: WorkerPool, name: str, body: bytes | Body | None = None) -> InvocationResult:
    return await in_time(pool.submit(invocation(name, body)))


async def in_time(answer: Awaitable[InvocationResult]) -> InvocationResult:
    return await asyncio.wait_for(answer, DEADLINE)


async def until(condition: Callable[[], bool], seconds: float = DEADLINE) -> None:
    """Wait for a condition."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "the condition did not come true in time"
        await asyncio.sleep(0.005)
