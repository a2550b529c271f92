"""From the value of an Event Grid output to requests. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from funchost.app.foreign_json import read_foreign
from funchost.app.invocation import Datum
from funchost.bindings.failure import BindingFailure

MAX_REQUEST = 1_000_000
"""Most bytes of one request; the service's limit is one megabyte."""

_TYPES = {True: "application/cloudevents-batch+json; charset=utf-8", False: "application/json; charset=utf-8"}

Event = dict[str, object]


class EventRequest(NamedTuple):
    """One request to a topic."""

    content_type: str
    body: bytes


def requests_for(value: Datum) -> list[EventRequest]:
    """Return what to send for a value: all events in as few requests as the size allows.

    The first event tells the schema: with a `specversion` it is a CloudEvent. The others must be of the same kind.

    Raises:
        BindingFailure: the value holds something else than events.
    """
    events = events_of(value)
    if not events:
        return []
    cloud = _is_cloud_event(events[0])
    if any(_is_cloud_event(event) is not cloud for event in events):
        raise BindingFailure("the events are of two schemas; one output takes Event Grid events or CloudEvents.")
    return [EventRequest(_TYPES[cloud], body) for body in _bodies(events)]


def events_of(value: Datum) -> list[Event]:
    """Return the events of a value: a JSON object is one, each element of a JSON array is one; null is left out.

    Raises:
        BindingFailure: it is no JSON, or no object.
    """
    kind, content = value
    texts: Sequence[object] = content if isinstance(content, list) else [content]
    if kind not in ("string", "json", "bytes", "collection_string", "collection_bytes"):
        raise BindingFailure(f"a value of kind {kind} cannot be an event.")
    events: list[Event] = []
    for text in texts:
        for event in _parsed(text):
            if isinstance(event, dict):
                events.append(event)
            elif event is not None:
                raise BindingFailure("an event must be a JSON object, or an EventGridOutputEvent.")
    return events


def _parsed(text: object) -> list[object]:
    if not isinstance(text, (str, bytes)):
        raise BindingFailure("a stream cannot be an event.")
    try:
        document = read_foreign(text)
    except ValueError as error:
        raise BindingFailure(f"the value is no JSON: {error}.") from error
    return document if isinstance(document, list) else [document]


def _is_cloud_event(event: Event) -> bool:
    return "specversion" in event


def _bodies(events: Sequence[Event]) -> Iterator[bytes]:
    batch: list[bytes] = []
    size = 2
    for event in events:
        text = json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
        if batch and size + len(text) > MAX_REQUEST:
            yield _array(batch)
            batch, size = [], 2
        batch.append(text)
        size += len(text) + 1
    yield _array(batch)


def _array(texts: Sequence[bytes]) -> bytes:
    return b"[" + b",".join(texts) + b"]"
