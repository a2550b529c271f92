from __future__ import annotations

import base64
import json
from datetime import timedelta, timezone

import pytest

from funchost.app.invocation import CALLED_BY_HOST, Datum, Invocation
from funchost.triggers.queue.config import read_queue_trigger
from funchost.triggers.queue.event import decode, manual_invocation, queue_invocation
from tests.unit.triggers.functions import NOON, message, triggered


def invocation_for(body: bytes, data_type: str | None = None, count: int = 1) -> Invocation:
    function = triggered("F", "queueTrigger", data_type=data_type, queueName="orders")
    return queue_invocation(function, read_queue_trigger(function), message(count=count), body)


def test_base64_is_decoded_with_line_breaks_and_anything_else_refused() -> None:
    text = base64.b64encode(b"hello world").decode()
    assert decode(text, "base64") == b"hello world"
    assert decode(f" {text[:4]}\r\n{text[4:]}\n", "base64") == b"hello world"
    assert decode("", "base64") == b""
    assert decode("höllo", "none") == "höllo".encode()
    for wrong in ("hello", "aGVsbG8", "aGVsbG8=x", "höllo", "a GVsbG8*"):
        with pytest.raises(ValueError):
            decode(wrong, "base64")


def test_a_message_becomes_an_invocation_with_what_the_queue_knows_of_it() -> None:
    invocation = invocation_for(b"hello", count=3)
    assert invocation.inputs == (("item", Datum("string", "hello")),)
    assert {name: datum.value for name, datum in invocation.metadata.items()} == {
        "QueueTrigger": "hello",
        "Id": "m1",
        "DequeueCount": "3",
        "InsertionTime": "2026-11-21T12:00:00+00:00",
        "ExpirationTime": "2026-11-28T12:00:00+00:00",
        "NextVisibleTime": "2026-11-21T12:01:00+00:00",
        "PopReceipt": "receipt-m1",
    }
    assert invocation.reason == "New queue message detected on 'orders'."
    assert invocation.details == (
        "Trigger Details: MessageId: m1, DequeueCount: 3, InsertedOn: 2026-11-21T12:00:00+00:00"
    )


def test_times_are_whole_seconds_in_utc_whatever_the_store_has() -> None:
    function = triggered("F", "queueTrigger", queueName="orders")
    late = NOON.replace(microsecond=999_999)
    each = message()._replace(inserted=late, expires=late.astimezone(timezone(timedelta(hours=2))), next_visible=late)
    metadata = queue_invocation(function, read_queue_trigger(function), each, b"").metadata
    for name in ("InsertionTime", "ExpirationTime", "NextVisibleTime"):
        assert metadata[name] == Datum("string", "2026-11-21T12:00:00+00:00")


def test_members_of_a_json_object_are_metadata_without_hiding_what_the_queue_knows() -> None:
    body = json.dumps({"name": "a", "size": 5, "tags": [1], "deep": {"x": 1}, "none": None, "Id": "own"})
    metadata = invocation_for(f" {body}".encode()).metadata
    assert metadata["name"] == Datum("string", "a")
    assert metadata["size"] == Datum("json", "5")
    assert metadata["deep"] == Datum("json", '{"x": 1}')
    assert metadata["Id"] == Datum("string", "m1")
    assert "tags" not in metadata
    assert "none" not in metadata


@pytest.mark.parametrize("body", [b"{", b"{]", b"[1]", b"{" * 50_000])
def test_a_body_that_is_no_object_adds_no_metadata(body: bytes) -> None:
    assert len(invocation_for(body).metadata) == 7


def test_bytes_arrive_as_bytes_if_asked_for_or_if_they_are_no_text() -> None:
    assert invocation_for(b"\xff\x00").inputs[0][1] == Datum("bytes", b"\xff\x00")
    assert invocation_for(b"abc", "binary").inputs[0][1] == Datum("bytes", b"abc")
    assert invocation_for(b"a\xff", "string").inputs[0][1] == Datum("string", "a�")


def test_a_call_by_hand_looks_like_a_new_message() -> None:
    function = triggered("F", "queueTrigger", queueName="orders")
    invocation = manual_invocation(function, read_queue_trigger(function), '{"a": "b"}', NOON)
    assert invocation.inputs[0][1] == Datum("string", '{"a": "b"}')
    assert invocation.metadata["DequeueCount"].value == "1"
    assert invocation.metadata["a"].value == "b"
    assert invocation.metadata["Id"].value
    assert invocation.reason == CALLED_BY_HOST
