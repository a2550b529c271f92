"""Invocation to INVOKE frame, RESULT frame to InvocationResult. Pure."""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec

from funchost.app.invocation import (
    NOTHING,
    Body,
    Datum,
    HttpRequestData,
    HttpResponseData,
    Invocation,
    InvocationException,
    InvocationResult,
    RetryState,
    Status,
)
from funchost.workers import messages
from funchost_worker import wire
from funchost_worker.wire import Kind


class _Result(msgspec.Struct):
    ret: tuple[str, Any] = ("none", None)
    out: list[tuple[str, str, Any]] = []
    err: InvocationException | None = None
    cancelled: bool = False
    stream: int | None = None


class _HttpHead(msgspec.Struct):
    status: int
    headers: list[tuple[str, str]]
    cookies: list[str]


class _HttpResult(msgspec.Struct):
    """The most frequent answer, decoded in one step."""

    ret: tuple[str, _HttpHead]
    out: list[Any] = []
    err: InvocationException | None = None
    cancelled: bool = False
    stream: int | None = None


_RESULT = msgspec.json.Decoder(_Result)
_HTTP_RESULT = msgspec.json.Decoder(_HttpResult)
_HTTP_START = b'{"ret":["http",'
_SIMPLE: dict[str, type] = {
    "string": str,
    "json": str,
    "int": int,
    "collection_string": list[str],
    "collection_sint64": list[int],
    "model_binding_data": dict[str, Any],
}


class EncodedInvocation(NamedTuple):
    """An INVOKE frame in pieces, and the body that follows it as BODY frames, None if there is none."""

    buffers: list[bytes]
    body: bytes | Body | None


class Answer(NamedTuple):
    """A RESULT, not yet turned into values: a streamed body has to be received even if the values are unusable."""

    message: _Result | _HttpResult | None
    tail: memoryview
    streamed: int | None
    """Size of the http body that follows as BODY frames, None if none follows."""
    problem: str


class _Inputs:
    """Collects datums for the JSON and their bytes for the tail."""

    __slots__ = ("body", "exact", "http_body", "tail")

    def __init__(self) -> None:
        self.tail: list[bytes] = []
        self.http_body = b""
        self.body: bytes | Body | None = None
        self.exact = False

    def add(self, datum: Datum) -> object:
        kind, value = datum
        if kind == "http":
            return self._add_http(value)
        if kind == "bytes":
            assert isinstance(value, bytes)  # noqa: S101 - what Datum says
            self.tail.append(value)
            return len(value)
        if kind == "collection_bytes":
            assert isinstance(value, list)  # noqa: S101
            self.tail.extend(value)
            return [len(item) for item in value]
        if kind == "double" and not messages.is_finite(value):
            self.exact = True
        return value

    def _add_http(self, request: object) -> dict[str, object]:
        assert isinstance(request, HttpRequestData)  # noqa: S101
        method, url, headers, query, params, body = request
        if isinstance(body, bytes) and len(body) <= wire.INLINE_BODY:
            self.http_body = body
        else:
            self.body = body
        return {"method": method, "url": url, "headers": headers, "query": query, "params": params}


def encode(call: int, invocation: Invocation) -> EncodedInvocation:
    """Return the frame for one invocation.

    Raises:
        WireError: its inputs are larger than a frame can be.
    """
    inputs = _Inputs()
    add = inputs.add
    trace = invocation.trace
    value = {
        "f": invocation.function.name,
        "id": invocation.id,
        "in": [(name, datum[0], add(datum)) for name, datum in invocation.inputs],
        "md": {key: (datum[0], add(datum)) for key, datum in invocation.metadata.items()},
        "tp": trace[0],
        "ts": trace[1],
        "retry": _retry(invocation.retry),
        "stream": inputs.body is not None,
    }
    text = wire.dump(value) if inputs.exact else messages.dump(value)
    tail = inputs.tail
    if inputs.http_body:
        tail.append(inputs.http_body)
    head = wire.json_frame(Kind.INVOKE, call, text, sum(map(len, tail)))
    return EncodedInvocation([head, *tail], inputs.body)


def _retry(retry: RetryState | None) -> tuple[int, int, InvocationException | None] | None:
    return None if retry is None else (retry.attempt, retry.maximum, retry.exception)


def decode(payload: memoryview) -> Answer:
    """Return the answer in a RESULT frame.

    Raises:
        WireError: the frame itself is broken. An answer of the wrong shape is not: it fails its own call only.
    """
    text, tail = wire.split(payload)
    message: _Result | _HttpResult
    try:
        if text[: len(_HTTP_START)] == _HTTP_START:
            message = messages.read(_HTTP_RESULT, text)
            if not message.out and message.err is None and not message.cancelled:
                return Answer(message, tail, message.stream, "")
        message = messages.read(_RESULT, text)
    except msgspec.ValidationError as error:
        value = wire.load(text)
        streamed = value.get("stream") if isinstance(value, dict) else None
        return Answer(None, tail, streamed if isinstance(streamed, int) else None, str(error))
    return Answer(message, tail, message.stream, "")


def to_result(answer: Answer, body: Body | None) -> InvocationResult:
    """Return the result that an answer stands for.

    Args:
        body: the streamed body, None if the answer does not stream.
    """
    message = answer.message
    if isinstance(message, _HttpResult):
        head = message.ret[1]
        content = bytes(answer.tail) if body is None else body
        response = HttpResponseData(head.status, head.headers, head.cookies, content)
        return InvocationResult(Status.SUCCEEDED, Datum("http", response))
    if message is None:
        return _unusable(answer.problem)
    if message.cancelled:
        return InvocationResult(Status.CANCELLED, exception=message.err or CANCELLED)
    try:
        values = _Values(answer.tail, body)
        ret = values.take(*message.ret)
        outputs = {name: values.take(kind, value) for name, kind, value in message.out}
        ret = values.with_body(ret)
        outputs = {name: values.with_body(datum) for name, datum in outputs.items()}
    except (ValueError, TypeError) as error:
        return _unusable(str(error))
    status = Status.SUCCEEDED if message.err is None else Status.FAILED
    return InvocationResult(status, ret, outputs, message.err)


CANCELLED = InvocationException("CancelledError", "The invocation was cancelled.")


def _unusable(problem: str) -> InvocationResult:
    message = f"The worker's answer cannot be used: {problem}"
    return InvocationResult(Status.FAILED, exception=InvocationException("ValueError", message))


class _Values:
    """Turns `[kind, value]` pairs into datums, taking bytes from the tail in order."""

    __slots__ = ("_at", "_body", "_tail")

    def __init__(self, tail: memoryview, body: Body | None) -> None:
        self._tail = tail
        self._at = 0
        self._body = body

    def take(self, kind: str, value: Any) -> Datum:
        """Raises: ValueError (msgspec.ValidationError is one), TypeError."""
        if kind == "http":
            head = msgspec.convert(value, _HttpHead)
            return Datum("http", HttpResponseData(head.status, head.headers, head.cookies, b""))
        if kind == "none":
            return NOTHING
        if kind == "bytes":
            return Datum("bytes", self._bytes(value))
        if kind == "collection_bytes":
            return Datum("collection_bytes", [self._bytes(size) for size in msgspec.convert(value, list[int])])
        if kind == "double":
            return Datum("double", msgspec.convert(value, float))
        if kind not in _SIMPLE:
            raise ValueError(f"unknown kind of value {kind!r}")
        return Datum(kind, msgspec.convert(value, _SIMPLE[kind]))  # type: ignore[arg-type] # checked above

    def with_body(self, datum: Datum) -> Datum:
        """Give an http datum its body; call it when all other values have taken their bytes."""
        if datum.kind != "http":
            return datum
        response: HttpResponseData = datum.value  # type: ignore[assignment] # made by take
        body = self._body if self._body is not None else bytes(self._tail[self._at :])
        return Datum("http", response._replace(body=body))

    def _bytes(self, size: object) -> bytes:
        end = self._at + msgspec.convert(size, int)
        if not self._at <= end <= len(self._tail):
            raise ValueError(f"{size} bytes are announced where {len(self._tail) - self._at} are left")
        value = bytes(self._tail[self._at : end])
        self._at = end
        return value
