"""Calls: the invocations that one worker executes, and the frames that belong to them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from funchost.app.invocation import Body, Invocation, InvocationException, InvocationResult, Status
from funchost.workers import invocations
from funchost.workers.bodies import RequestBody, ResponseBody, ResponseStream, Send
from funchost_worker import wire
from funchost_worker.wire import Kind

Answer = asyncio.Future[InvocationResult]


_NO_BODIES: Mapping[int, Body] = {}


class Uploads:
    """The bodies that go to the worker for one call."""

    __slots__ = ("problem", "request_broken", "tasks", "wanted_by")

    def __init__(self) -> None:
        self.tasks: dict[int, asyncio.Task[None]] = {}
        self.wanted_by = 0
        """Outputs under way: the worker may make them from the inputs."""
        self.problem: Exception | None = None
        self.request_broken = False
        """Whether what broke off is the http body, which is its client's doing."""


class Call:
    """One invocation that the worker has not answered yet."""

    __slots__ = ("abandoned", "answer", "id", "uploads")

    def __init__(self, invocation_id: str, answer: Answer) -> None:
        self.id = invocation_id
        self.answer = answer
        self.abandoned = False
        self.uploads: Uploads | None = None


class Calls:
    """What one worker has to do.

    Args:
        send: Channel.send.
        idle: called whenever nobody waits for this worker any more.
    """

    def __init__(self, send: Send, idle: Callable[[], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._send = send
        self._idle = idle
        self._calls: dict[int, Call] = {}
        self._uploads: dict[int, RequestBody] = {}
        self._streams: dict[int, ResponseStream] = {}
        self._kept: dict[int, Uploads] = {}
        """What goes on until an output has come, by the number of its body."""
        self._last = 0
        self.waiting = 0
        """Answers and response bodies that somebody waits for."""

    def next_number(self) -> int:
        """A number for a question that is not an invocation, or for a body."""
        self._last += 1
        return self._last

    def invoke(self, invocation: Invocation, answer: Answer) -> None:
        """Send an invocation; `answer` resolves when the worker has answered, or has ended."""
        self._last = number = self._last + 1
        try:
            buffers, bodies = invocations.encode(number, invocation, self.next_number)
        except wire.WireError as error:
            problem = InvocationException("ValueError", f"The inputs are too large for a worker: {error}")
            answer.set_result(InvocationResult(Status.FAILED, exception=problem))
            return
        self._calls[number] = call = Call(invocation.id, answer)
        self.waiting += 1
        self._send(*buffers)
        if bodies:
            self._start_uploads(number, call, bodies)

    def _start_uploads(self, number: int, call: Call, bodies: invocations.Bodies) -> None:
        call.uploads = uploads = Uploads()
        for body, source in bodies:
            self._uploads[body] = upload = RequestBody(body, source, self._send)
            work = self._upload(uploads, upload, body == number)
            uploads.tasks[body] = self._loop.create_task(work, name=f"body-{body}-{call.id}")

    async def _upload(self, uploads: Uploads, upload: RequestBody, is_request: bool) -> None:
        problem = await upload.send()
        if problem is not None and uploads.problem is None:
            uploads.problem = problem
            uploads.request_broken = is_request

    def _end_uploads(self, uploads: Uploads | None) -> None:
        """Nobody wants more of the call's inputs."""
        if uploads is not None:
            for number, task in uploads.tasks.items():
                self._uploads.pop(number, None)
                task.cancel()
            uploads.tasks.clear()

    def result(self, number: int, payload: memoryview) -> None:
        """Take a RESULT frame.

        Raises:
            WireError: broken, or the answer to no question.
        """
        answer = invocations.decode(payload)
        call = self._calls.pop(number, None)
        if call is None:
            raise wire.WireError(f"an answer to call {number}, which is not running")
        body = None if answer.streamed is None else self._open_stream(number, answer.streamed)
        bodies = _NO_BODIES
        if answer.bodies:
            bodies = {each: self._open_output(call, each, size) for each, size in answer.bodies}
        if call.uploads is not None and not bodies:
            self._end_uploads(call.uploads)
        if not call.answer.done():
            result = invocations.to_result(answer, body, bodies)
            if call.uploads is not None and result.status is Status.CANCELLED:
                result = _broken_off(call.uploads) or result
            call.answer.set_result(result)
        if not call.abandoned:
            self._done()

    def _open_stream(self, number: int, size: int | None) -> Body:
        self._streams[number] = stream = ResponseStream(number, self._send)
        self.waiting += 1
        return ResponseBody(stream, size, self._loop)

    def _open_output(self, call: Call, number: int, size: int | None) -> Body:
        """Raises: WireError."""
        if number < wire.WORKER_BODIES or number in self._streams:
            raise wire.WireError(f"a body with the number {number}, which is not the worker's to give")
        if call.uploads is not None:
            self._kept[number] = call.uploads
            call.uploads.wanted_by += 1
        return self._open_stream(number, size)

    def body(self, number: int, payload: memoryview) -> None:
        """Take a BODY frame. Raises: WireError."""
        self._stream(number).feed(payload)

    def body_end(self, number: int, payload: memoryview) -> None:
        """Take a BODY_END frame. Raises: WireError."""
        reason = bytes(payload).decode("utf-8", "replace")
        self._stream(number).end(reason or None)
        del self._streams[number]
        if number in self._kept:
            uploads = self._kept.pop(number)
            uploads.wanted_by -= 1
            if not uploads.wanted_by:
                self._end_uploads(uploads)
        self._done()

    def _stream(self, number: int) -> ResponseStream:
        if number not in self._streams:
            raise wire.WireError(f"a piece of a body for call {number}, which sends none")
        return self._streams[number]

    def credit(self, number: int, payload: memoryview) -> None:
        """Take a CREDIT frame; it may come after the answer. Raises: WireError."""
        if len(payload) != wire.LENGTH.size:
            raise wire.WireError(f"a credit of {len(payload)} bytes")
        upload = self._uploads.get(number)
        if upload is not None:
            upload.credit(wire.LENGTH.unpack(payload)[0])

    def cancel(self, invocation_id: str) -> int | None:
        """Ask the worker to give up an invocation; returns its number, None if it is not running here."""
        for number, call in self._calls.items():
            if call.id == invocation_id and not call.abandoned:
                self._send(wire.frame(Kind.CANCEL, number))
                return number
        return None

    def abandon(self, invocation_id: str, result: InvocationResult) -> int | None:
        """Cancel an invocation whose caller gets `result` now; returns its number, None if it is not running here."""
        number = self.cancel(invocation_id)
        if number is None:
            return None
        call = self._calls[number]
        call.abandoned = True
        self._end_uploads(call.uploads)
        if not call.answer.done():
            call.answer.set_result(result)
        self._done()
        return number

    def is_running(self, number: int) -> bool:
        return number in self._calls

    def end(self, status: Status, exception: InvocationException) -> None:
        """The worker has ended: nothing that is still open will be answered."""
        calls, self._calls = self._calls, {}
        streams, self._streams = self._streams, {}
        for uploads in self._kept.values():
            self._end_uploads(uploads)
        self._kept.clear()
        for call in calls.values():
            self._end_uploads(call.uploads)
            if not call.answer.done():
                call.answer.set_result(InvocationResult(status, exception=exception))
        for stream in streams.values():
            stream.end(exception.message)
        self.waiting = 0
        self._idle()

    def _done(self) -> None:
        self.waiting -= 1
        if not self.waiting:
            self._idle()


def _broken_off(uploads: Uploads) -> InvocationResult | None:
    """Why the worker could not even start, if that is because an input broke off."""
    if uploads.problem is None:
        return None
    exception = InvocationException(type(uploads.problem).__name__, str(uploads.problem))
    return InvocationResult(Status.CANCELLED if uploads.request_broken else Status.FAILED, exception=exception)
