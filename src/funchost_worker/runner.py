"""Runner: executes invocations, `async` functions on the loop and all others in the thread pool."""

import asyncio
import threading

from funchost_worker import attribution, result, wire
from funchost_worker.attribution import CALLS, STORAGE, Call
from funchost_worker.bodies import GatheredBody, IncomingBodies, OutgoingBodies
from funchost_worker.failure import let_go
from funchost_worker.file_body import FileBody
from funchost_worker.fork import leave_child
from funchost_worker.import_hint import import_hint
from funchost_worker.live_body import LiveBody

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List, Optional, Union

    from funchost_worker.channel import Channel
    from funchost_worker.extensions import Extensions
    from funchost_worker.failure import Failure, LocatedFailure
    from funchost_worker.log_handler import RootHandler
    from funchost_worker.plan import Plan
    from funchost_worker.result import Result
    from funchost_worker.stdio import Stdio
    from funchost_worker.thread_pool import ThreadPool


SWEEP = 1.0
"""Seconds between looks for tasks that ended without an answer."""


_NO_BODIES: "Dict[int, Union[bytes, LiveBody]]" = {}
_NONE_AWAITED: "List[int]" = []
"""What nearly all jobs have; never changed."""


class Job:
    """An invocation with what it needs to run.

    `awaited` holds the numbers of bodies that it cannot start without, `bodies` all bodies besides that of HTTP.
    """

    __slots__ = ("awaited", "bodies", "body", "call", "context", "message", "plan", "tail")

    def __init__(self, call: Call, plan: "Plan", message: "Dict[str, Any]", tail: memoryview) -> None:
        self.call = call
        self.plan = plan
        self.message = message
        self.tail = tail
        self.body: "Optional[bytes]" = None
        self.bodies: "Dict[int, Union[bytes, LiveBody]]" = _NO_BODIES
        self.awaited: "List[int]" = _NONE_AWAITED
        self.context: "Any" = None

    def add(self, number: int, body: bytes) -> None:
        """A body that it waits for is complete."""
        if number == self.call.number:
            self.body = body
        else:
            self.bodies[number] = body
        self.awaited.remove(number)

    def live(self) -> "List[LiveBody]":
        return [body for body in self.bodies.values() if isinstance(body, LiveBody)]


class Runner:
    """Everything between an INVOKE and its RESULT. Methods are for the loop's thread unless they say otherwise."""

    def __init__(self, channel: "Channel", loop: asyncio.AbstractEventLoop, pool: "ThreadPool", stdio: "Stdio",
                 root_handler: "RootHandler", app_root: str) -> None:
        self.plans: "Dict[str, Plan]" = {}
        self.unloaded: "Dict[str, LocatedFailure]" = {}
        """Why functions that are in no plan did not load."""
        self._channel = channel
        self._loop = loop
        self._pool = pool
        self._stdio = stdio
        self._root_handler = root_handler
        self._app_root = app_root
        self.incoming = IncomingBodies(channel)
        self.outgoing = OutgoingBodies(channel)
        self._gathering: "Dict[int, Job]" = {}
        self._tasks: "Dict[int, Job]" = {}
        self._queued: "Dict[int, Job]" = {}
        self._reading: "Dict[int, Job]" = {}  # jobs whose bodies come while they run
        self._sweep_due = False
        self.extensions: "Optional[Extensions]" = None

    def invoke(self, number: int, payload: memoryview) -> None:
        text, tail = wire.split(payload)
        message: "Any" = wire.load(text)
        plan = self.plans.get(message["f"])
        if plan is None:
            self._channel.send(*result.told_failure(number, self._missing(message["f"]), False).buffers)
            return
        job = Job(Call(number, plan.name, message["id"]), plan, message, tail)
        if message.get("stream") or "bodies" in message:
            self._expect_bodies(job)
        if job.awaited:
            self._gathering[number] = job
        else:
            self._start(job)

    def _missing(self, name: str) -> "Failure":
        """What a call of a function is answered that did not load here; the host calls one that had loaded before."""
        if name not in self.unloaded:
            return ["RuntimeError", "function '{}' is not loaded in this worker".format(name), ""]
        kind, message, stack = self.unloaded[name][:3]
        return [kind, "function '{}' does not load any more: {}".format(name, message), stack]

    def _expect_bodies(self, job: Job) -> None:
        job.awaited, job.bodies = [], {}
        if job.message.get("stream"):
            job.awaited.append(job.call.number)
        for number, size, name in job.message.get("bodies", ()):
            taken = job.plan.inputs.get(name)
            if taken is not None and taken.is_live:
                job.bodies[number] = self.incoming.open(number, size)
            else:
                job.awaited.append(number)
        for number in job.awaited:
            self.incoming.gather(number, job)
        if job.live():
            self._reading[job.call.number] = job

    def end_of_body(self, number: int, reason: str) -> None:
        """The body is complete, or broke off for `reason`: then a function that waits for it does not run."""
        body = self.incoming.take(number)
        if isinstance(body, LiveBody):
            body.end(reason)
        if not isinstance(body, GatheredBody):
            return
        job = body.job
        if reason:
            self._give_up(job, reason)
            return
        job.add(number, body.buffer.getvalue())
        if not job.awaited:
            del self._gathering[job.call.number]
            self._start(job)

    def _give_up(self, job: Job, reason: str) -> None:
        """Answer for a job that has not started."""
        number = job.call.number
        self._gathering.pop(number, None)
        for awaited in job.awaited:
            self.incoming.take(awaited)
        self._release(job)
        self._answer(job, result.cancelled(number, reason))

    def _release(self, job: Job) -> None:
        """Its function has ended, and what it gave has been sent. Any thread."""
        if self._reading.pop(job.call.number, None) is not None:
            for body in job.live():
                body.close()
                self.incoming.take(body.number)

    def cancel(self, number: int) -> None:
        """Give up an invocation as far as that is possible: a function that runs in a thread cannot be stopped."""
        waiting = self._gathering.get(number) or self._queued.pop(number, None)
        if waiting is not None:
            self._give_up(waiting, "cancelled before it started")
            return
        reading = self._reading.get(number)
        if reading is not None:
            for body in reading.live():
                body.end("the invocation was cancelled")
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
                self._answer(job, result.failed(number, error))

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
        self._answer(job, answer)

    def _sweep(self) -> None:
        """Answer for tasks that the app's code cancelled before their first step: none of our code ran in them.

        Looked for once a second while tasks run; a callback for each task would cost every call for this rarity.
        """
        ended = [job for job in self._tasks.values() if job.call.task is not None and job.call.task.done()]
        for job in ended:
            number = job.call.number
            del self._tasks[number]
            self._answer(job, result.cancelled(number, "cancelled before it started"))
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
        if answer.stream is None and not job.bodies and not answer.bodies:
            self._channel.send_from_thread(*answer.buffers)
        else:
            self._loop.call_soon_threadsafe(self._answer, job, answer)

    def _arguments(self, job: Job) -> "Dict[str, Any]":
        plan = job.plan
        arguments = plan.arguments(job.message, job.tail, job.body, job.bodies)
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

    def _answer(self, job: Job, answer: "Result") -> None:
        self._channel.send(*answer.buffers)
        if answer.stream is not None:
            self.outgoing.start(job.call.number, answer.stream)
        if answer.bodies or job.bodies:
            self._send_bodies(job, answer)

    def _send_bodies(self, job: Job, answer: "Result") -> None:
        files = []
        for number, body in answer.bodies:
            if isinstance(body, FileBody):
                body.number = number
                self.outgoing.start_file(body)
                files.append(body)
            else:
                self.outgoing.start(number, body)
        if files:
            threading.Thread(target=self._send_files, args=(job, files), name="outputs", daemon=True).start()
        else:
            self._release(job)

    def _send_files(self, job: Job, files: "List[FileBody]") -> None:
        """Runs in a thread of its own: reading a file blocks, and it may be an input that is still arriving."""
        CALLS.set(job.call)
        for body in files:
            body.send(self._channel)
            self.outgoing.forget(body.number)
        self._release(job)
