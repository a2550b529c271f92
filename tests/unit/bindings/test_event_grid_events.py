from __future__ import annotations

import json

import pytest

from funchost.app.invocation import Datum, DatumKind
from funchost.bindings.event_grid_events import MAX_REQUEST, events_of, requests_for
from funchost.bindings.failure import BindingFailure

EVENT = {"id": "1", "eventType": "t"}
CLOUD = {"id": "1", "specversion": "1.0"}


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("json", json.dumps(EVENT)),
        ("string", json.dumps([EVENT])),
        ("bytes", json.dumps(EVENT).encode()),
        ("collection_string", [json.dumps(EVENT)]),
        ("json", json.dumps([EVENT, None])),
    ],
)
def test_a_value_of_any_kind_holds_events(kind: DatumKind, value: object) -> None:
    assert events_of(Datum(kind, value)) == [EVENT]


@pytest.mark.parametrize(
    ("datum", "message"),
    [
        (Datum("string", "plain"), "no JSON"),
        (Datum("json", "5"), "must be a JSON object"),
        (Datum("json", '["a"]'), "must be a JSON object"),
        (Datum("int", 5), "kind int"),
        (Datum("bytes", object()), "stream"),
        (Datum("string", "[" * 100_000), "no JSON"),
    ],
)
def test_anything_else_is_refused(datum: Datum, message: str) -> None:
    with pytest.raises(BindingFailure, match=message):
        events_of(datum)


def test_the_first_event_tells_the_schema() -> None:
    (request,) = requests_for(Datum("json", json.dumps(EVENT)))
    assert request.content_type == "application/json; charset=utf-8"
    assert json.loads(request.body) == [EVENT]
    (request,) = requests_for(Datum("json", json.dumps([CLOUD, CLOUD])))
    assert request.content_type == "application/cloudevents-batch+json; charset=utf-8"
    assert json.loads(request.body) == [CLOUD, CLOUD]


def test_events_of_two_schemas_are_refused() -> None:
    with pytest.raises(BindingFailure, match="two schemas"):
        requests_for(Datum("json", json.dumps([EVENT, CLOUD])))


def test_no_event_is_no_request() -> None:
    assert requests_for(Datum("json", "[]")) == []


def test_many_events_are_sent_in_requests_that_the_service_takes() -> None:
    events = [{"id": str(number), "data": "x" * 300_000} for number in range(7)]
    requests = requests_for(Datum("json", json.dumps(events)))
    assert [len(json.loads(request.body)) for request in requests] == [3, 3, 1]
    assert all(len(request.body) <= MAX_REQUEST for request in requests)
    assert [event["id"] for request in requests for event in json.loads(request.body)] == list("0123456")
