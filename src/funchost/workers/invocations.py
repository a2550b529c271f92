"""Invocation to INVOKE frame, RESULT frame to InvocationResult. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Any, NamedTuple

import msgspec

from funchost.app.invocation import (
    NOTHING,
    Body,
    Datum,
    DatumKind,
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


class _Request(msgspec.Struct):
    method: str
    url: str
    headers: dict[str, str]
    query: dict[str, str]
    params: dict[str, str]


_Input = tuple[str, str, object]
_Metadata = dict[str, tuple[DatumKind, object]]
_NO_METADATA: _Metadata = {}
_TEXTS = frozenset({"string", "json"})
"""Kinds whose datum stands on the wire as it is."""

Bodies = tuple[tuple[int, bytes | Body], ...]
"""What follows an INVOKE as BODY frames, by number; the http body has the number of its call."""


class _Invoke(msgspec.Struct, rename={"inputs": "in"}, omit_defaults=True):
    f: str
    id: str
    inputs: list[_Input]
    md: _Metadata
    tp: str
    ts: str
    retry: tuple[int, int, InvocationException | None] | None
    stream: bool
    bodies: list[tuple[int, int | None, str]] | None = None


class _Result(msgspec.Struct):
    ret: tuple[str, Any] = ("none", None)
    out: list[tuple[str, str, Any]] = []
    err: InvocationException | None = None
    cancelled: bool = False
    stream: int | None = None
    bodies: list[tuple[int, int | None]] = []


class _HttpHead(msgspec.Struct, frozen=True):
    status: int
    headers: tuple[tuple[str, str], ...]
    cookies: tuple[str, ...]


class _HttpResult(msgspec.Struct):
    """The most frequent answer, decoded in one step."""

    ret: tuple[str, _HttpHead]
    out: list[Any] = []
    err: InvocationException | None = None
    cancelled: bool = False
    stream: int | None = None
    bodies: list[tuple[int, int | None]] = []


_RESULT = msgspec.json.Decoder(_Result)
_HTTP_RESULT = msgspec.json.Decoder(_HttpResult)
_KIND_AT = len('{"ret":["')
_HTTP = ord("h")
"""No other kind begins with that letter."""
_REMEMBERED = 512
"""Texts shorter than this are remembered with what they say."""
_NO_BODIES: Mapping[int, Body] = MappingProxyType({})
_SIMPLE: dict[str, type] = {
    "string": str,
    "json": str,
    "int": int,
    "collection_string": list[str],
    "collection_sint64": list[int],
    "model_binding_data": dict[str, Any],
}


class Answer(NamedTuple):
    """A RESULT, not yet turned into values: a streamed body has to be received even if the values are unusable."""

    message: _Result | _HttpResult | None
    tail: memoryview
    streamed: int | None
    """Size of the http body that follows as BODY frames, None if none follows."""
    problem: str
    bodies: Sequence[tuple[int, int | None]] = ()
    """Number and size of other content that follows as BODY frames."""


class _Inputs:
    """Values for the JSON, their bytes for the tail, and the bodies that have to follow as BODY frames."""

    __slots__ = ("_next_number", "announced", "bodies", "body", "exact", "http_body", "metadata", "tail", "values")

    def __init__(self, invocation: Invocation, next_number: Callable[[], int]) -> None:
        self._next_number = next_number
        self.tail: list[bytes] = []
        self.http_body = b""
        self.body: bytes | Body | None = None
        self.bodies: list[tuple[int, bytes | Body]] = []
        self.announced: list[tuple[int, int | None, str]] = []
        self.exact = False
        self.values: list[_Input] = [self._input(name, datum) for name, datum in invocation.inputs]
        metadata = invocation.metadata
        self.metadata: _Metadata = {
            key: datum if datum[0] in _TEXTS else (datum[0], self._value(datum)) for key, datum in metadata.items()
        }
        if self.http_body:
            self.tail.append(self.http_body)  # all other bytes come before it

    def _input(self, name: str, datum: Datum) -> _Input:
        kind, value = datum
        if kind != "bytes" or (isinstance(value, bytes) and len(value) <= wire.INLINE_BYTES):
            return name, kind, self._value(datum)
        number = self._next_number()
        self.bodies.append((number, value))  # type: ignore[arg-type] # what Datum says
        size = len(value) if isinstance(value, bytes) else value.size  # type: ignore[attr-defined]
        self.announced.append((number, size, name))
        return name, "stream", number

    def _value(self, datum: Datum) -> object:
        kind, value = datum
        if kind == "http":
            request, self.http_body, self.body = _request(value)
            return request
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


def _request(data: object) -> tuple[_Request, bytes, bytes | Body | None]:
    """Return a request's head, its body if that travels in the frame, and its body if it does not."""
    assert isinstance(data, HttpRequestData)  # noqa: S101
    method, url, headers, query, params, body = data
    head = _Request(method, url, headers, query, params)
    if isinstance(body, bytes) and len(body) <= wire.INLINE_BODY:
        return head, body, None
    return head, b"", body


def encode(call: int, invocation: Invocation, next_number: Callable[[], int]) -> tuple[list[bytes], Bodies]:
    """Return the INVOKE frame in pieces, and the bodies that follow it as BODY frames.

    Args:
        next_number: gives a number for each body besides that of HTTP.

    Raises:
        WireError: its inputs are larger than a frame can be.
    """
    inputs = invocation.inputs
    if len(inputs) == 1 and inputs[0][1][0] == "http" and not invocation.metadata:
        # What nearly all calls are, and what has to be quick.
        name, (kind, data) = inputs[0]
        request, inline, body = _request(data)
        text = messages.dump(_message(invocation, [(name, kind, request)], _NO_METADATA, body is not None))
        head = wire.json_frame(Kind.INVOKE, call, text, len(inline))
        return [head, inline] if inline else [head], () if body is None else ((call, body),)
    collected = _Inputs(invocation, next_number)
    value = _message(invocation, collected.values, collected.metadata, collected.body is not None)
    value.bodies = collected.announced or None
    text = wire.dump(msgspec.to_builtins(value)) if collected.exact else messages.dump(value)
    tail = collected.tail
    if collected.body is not None:
        collected.bodies.append((call, collected.body))
    head = wire.json_frame(Kind.INVOKE, call, text, sum(map(len, tail)))
    return [head, *tail], tuple(collected.bodies)


def _message(invocation: Invocation, values: list[_Input], metadata: _Metadata, streams: bool) -> _Invoke:
    trace, retry = invocation.trace, invocation.retry
    attempt = None if retry is None else _retry(retry)
    return _Invoke(invocation.function.name, invocation.id, values, metadata, trace[0], trace[1], attempt, streams)


def _retry(retry: RetryState) -> tuple[int, int, InvocationException | None]:
    return retry.attempt, retry.maximum, retry.exception


def decode(payload: memoryview) -> Answer:
    """Return the answer in a RESULT frame.

    Raises:
        WireError: the frame itself is broken. An answer of the wrong shape is not: it fails its own call only.
    """
    text, tail = wire.split(payload)
    message: _Result | _HttpResult
    try:
        if len(text) > _KIND_AT and text[_KIND_AT] == _HTTP:
            message = _http_result(bytes(text)) if len(text) < _REMEMBERED else messages.read(_HTTP_RESULT, text)
            if not message.out and message.err is None and not message.cancelled:
                return Answer(message, tail, message.stream, "", message.bodies)
        message = messages.read(_RESULT, text)
    except msgspec.ValidationError as error:
        value = wire.load(text)
        streamed = value.get("stream") if isinstance(value, dict) else None
        return Answer(None, tail, streamed if isinstance(streamed, int) else None, str(error))
    return Answer(message, tail, message.stream, "", message.bodies)


@lru_cache(maxsize=256)
def _http_result(text: bytes) -> _HttpResult:
    """Return what a text without the body says; a function says the same most of the time."""
    return messages.read(_HTTP_RESULT, memoryview(text))


def to_result(answer: Answer, body: Body | None, bodies: Mapping[int, Body] = _NO_BODIES) -> InvocationResult:
    """Return the result that an answer stands for.

    Args:
        body: the streamed http body, None if the answer has none.
        bodies: other streamed content by number.
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
    kind, value = message.ret
    dropped = str(value) if kind == "dropped" else ""
    try:
        values = _Values(answer.tail, body, bodies)
        ret = NOTHING if dropped else values.take(kind, value)
        outputs = {name: values.take(kind, value) for name, kind, value in message.out}
        ret = values.with_body(ret)
        outputs = {name: values.with_body(datum) for name, datum in outputs.items()}
    except (ValueError, TypeError) as error:
        return _unusable(str(error))
    status = Status.SUCCEEDED if message.err is None else Status.FAILED
    return InvocationResult(status, ret, outputs, message.err, dropped)


CANCELLED = InvocationException("CancelledError", "The invocation was cancelled.")


def _unusable(problem: str) -> InvocationResult:
    message = f"The worker's answer cannot be used: {problem}"
    return InvocationResult(Status.FAILED, exception=InvocationException("ValueError", message))


class _Values:
    """Turns `[kind, value]` pairs into datums, taking bytes from the tail in order."""

    __slots__ = ("_at", "_bodies", "_body", "_tail")

    def __init__(self, tail: memoryview, body: Body | None, bodies: Mapping[int, Body]) -> None:
        self._tail = tail
        self._at = 0
        self._body = body
        self._bodies = bodies

    def take(self, kind: str, value: Any) -> Datum:
        """Raises: ValueError (msgspec.ValidationError is one), TypeError."""
        if kind == "http":
            head = msgspec.convert(value, _HttpHead)
            return Datum("http", HttpResponseData(head.status, head.headers, head.cookies, b""))
        if kind == "none":
            return NOTHING
        if kind == "bytes":
            return Datum("bytes", self._bytes(value))
        if kind == "stream":
            number = msgspec.convert(value, int)
            if number not in self._bodies:
                raise ValueError(f"no body has the number {number}")
            return Datum("bytes", self._bodies[number])
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
