from __future__ import annotations

import itertools
import json
import math
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from funchost.app.function_app import Binding, Direction, Function, Model
from funchost.app.invocation import (
    NOTHING,
    Datum,
    HttpRequestData,
    HttpResponseData,
    Invocation,
    InvocationException,
    InvocationResult,
    RetryState,
    Status,
    TraceContext,
)
from funchost.workers import invocations
from funchost.workers.invocations import Bodies, decode, to_result
from funchost_worker import wire

FUNCTION = Function(
    "hello",
    Path("/app/hello"),
    Path("/app/hello/__init__.py"),
    None,
    (Binding("req", "httpTrigger", Direction.IN),),
    Model.FUNCTION_JSON,
    Path("/app/hello/function.json"),
)


def request(body: bytes) -> Datum:
    return Datum("http", HttpRequestData("POST", "http://h/api/hello?a=", {"x-a": "1"}, {"a": ""}, {"id": "7"}, body))


class Stream:
    """A Body."""

    def __init__(self, size: int | None) -> None:
        self.size = size

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b"content"


def encode(call: int, invocation: Invocation) -> tuple[list[bytes], Bodies]:
    numbers = itertools.count(call + 1)
    return invocations.encode(call, invocation, lambda: next(numbers))


def read_frame(buffers: list[bytes]) -> tuple[Any, bytes]:
    """The JSON and the tail of an INVOKE frame, as the worker reads it."""
    [(kind, call, payload)] = wire.FrameReader(wire.TO_WORKER).feed(b"".join(buffers))
    assert (kind, call) == (wire.Kind.INVOKE, 5)
    text, tail = wire.split(payload)
    return wire.load(text), bytes(tail)


def answer(value: object, tail: bytes = b"") -> memoryview:
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return memoryview(wire.LENGTH.pack(len(text)) + text + tail)


def result(value: object, tail: bytes = b"") -> InvocationResult:
    return to_result(decode(answer(value, tail)), None)


def test_an_invocation_carries_everything_the_worker_needs() -> None:
    retry = RetryState(2, 5, InvocationException("ValueError", "no", "stack"))
    invocation = Invocation(
        "id-1",
        FUNCTION,
        (
            ("first", Datum("bytes", b"abc")),
            ("req", request(b"body")),
            ("many", Datum("collection_bytes", [b"d", b""])),
        ),
        {"DequeueCount": Datum("int", 3), "raw": Datum("bytes", b"ef")},
        TraceContext("00-aa-bb-01", "k=v"),
        retry,
    )

    buffers, streamed = encode(5, invocation)
    message, tail = read_frame(buffers)

    assert streamed == ()
    assert tail == b"abcd" + b"ef" + b"body"
    http: dict[str, object] = {
        "method": "POST",
        "url": "http://h/api/hello?a=",
        "headers": {"x-a": "1"},
        "query": {"a": ""},
    }
    http["params"] = {"id": "7"}
    assert message == {
        "f": "hello",
        "id": "id-1",
        "in": [
            ["first", "bytes", 3],
            ["req", "http", {**http, "params": {"id": "7"}}],
            ["many", "collection_bytes", [1, 0]],
        ],
        "md": {"DequeueCount": ["int", 3], "raw": ["bytes", 2]},
        "tp": "00-aa-bb-01",
        "ts": "k=v",
        "retry": [2, 5, ["ValueError", "no", "stack"]],
        "stream": False,
    }


def test_a_body_that_is_too_large_for_a_frame_is_streamed() -> None:
    body = b"x" * (wire.INLINE_BODY + 1)
    buffers, streamed = encode(5, Invocation("id", FUNCTION, (("req", request(body)),)))
    message, tail = read_frame(buffers)

    assert streamed == ((5, body),)
    assert (message["stream"], tail) == (True, b"")


def test_long_bytes_and_streams_follow_the_frame_under_numbers_of_their_own() -> None:
    long, blob = b"x" * (wire.INLINE_BYTES + 1), Stream(7)
    inputs = (("a", Datum("bytes", long)), ("b", Datum("bytes", blob)), ("c", Datum("bytes", b"short")))
    buffers, streamed = encode(5, Invocation("id", FUNCTION, inputs))
    message, tail = read_frame(buffers)

    assert list(streamed) == [(6, long), (7, blob)]
    assert message["in"] == [["a", "stream", 6], ["b", "stream", 7], ["c", "bytes", 5]]
    assert message["bodies"] == [[6, len(long), "a"], [7, 7, "b"]]
    assert (message["stream"], tail) == (False, b"short")


def test_streamed_outputs_are_found_by_their_numbers() -> None:
    number = wire.WORKER_BODIES
    value = {"ret": ["none", None], "out": [["blob", "stream", number]], "bodies": [[number, None]]}
    found = decode(answer(value))
    assert found.bodies == [(number, None)]
    stream = Stream(None)
    assert to_result(found, None, {number: stream}).outputs == {"blob": Datum("bytes", stream)}
    assert to_result(found, None).status is Status.FAILED


@pytest.mark.parametrize("text", ["lone \ud800 surrogate", "naïve €", "\x00"])
def test_any_text_reaches_the_worker(text: str) -> None:
    message, _ = read_frame(encode(5, Invocation("id", FUNCTION, (("msg", Datum("string", text)),)))[0])

    assert message["in"] == [["msg", "string", text]]


def test_numbers_that_json_does_not_know_reach_the_worker() -> None:
    inputs = (("a", Datum("double", math.inf)), ("b", Datum("int", 2**70)))
    message, _ = read_frame(encode(5, Invocation("id", FUNCTION, inputs))[0])

    assert message["in"] == [["a", "double", math.inf], ["b", "int", 2**70]]


def test_inputs_over_the_limit_of_a_frame_are_refused() -> None:
    half = Datum("string", "x" * (wire.MAX_FRAME // 2))

    with pytest.raises(wire.WireError, match="over the limit"):
        encode(5, Invocation("id", FUNCTION, (("a", half), ("b", half))))


def test_a_result_brings_its_values_and_bytes_in_order() -> None:
    head = {"status": 201, "headers": [["a", "1"], ["a", "2"]], "cookies": ["c=d"]}
    message = {
        "ret": ["http", head],
        "out": [
            ["blob", "bytes", 2],
            ["all", "collection_bytes", [1, 0]],
            ["text", "string", "t\ud800"],
            ["numbers", "collection_sint64", [1, 2]],
            ["half", "double", 1],
            ["model", "model_binding_data", {"version": "1.0"}],
            ["nothing", "none", None],
        ],
    }

    succeeded = result(message, b"abcbody")

    assert succeeded.status is Status.SUCCEEDED
    assert succeeded.return_value == Datum("http", HttpResponseData(201, (("a", "1"), ("a", "2")), ("c=d",), b"body"))
    assert succeeded.outputs == {
        "blob": Datum("bytes", b"ab"),
        "all": Datum("collection_bytes", [b"c", b""]),
        "text": Datum("string", "t\ud800"),
        "numbers": Datum("collection_sint64", [1, 2]),
        "half": Datum("double", 1.0),
        "model": Datum("model_binding_data", {"version": "1.0"}),
        "nothing": NOTHING,
    }


def test_not_a_number_comes_back() -> None:
    value = result(b'{"ret": ["double", NaN]}').return_value.value

    assert isinstance(value, float)
    assert math.isnan(value)


def test_what_a_function_raised_is_the_failure() -> None:
    failed = result({"ret": ["none", None], "err": ["ZeroDivisionError", "division by zero", "Traceback"]})

    assert failed.status is Status.FAILED
    assert failed.exception == InvocationException("ZeroDivisionError", "division by zero", "Traceback")


def test_a_cancelled_call_says_so() -> None:
    cancelled = result({"cancelled": True})

    assert cancelled.status is Status.CANCELLED
    assert cancelled.exception is not None


@pytest.mark.parametrize(
    "message",
    [
        [],
        {"ret": ["none"]},
        {"ret": ["http", {"status": "200", "headers": [], "cookies": []}]},
        {"ret": ["http", {"status": 200, "headers": [["a", None]], "cookies": []}]},
        {"ret": ["string", 5]},
        {"ret": ["bytes", 9]},
        {"ret": ["bytes", -1]},
        {"ret": ["collection_bytes", [1, 9]]},
        {"ret": ["pickle", "x"]},
        {"ret": ["double", "much"]},
        {"err": "oops"},
    ],
)
def test_values_of_the_wrong_shape_fail_their_own_call(message: object) -> None:
    failed = result(message, b"abc")

    assert failed.status is Status.FAILED
    assert failed.exception is not None
    assert "cannot be used" in failed.exception.message


def test_a_streamed_body_is_announced_even_if_the_values_are_wrong() -> None:
    assert decode(answer({"ret": 5, "stream": 100})).streamed == 100
    assert decode(answer({"stream": 100})).streamed == 100
    assert decode(answer({})).streamed is None


@pytest.mark.parametrize("payload", [b"", b"\0\0\0\x09{}", b"\0\0\0\x02{{"])
def test_a_broken_frame_is_the_workers_fault(payload: bytes) -> None:
    with pytest.raises(wire.WireError):
        decode(memoryview(payload))
