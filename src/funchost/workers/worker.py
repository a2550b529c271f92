"""Worker: one worker process with its wire, from its start to its end."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager

import funchost
from funchost.app.function_app import Function
from funchost.app.indexed import AppIndex, LoadError
from funchost.app.invocation import InvocationException, Status
from funchost.errors import LoadInterruptedError, WorkerLostError, WorkerStartError
from funchost.workers import messages
from funchost.workers.calls import Calls
from funchost.workers.channel import Channel
from funchost.workers.events import StreamName, WorkerEvents
from funchost.workers.launch import WorkerLaunch
from funchost.workers.process import WorkerProcess
from funchost_worker import wire
from funchost_worker.wire import Kind

_GRACE = 5.0
"""Seconds that a worker may live on after it has closed its end of the wire."""

KILL_TIMEOUT = 5.0
"""Seconds for a killed process to end; only one that hangs in the kernel needs more."""

_HELLO = 0
"""Number of the question that every worker answers unasked."""

Reply = tuple[int, memoryview]


class Worker:
    """One worker. Construction starts the process; then come `index`, `load` and the calls.

    Args:
        idle: called with the worker whenever nobody waits for it any more.
        unusable: called with the worker when it can take no more calls, and once more when it has ended.

    Raises:
        WorkerStartError: the interpreter cannot be executed.
    """

    def __init__(
        self,
        launch: WorkerLaunch,
        events: WorkerEvents,
        idle: Callable[[Worker], None],
        unusable: Callable[[Worker], None],
    ) -> None:
        loop = asyncio.get_running_loop()
        self._launch = launch
        self._events = events
        self._loop = loop
        self._questions: dict[int, asyncio.Future[Reply]] = {_HELLO: loop.create_future()}
        self._kill_reason = ""
        self._stopping = False
        self._unusable = unusable
        self._grace: asyncio.TimerHandle | None = None
        self._process = WorkerProcess(launch, self._output, self._ended)
        self.pid = self._process.pid
        self._channel = Channel(self._process.wire, self._receive, self._wire_broken)
        self.calls = Calls(self._channel.send, lambda: idle(self))
        self.gone: asyncio.Future[str] = loop.create_future()
        """Resolves when the process has ended, with a sentence that says how."""
        self.retired: asyncio.Future[None] = loop.create_future()
        """Resolves when the pool wants a replacement while this worker finishes what it has."""

    async def index(self) -> AppIndex:
        """Wait for the worker to speak and let it look at the app.

        Raises:
            WorkerStartError: it ended, did not answer in time, or does not fit this host.
        """
        async with self._start_deadline():
            _, payload = await self._questions[_HELLO]
            hello = messages.read_hello(payload)
            if hello.wire != wire.VERSION:
                raise wire.WireError(f"wire version {hello.wire} where this host speaks {wire.VERSION}")
            launch = self._launch
            packages = None if launch.packages is None else os.fspath(launch.packages)
            app = os.fspath(launch.app_root)
            self._channel.send(messages.init_frame(app, packages, launch.log_level, funchost.__version__))
            number = self.calls.next_number()
            payload = await self._ask(number, messages.structure(Kind.INDEX, number, {}), Kind.INDEXED)
            return messages.read_index(payload, hello.python)

    async def load(self, functions: Sequence[Function]) -> Mapping[str, LoadError]:
        """Load functions; returns why some of them did not load, by name.

        One is loaded after the other, so that it is known which one to blame if its import ends the process.

        Raises:
            LoadInterruptedError: the worker ended or did not answer in time.
        """
        errors: dict[str, LoadError] = {}
        name = ""
        try:
            async with self._start_deadline():
                for function in functions:
                    name = function.name
                    number = self.calls.next_number()
                    payload = await self._ask(number, messages.load_frame(number, function), Kind.LOADED)
                    errors.update(messages.read_loaded(payload))
        except WorkerStartError as error:
            raise LoadInterruptedError(error.message, name, hint=error.hint) from error
        return errors

    def ping(self, alive: Callable[[], None]) -> None:
        """Call `alive` when the worker's loop has answered; never if it does not."""
        number = self.calls.next_number()
        self._questions[number] = answer = self._loop.create_future()
        answer.add_done_callback(lambda _: alive() if answer.exception() is None else None)
        self._channel.send(wire.frame(Kind.PING, number))

    def stop(self) -> None:
        """Ask the worker to finish; `gone` tells when it has. One that is still loading is killed."""
        if self._questions:
            self.kill("", expected=True)
        else:
            self._stopping = True
            self._channel.send(wire.frame(Kind.STOP, 0))

    def kill(self, reason: str, *, expected: bool) -> None:
        """Kill the process and its group at once.

        Args:
            reason: stands in place of the signal, completes "Python worker (pid N) ...".
            expected: whether this is the host's plan or the worker's fault.
        """
        self._stopping = self._stopping or expected
        self._kill_reason = self._kill_reason or reason
        self._process.kill()

    @asynccontextmanager
    async def _start_deadline(self) -> AsyncIterator[None]:
        """Turn whatever prevents the worker from starting into a WorkerStartError, and end the worker then."""
        seconds = self._launch.start_timeout
        try:
            async with asyncio.timeout(seconds):
                yield
        except TimeoutError as error:
            problem = f"was not ready after {seconds:g} seconds"
            await self._kill_and_wait(problem)
            hint = "Look for slow imports, or allow more time with --timeout <seconds>."
            raise WorkerStartError(self._sentence(problem) + self._stderr(), hint=hint) from error
        except wire.WireError as error:
            problem = f"sent what the host cannot read: {error}"
            await self._kill_and_wait(problem)
            raise WorkerStartError(self._sentence(problem) + self._stderr()) from error
        except WorkerLostError as error:
            raise WorkerStartError(error.message + " before it was ready" + self._stderr()) from error

    async def _kill_and_wait(self, reason: str) -> None:
        self.kill(reason, expected=False)
        await asyncio.wait((self.gone,), timeout=KILL_TIMEOUT)

    def _stderr(self) -> str:
        lines = self._process.last_stderr
        return ". Its last output:\n" + "\n".join(f"    {line}" for line in lines) if lines else "."

    def _sentence(self, reason: str) -> str:
        return f"Python worker (pid {self.pid}) {reason}"

    async def _ask(self, number: int, frame: bytes, expected: int) -> memoryview:
        """Raises: WireError, WorkerLostError."""
        if self.gone.done():
            raise WorkerLostError(self.gone.result())
        self._questions[number] = answer = self._loop.create_future()
        self._channel.send(frame)
        reply: Reply = await answer
        kind, payload = reply
        if kind != expected:
            raise wire.WireError(f"a frame of kind {kind} in place of {expected}")
        return payload

    def _receive(self, kind: int, call: int, payload: memoryview) -> None:
        if kind == Kind.RESULT:
            self.calls.result(call, payload)
        elif kind == Kind.LOG:
            for record in messages.read_logs(payload):
                self._events.log(record)
        elif kind == Kind.BODY:
            self.calls.body(call, payload)
        elif kind == Kind.BODY_END:
            self.calls.body_end(call, payload)
        elif kind == Kind.CREDIT:
            self.calls.credit(call, payload)
        else:
            self._reply(kind, call, payload)

    def _reply(self, kind: int, call: int, payload: memoryview) -> None:
        question = self._questions.pop(call, None)
        if question is None:
            raise wire.WireError(f"a frame of kind {kind} for call {call}, which nobody made")
        if not question.done():
            question.set_result((kind, payload))

    def _output(self, stream: StreamName, line: str) -> None:
        self._events.output(stream, line)

    def _wire_broken(self, reason: str, fatal: bool) -> None:
        """The wire is of no more use. A worker that has closed it is most likely ending by itself."""
        self._unusable(self)
        if fatal:
            self.kill(reason, expected=False)
        else:
            self._grace = self._loop.call_later(_GRACE, lambda: self.kill(reason, expected=False))

    def _ended(self) -> None:
        if self._grace is not None:
            self._grace.cancel()
        self._channel.finish()
        reason = self._process.finish()
        reason = self._kill_reason or reason
        sentence = self._sentence(reason)
        self.gone.set_result(sentence)
        self._unusable(self)
        for question in self._questions.values():
            if not question.done():
                question.set_exception(WorkerLostError(sentence))
        self._questions.clear()
        self._events.exited(self.pid, reason, self._stopping, self._process.last_stderr)
        status = Status.CANCELLED if self._stopping else Status.LOST
        self.calls.end(status, InvocationException("WorkerLostError", sentence))
