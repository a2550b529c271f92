from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import azure.functions as func
import pytest

from funchost_worker import result, wire
from funchost_worker.context import Out
from funchost_worker.converters import NOTHING
from funchost_worker.library import Library
from funchost_worker.plan import Plan
from funchost_worker.signature import FUNCTION_JSON, Signature

LIBRARY = Library()
HTTP = {"name": "req", "type": "httpTrigger"}
RESPONSE = {"name": "$return", "type": "http", "direction": "out"}
REQUEST = {
    "method": "POST",
    "url": "http://x/api/f?a=1",
    "headers": {"h": "v"},
    "query": {"a": "1"},
    "params": {"id": "7"},
}


def plan(function: Callable[..., Any], *bindings: Mapping[str, Any]) -> Plan:
    return Signature("f", "/app/f", function, list(bindings), LIBRARY, FUNCTION_JSON).plan()


def arguments(
    of: Plan, inputs: list[Any], tail: bytes = b"", md: Any = None, body: bytes | None = None
) -> dict[str, Any]:
    return of.arguments({"in": inputs, "md": md or {}}, memoryview(tail), body)


def test_a_request_gets_what_is_left_of_the_tail_as_its_body() -> None:
    def main(req: Any, blob: bytes) -> None: ...

    found = plan(main, HTTP, {"name": "blob", "type": "blob"})
    made = arguments(found, [["req", "http", REQUEST], ["blob", "bytes", 3]], b"xyzbody")
    assert made["blob"] == b"xyz"
    assert isinstance(made["req"], func.HttpRequest)
    assert made["req"].get_body() == b"body"
    assert (made["req"].method, made["req"].params, made["req"].route_params) == ("POST", {"a": "1"}, {"id": "7"})


def test_a_streamed_body_replaces_the_tail() -> None:
    def main(req: Any) -> None: ...

    assert arguments(plan(main, HTTP), [["req", "http", REQUEST]], body=b"all")["req"].get_body() == b"all"


def test_trigger_metadata_goes_to_triggers_that_want_it() -> None:
    def main(msg: func.QueueMessage) -> None: ...

    metadata = {"Id": ["string", "7"], "DequeueCount": ["json", "3"], "PopReceipt": ["bytes", 1]}
    metadata.pop("PopReceipt")
    found = plan(main, {"name": "msg", "type": "queueTrigger"})
    message = arguments(found, [["msg", "string", "hello"]], md=metadata)["msg"]
    assert (message.id, message.dequeue_count, message.get_body()) == ("7", 3, b"hello")


def test_inputs_that_the_host_did_not_send_are_none_and_unknown_ones_are_ignored() -> None:
    def main(msg: str) -> None: ...

    assert arguments(plan(main, {"name": "msg", "type": "table"}), [["other", "string", "x"]]) == {"msg": None}


def test_out_parameters_are_collected_and_unset_ones_left_out() -> None:
    def main(req: Any, a: Any, b: Any) -> None: ...

    out = {"type": "queue", "direction": "out"}
    found = plan(main, HTTP, {**out, "name": "a"}, {**out, "name": "b"})
    made = arguments(found, [["req", "http", REQUEST]])
    assert isinstance(made["a"], Out)
    made["a"].set(["x", "y"])
    assert made["a"].get() == ["x", "y"]
    assert found.results(None, made) == (NOTHING, [("a", "collection_bytes", [b"x", b"y"])])


def test_none_for_an_http_return_is_nothing() -> None:
    def main(req: Any) -> None: ...

    assert plan(main, HTTP, RESPONSE).results(None, {})[0] == NOTHING


def test_a_type_that_http_does_not_take() -> None:
    def main(req: Any) -> None: ...

    with pytest.raises(TypeError, match='unsupported type ".*" for Python type "dict"'):
        plan(main, HTTP, RESPONSE).results({"a": 1}, {})


def test_a_value_without_a_binding_fails_an_http_function() -> None:
    def main(req: Any) -> None: ...

    with pytest.raises(RuntimeError, match=r"function 'f' without a \$return binding returned a non-None value"):
        plan(main, HTTP).results("text", {})


def test_a_value_without_a_binding_is_dropped_by_other_functions() -> None:
    def main(msg: Any) -> None: ...

    found = plan(main, {"name": "msg", "type": "queueTrigger"})
    assert found.results("text", {}) == (("dropped", "str"), [])
    assert frame(result.success(5, *found.results(7, {})))[0]["ret"] == ["dropped", "int"]


def test_coroutines_and_generators_are_no_results() -> None:
    def main(req: Any) -> None: ...

    async def later() -> None: ...

    found = plan(main, HTTP, RESPONSE)
    with pytest.raises(TypeError, match="returned a coroutine: declare it with `async def`"):
        found.results(later(), {})
    with pytest.raises(TypeError, match="returned a generator"):
        found.results((each for each in "ab"), {})


def frame(made: result.Result) -> tuple[Any, bytes]:
    data = b"".join(bytes(piece) for piece in made.buffers)
    [(kind, call, payload)] = wire.FrameReader(wire.TO_HOST).feed(data)
    assert (kind, call) == (wire.Kind.RESULT, 5)
    text, tail = wire.split(payload)
    return wire.load(text), bytes(tail)


def http_result(returned: Any) -> result.Result:
    def main(req: Any) -> None: ...

    return result.success(5, *plan(main, HTTP, RESPONSE).results(returned, {}))


def test_the_frame_of_a_text() -> None:
    told, tail = frame(http_result("hé"))
    value = {"status": 200, "headers": [["content-type", "text/plain; charset=utf-8"]], "cookies": []}
    assert told == {"ret": ["http", value], "out": [], "err": None, "cancelled": False, "stream": None}
    assert tail == "hé".encode()


def test_the_frame_of_a_response() -> None:
    told, tail = frame(http_result(func.HttpResponse(b"x", status_code=404, headers={"a": "b"})))
    assert told["ret"] == [
        "http",
        {"status": 404, "headers": [["a", "b"], ["content-type", "text/plain; charset=utf-8"]], "cookies": []},
    ]
    assert tail == b"x"


@pytest.mark.parametrize("size", [wire.INLINE_BODY, wire.INLINE_BODY + 1])
@pytest.mark.parametrize("make", [lambda size: "x" * size, lambda size: func.HttpResponse(b"x" * size)])
def test_bodies_over_the_limit_are_streamed(make: Callable[[int], Any], size: int) -> None:
    made = http_result(make(size))
    told, tail = frame(made)
    if size > wire.INLINE_BODY:
        assert told["stream"] == size
        assert tail == b""
        assert made.stream == b"x" * size
    else:
        assert told["stream"] is None
        assert len(tail) == size
        assert made.stream is None


def test_bytes_of_outputs_stand_in_the_tail_before_the_body() -> None:
    def main(req: Any, blob: Any) -> None: ...

    found = plan(main, HTTP, RESPONSE, {"name": "blob", "type": "blob", "direction": "out"})
    made = arguments(found, [["req", "http", REQUEST]])
    made["blob"].set(b"12345")
    told, tail = frame(result.success(5, *found.results("body", made)))
    assert told["out"] == [["blob", "bytes", 5]]
    assert tail == b"12345body"


def test_two_responses_are_refused() -> None:
    def main(req: Any, other: Any) -> None: ...

    found = plan(main, HTTP, RESPONSE, {"name": "other", "type": "http", "direction": "out"})
    made = arguments(found, [["req", "http", REQUEST]])
    made["other"].set("x")
    with pytest.raises(ValueError, match="more than one HTTP response"):
        result.success(5, *found.results("y", made))


def test_failures_and_cancellations() -> None:
    told, _ = frame(result.failed(5, ValueError("x")))
    assert told["err"][:2] == ["ValueError", "x"]
    assert told["ret"] == ["none", None]
    told, _ = frame(result.cancelled(5, "client gone"))
    assert (told["cancelled"], told["err"]) == (True, ["CancelledError", "client gone", ""])


def test_a_message_larger_than_a_frame_is_cut() -> None:
    told, _ = frame(result.told_failure(5, ["ValueError", "x" * (wire.MAX_FRAME + 1), ""], False))
    assert told["err"] == ["ValueError", "x" * 10000, ""]


@pytest.mark.parametrize("value", [object(), ["ok", object()], "\ud800"])
def test_a_value_that_a_binding_cannot_take_is_told_with_the_bindings_name(value: Any) -> None:
    def main(req: Any, news: Any) -> None: ...

    of = plan(main, HTTP, RESPONSE, {"name": "news", "type": "queue", "direction": "out"})
    made = arguments(of, [["req", "http", REQUEST]])
    made["news"].set(value)
    with pytest.raises((TypeError, ValueError)) as caught:
        of.results("ok", made)
    assert str(caught.value).endswith("(output binding 'news')")
    with pytest.raises(TypeError, match=r"\(output binding '\$return': an HttpResponse or a str is wanted\)"):
        of.results(object(), arguments(of, [["req", "http", REQUEST]]))


def test_outputs_that_are_too_long_together_say_what_to_do() -> None:
    with pytest.raises(wire.WireError, match="over the limit of 67108864. .* put their content into a blob"):
        result.success(5, NOTHING, [("news", "string", "x" * (wire.MAX_FRAME + 1))])
