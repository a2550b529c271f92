"""JSON of strangers that is nested without end: refused, or taken for a text. It breaks nothing."""

from __future__ import annotations

import base64
from datetime import UTC

import pytest

from funchost.app.binding_expression_data import binding_data
from funchost.app.function_app import Binding, Direction, Function, Model
from funchost.app.invocation import Datum, HttpRequestData, Invocation
from funchost.app.webhook import WebhookRequest
from funchost.bindings.event_grid_events import events_of
from funchost.bindings.failure import BindingFailure
from funchost.bindings.queue_messages import messages_of
from funchost.bindings.table_entities import objects_of
from funchost.errors import StorageError
from funchost.http.manual_input import manual_invocation
from funchost.storage.server.table.payload import read_object
from funchost.triggers.blob.message import read_blob_message
from funchost.triggers.event_grid.delivery import read_events, validation_code
from funchost.triggers.queue.event import payload_members
from funchost.triggers.timer.status import read_status
from tests.unit.triggers.functions import triggered

DEPTHS = [201, 900, *range(940, 1000, 3), 100_000]
"""Over the limit, about what Python can just read but not write again, and far more."""

depths = pytest.mark.parametrize("depth", DEPTHS)


def lists(depth: int) -> str:
    return "[" * depth + "]" * depth


def document(depth: int) -> str:
    return '{"id": "1", "data": ' + lists(depth) + "}"


@depths
def test_a_queue_message_is_a_text(depth: int) -> None:
    assert payload_members(document(depth)) == {}


@depths
def test_a_body_has_no_members_for_expressions(depth: int) -> None:
    http = HttpRequestData("POST", "http://h/", {}, {}, {}, document(depth).encode())
    invocation = Invocation("id", triggered("F", "httpTrigger"), (("item", Datum("http", http)),))
    assert set(binding_data(invocation)) == {"query", "headers"}


@depths
def test_metadata_stays_a_text(depth: int) -> None:
    metadata = {"Data": Datum("json", lists(depth))}
    invocation = Invocation("id", triggered("F", "queueTrigger"), (("item", Datum("string", "")),), metadata)
    assert binding_data(invocation) == {"data": lists(depth)}


@depths
def test_an_output_message_is_sent_as_it_is(depth: int) -> None:
    assert messages_of(Datum("string", lists(depth))) == [lists(depth)]


@depths
def test_entities_and_events_to_send_are_refused(depth: int) -> None:
    for read in (objects_of, events_of):
        with pytest.raises(BindingFailure, match="200 levels"):
            read(Datum("string", document(depth)))


@depths
def test_delivered_events_are_refused(depth: int) -> None:
    plain = WebhookRequest("POST", (), {}, {"content-type": "application/json"}, f"[{document(depth)}]".encode())
    binary = plain._replace(headers={**plain.headers, "ce-id": "1", "ce-specversion": "1.0"})
    for read in (read_events, validation_code):
        for request in (plain, binary):
            with pytest.raises(ValueError, match="200 levels"):
                read(request)


@depths
def test_messages_about_blobs_and_states_of_timers_are_refused(depth: int) -> None:
    for text in (document(depth), base64.b64encode(document(depth).encode()).decode()):
        with pytest.raises(ValueError, match="200 levels"):
            read_blob_message(text)
    with pytest.raises(ValueError, match="200 levels"):
        read_status(document(depth).encode(), UTC)


@depths
def test_an_entity_to_store_is_refused(depth: int) -> None:
    with pytest.raises(StorageError) as refused:
        read_object(document(depth).encode())
    assert (refused.value.code, refused.value.status) == ("InvalidInput", 400)


@depths
def test_input_by_hand_is_plain_text(depth: int) -> None:
    trigger = Binding("req", "httpTrigger", Direction.IN)
    root = triggered("F", "httpTrigger").directory
    function = Function("F", root, root, None, (trigger,), Model.DECORATORS, root)
    request = manual_invocation(function, lists(depth), "http://h").inputs[0][1].value
    assert isinstance(request, HttpRequestData)
    assert request.headers["content-type"].startswith("text/plain")
