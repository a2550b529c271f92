from __future__ import annotations

from pathlib import Path

import pytest

from funchost.app.binding_expression import parse_template
from funchost.app.binding_expression_data import binding_data, known_names, needs_body
from funchost.app.function_app import Binding, Direction, Function, Model
from funchost.app.invocation import Datum, HttpRequestData, Invocation


def function(kind: str, **properties: object) -> Function:
    trigger = Binding("event", kind, Direction.IN, properties=properties)
    return Function("Fn", Path("/a"), Path("/a/f.py"), None, (trigger,), Model.DECORATORS, Path("/a/f.py"))


def request(
    body: object = b"", query: dict[str, str] | None = None, params: dict[str, str] | None = None
) -> Invocation:
    data = HttpRequestData("GET", "http://h/", {"x-a": "1"}, query or {}, params or {}, body)  # type: ignore[arg-type]
    return Invocation("id", function("httpTrigger"), (("event", Datum("http", data)),))


def event(datum: Datum, **metadata: Datum) -> Invocation:
    return Invocation("id", function("queueTrigger"), (("event", datum),), metadata)


def test_route_values_go_over_the_query_and_that_over_the_body() -> None:
    body = b'{"A": "body", "B": "body", "C": "body", "list": [1], "none": null, "o": {"x": 1}}'
    data = binding_data(request(body, {"b": "query", "c": "query", "code": "key"}, {"C": "route"}))
    assert (data["a"], data["b"], data["c"], data["o"]) == ("body", "query", "route", {"x": 1})
    assert "list" not in data
    assert "none" not in data
    assert "code" not in data
    assert data["query"] == {"b": "query", "c": "query", "code": "key"}
    assert data["headers"] == {"x-a": "1"}
    assert "a" not in binding_data(request(body), with_body=False)


@pytest.mark.parametrize("body", [b"", b"text", b"[1]", b"{broken", b"\xff\xfe", b'"{}"'])
def test_bodies_that_are_no_json_object_have_no_members(body: bytes) -> None:
    assert set(binding_data(request(body))) == {"query", "headers"}


@pytest.mark.parametrize("kind", ["string", "json", "bytes"])
def test_members_of_a_payload_go_over_metadata_of_the_same_name(kind: str) -> None:
    text = '{"Id": "mine", "sys": 1, "n": 5}'
    payload = Datum(kind, text.encode() if kind == "bytes" else text)  # type: ignore[arg-type]
    metadata = {"Id": Datum("string", "7"), "DequeueCount": Datum("int", 2), "Properties": Datum("json", '{"a": 1}')}
    data = binding_data(event(payload, **metadata))
    assert data == {"id": "mine", "dequeuecount": 2, "properties": {"a": 1}, "n": 5}


def test_the_names_that_a_trigger_provides() -> None:
    assert known_names(function("httpTrigger")) is None
    assert known_names(function("queueTrigger")) is None
    assert known_names(function("timerTrigger")) == frozenset()
    names = known_names(function("blobTrigger", path="samples/{Name}.{ext}"))
    assert names == frozenset({"blobtrigger", "uri", "properties", "metadata", "name", "ext"})


def test_a_body_is_needed_for_names_that_neither_route_nor_query_has() -> None:
    call = request(b"", {"q": "1"}, {"id": "7"})
    assert not needs_body(parse_template("{id}/{q}/{query.z}/{headers.a}/{rand-guid}"), call)
    assert needs_body(parse_template("{id}/{name}"), call)
    assert not needs_body(parse_template("{name}"), event(Datum("string", "x")))
