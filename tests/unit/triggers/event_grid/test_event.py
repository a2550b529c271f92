from __future__ import annotations

import json

import pytest

from funchost.triggers.event_grid.event import event_invocations, manual_invocation
from tests.unit.triggers.functions import NOON, triggered

ONE = triggered("One", "eventGridTrigger")
MANY = triggered("Many", "eventGridTrigger", cardinality="many")
EVENTS: list[dict[str, object]] = [{"id": "1", "data": {"url": "a"}}, {"id": "2", "data": None}]


def test_each_event_is_an_invocation_with_its_members_as_metadata() -> None:
    first, second = event_invocations(ONE, EVENTS, NOON)
    ((name, datum),) = first.inputs
    assert (name, datum.kind, json.loads(str(datum.value))) == ("item", "json", EVENTS[0])
    assert first.metadata["data"].value == '{"url": "a"}'
    assert first.metadata["id"].value == "1"
    assert "data" not in second.metadata
    assert first.reason == "EventGrid trigger fired at 2026-11-21T12:00:00+00:00"
    assert first.id != second.id


def test_a_function_that_takes_batches_gets_all_events_at_once() -> None:
    (invocation,) = event_invocations(MANY, EVENTS, NOON)
    assert json.loads(str(invocation.inputs[0][1].value)) == EVENTS
    assert json.loads(str(invocation.metadata["data"].value)) == [{"url": "a"}, None]
    assert event_invocations(MANY, [], NOON) == []


def test_a_call_by_hand_gives_one_event() -> None:
    assert json.loads(str(manual_invocation(ONE, '{"id": "1"}').inputs[0][1].value)) == {"id": "1"}
    assert json.loads(str(manual_invocation(MANY, '{"id": "1"}').inputs[0][1].value)) == [{"id": "1"}]


@pytest.mark.parametrize("text", ["", "x", "[]", "5", "[" * 100_000])
def test_a_call_by_hand_without_an_event_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="Event Grid"):
        manual_invocation(ONE, text)
