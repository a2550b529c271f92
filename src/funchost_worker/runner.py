"""Runner: executes invocations, `async` functions on the loop and all others in the thread pool."""

import asyncio

from funchost_worker import attribution, result, wire
from funchost_worker.attribution import CALLS, STORAGE, Call
from funchost_worker.bodies import IncomingBodies, OutgoingBodies
from funchost_worker.failure import let_go
from funchost_worker.fork import leave_child
from funchost_worker.import_hint import import_hint

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Optional

    from funchost_worker.channel import Channel
    from funchost_worker.extensions import Extensions
    from funchost_worker.log_handler import RootHandler
    from funchost_worker.plan import Plan
    from funchost_worker.result import Result
    from funchost_worker.stdio import Stdio
    from funchost_worker.thread_pool import ThreadPool


SWEEP = 1.0
"""Seconds between looks for tasks that ended without an answer."""


class Job:
    """An invocation with what it needs to run."""

    __slots__ = ("body", "call", "context", "message", "plan", "tail")

    def __init__(self, call: Call, plan: "Plan", message: "Dict[str, Any]", tail: memoryview) -> None:
        self.call = call
        self.plan = plan
        self.message = message
        self.tail = tail
        self.body: "Optional[bytes]" = None
        self.context: "Any" = None


class Runner:
    """Everything between an INVOKE and its RESULT. Methods are for the loop's thread unless they say otherwise."""

    def __init__(self, channel: "Channel", loop: asyncio.AbstractEventLoop, pool: "ThreadPool", stdio: "Stdio",
                 root_handler: "RootHandler", app_root: str) -> None:
        self.plans: "Dict[str, Plan]" = {}
        self._channel = channel
        self._loop = loop
        self._pool = pool
        self._stdio = stdio
        self._root_handler = root_handler
        self._app_root = app_root
        self.incoming = IncomingBodies(channel)
        self.outgoing = OutgoingBodies(channel)
        self._tasks: "Dict[int, Job]" = {}
        self._queued: "Dict[int, Job]" = {}
        self._sweep_due = False
        self.extensions: "Optional[Extensions]" = None

    def invoke(self, number: int, payload: memoryview) -> None:
        text, tail = wire.split(payload)
        message: "Any" = wire.load(text)
        plan = self.plans.get(message["f"])
        if plan is None:
            told = ["RuntimeError", "function '{}' is not loaded in this worker".format(message["f"]), ""]
            self._answer(number, result.told_failure(number, told, False))
            return
        job = Job(Call(number, plan.name, message["id"]), plan, message, tail)
        if message.get("stream"):
            self.incoming.expect(number, job)
        else:
            self._start(job)

    def end_of_body(self, number: int, reason: str) -> None:
        """The body is complete, or broke off for `reason`: then the function does not run."""
        if reason:
            if self.incoming.drop(number) is not None:
                self._answer(number, result.cancelled(number, reason))
            return
        finished = self.incoming.finish(number)
        if finished is not None:
            job, body = finished
            job.body = body
            self._start(job)

    def cancel(self, number: int) -> None:
        """Give up an invocation as far as that is possible: a function that runs in a thread cannot be stopped."""
        waiting = self.incoming.drop(number) or self._queued.pop(number, None)
        if waiting is not None:
            self._answer(number, result.cancelled(number, "cancelled before it started"))
            return
        job = self._tasks.get(number)
        if job is not None:
            job.call.cancelled = True
            if job.call.task is not None:
                job.call.task.cancel()
        self.outgoing.drop(number)

    def _start(self, job: Job) -> None:
        self._root_handler.keep()
        number = job.call.number
        if job.plan.is_async:
            self._tasks[number] = job
            job.call.task = self._loop.create_task(self._run_async(job))
            if not self._sweep_due:
                self._sweep_due = True
                self._loop.call_later(SWEEP, self._sweep)
        else:
            self._queued[number] = job
            try:
                self._pool.submit(CALLS.carried(lambda: self._run_in_thread(job)))
            except RuntimeError as error:  # not even one thread can be started
                del self._queued[number]
                self._answer(number, result.failed(number, error))

    async def _run_async(self, job: Job) -> None:
        call = job.call
        CALLS.set(call)
        attribution.RUNNING[call.id] = call.function
        error: "Optional[BaseException]" = None
        try:
            arguments = self._arguments(job)
            answer = self._success(job, arguments, await job.plan.function(**arguments))
        except BaseException as trouble:
            let_go(trouble)
            error = trouble
        attribution.RUNNING.pop(call.id, None)
        leave_child(error, self._stdio.flush)
        if error is not None:
            answer = self._failure(call, error)
            error = None  # its traceback holds this frame
        self._stdio.flush()
        del self._tasks[call.number]
        self._answer(call.number, answer)

    def _sweep(self) -> None:
        """Answer for tasks that the app's code cancelled before their first step: none of our code ran in them.

        Looked for once a second while tasks run; a callback for each task would cost every call for this rarity.
        """
        ended = [number for number, job in self._tasks.items() if job.call.task is not None and job.call.task.done()]
        for number in ended:
            del self._tasks[number]
            self._answer(number, result.cancelled(number, "cancelled before it started"))
        self._sweep_due = bool(self._tasks)
        if self._sweep_due:
            self._loop.call_later(SWEEP, self._sweep)

    def _run_in_thread(self, job: Job) -> None:
        """Runs in a thread of the pool."""
        call = job.call
        if self._queued.pop(call.number, None) is None:
            return  # cancelled
        CALLS.set(call)
        STORAGE.invocation_id = call.id
        attribution.RUNNING[call.id] = call.function
        error: "Optional[BaseException]" = None
        try:
            arguments = self._arguments(job)
            answer = self._success(job, arguments, job.plan.function(**arguments))
        except BaseException as trouble:
            let_go(trouble)
            error = trouble
        attribution.RUNNING.pop(call.id, None)
        leave_child(error, self._stdio.flush)
        if error is not None:
            answer = self._failure(call, error)
            error = None  # its traceback holds this frame
        STORAGE.invocation_id = None
        CALLS.set(None)
        self._stdio.flush()
        if answer.stream is None:
            self._channel.send_from_thread(*answer.buffers)
        else:
            self._loop.call_soon_threadsafe(self._answer, call.number, answer)

    def _arguments(self, job: Job) -> "Dict[str, Any]":
        plan = job.plan
        arguments = plan.arguments(job.message, job.tail, job.body)
        if plan.wants_context or self.extensions is not None:
            job.context = plan.context(job.message)
        if self.extensions is not None:
            self.extensions.before(job.context, arguments)
        if plan.wants_context:
            arguments["context"] = job.context
        return arguments

    def _success(self, job: Job, arguments: "Dict[str, Any]", returned: "Any") -> "Result":
        if self.extensions is not None:
            self.extensions.after(job.context, arguments, returned)
        pair, outputs = job.plan.results(returned, arguments)
        return result.success(job.call.number, pair, outputs)

    def _failure(self, call: Call, error: BaseException) -> "Result":
        if call.cancelled and isinstance(error, asyncio.CancelledError):
            return result.cancelled(call.number, "cancelled while it ran")
        return result.failed(call.number, error, import_hint(error, self._app_root))

    def _answer(self, number: int, answer: "Result") -> None:
        self._channel.send(*answer.buffers)
        if answer.stream is not None:
            self.outgoing.start(number, answer.stream)
