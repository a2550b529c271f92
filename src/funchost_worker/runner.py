"""Runner: executes invocations, `async` functions on the loop and all others in the thread pool."""

import asyncio
import os

from funchost_worker import attribution, result, wire
from funchost_worker.attribution import CALLS, STORAGE, Call
from funchost_worker.bodies import IncomingBodies, OutgoingBodies
from funchost_worker.fork import FORKS
from funchost_worker.import_hint import import_hint

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Optional

    from funchost_worker.channel import Channel
    from funchost_worker.log_handler import RootHandler
    from funchost_worker.plan import Plan
    from funchost_worker.result import Result
    from funchost_worker.stdio import Stdio
    from funchost_worker.thread_pool import ThreadPool


class Job:
    """An invocation with what it needs to run."""

    __slots__ = ("body", "call", "message", "plan", "tail")

    def __init__(self, call: Call, plan: "Plan", message: "Dict[str, Any]", tail: memoryview) -> None:
        self.call = call
        self.plan = plan
        self.message = message
        self.tail = tail
        self.body: "Optional[bytes]" = None


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
            job.call.task = task = self._loop.create_task(self._run_async(job))
            task.add_done_callback(lambda _: self._task_done(number))
        else:
            self._queued[number] = job
            self._pool.submit(CALLS.carried(lambda: self._run_in_thread(job)))

    async def _run_async(self, job: Job) -> None:
        call = job.call
        CALLS.set(call)
        attribution.RUNNING[call.id] = call.function
        try:
            plan = job.plan
            arguments = plan.arguments(job.message, job.tail, job.body)
            if plan.wants_context:
                arguments["context"] = plan.context(job.message)
            returned = await plan.function(**arguments)
            pair, outputs = plan.results(returned, arguments)
            answer = result.success(call.number, pair, outputs)
        except BaseException as error:
            answer = self._failure(call, error)
        attribution.RUNNING.pop(call.id, None)
        self._leave_child()
        self._stdio.flush()
        call.answered = True
        self._answer(call.number, answer)

    def _task_done(self, number: int) -> None:
        """A task that was cancelled before its first step has run none of our code."""
        job = self._tasks.pop(number)
        if not job.call.answered:
            self._answer(number, result.cancelled(number, "cancelled before it started"))

    def _run_in_thread(self, job: Job) -> None:
        """Runs in a thread of the pool."""
        call = job.call
        if self._queued.pop(call.number, None) is None:
            return  # cancelled
        CALLS.set(call)
        STORAGE.invocation_id = call.id
        attribution.RUNNING[call.id] = call.function
        try:
            plan = job.plan
            arguments = plan.arguments(job.message, job.tail, job.body)
            if plan.wants_context:
                arguments["context"] = plan.context(job.message)
            returned = plan.function(**arguments)
            pair, outputs = plan.results(returned, arguments)
            answer = result.success(call.number, pair, outputs)
        except BaseException as error:
            answer = self._failure(call, error)
        attribution.RUNNING.pop(call.id, None)
        STORAGE.invocation_id = None
        CALLS.set(None)
        self._leave_child()
        self._stdio.flush()
        if answer.stream is None:
            self._channel.send_from_thread(*answer.buffers)
        else:
            self._loop.call_soon_threadsafe(self._answer, call.number, answer)

    def _failure(self, call: Call, error: BaseException) -> "Result":
        if call.cancelled and isinstance(error, asyncio.CancelledError):
            return result.cancelled(call.number, "cancelled while it ran")
        return result.failed(call.number, error, import_hint(error, self._app_root))

    def _leave_child(self) -> None:
        """A forked child that returns from the function ends here: the parent answers."""
        if FORKS.in_child:
            self._stdio.flush()
            os._exit(0)

    def _answer(self, number: int, answer: "Result") -> None:
        self._channel.send(*answer.buffers)
        if answer.stream is not None:
            self.outgoing.start(number, answer.stream)
