"""What a call of the webhook holds: a handshake or events, of the Event Grid schema or of CloudEvents 1.0. Pure."""

from __future__ import annotations

import binascii
from collections.abc import Mapping
from urllib.parse import unquote

from funchost.app.foreign_json import read_foreign
from funchost.app.webhook import WebhookRequest

STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
_BINARY = "ce-"
"""Headers of an event whose body is its data and nothing else begin so (CloudEvents HTTP binding, 3.1)."""

Event = dict[str, object]


def is_cloud_event(request: WebhookRequest) -> bool:
    """Return whether a call without Event Grid's own header delivers CloudEvents."""
    return _media_type(request.headers) in (STRUCTURED, BATCH) or f"{_BINARY}specversion" in request.headers


def read_events(request: WebhookRequest) -> list[Event]:
    """Return the events of a delivery.

    Raises:
        ValueError: the body holds none; says what is wrong.
    """
    if f"{_BINARY}specversion" in request.headers:
        return [_binary_event(request)]
    document = _parsed(request.body)
    found = document if isinstance(document, list) else [document]
    events = [event for event in found if isinstance(event, dict)]
    if len(events) < len(found):
        raise ValueError("The body must be an event, or a list of events, each a JSON object.")
    return events


def validation_code(request: WebhookRequest) -> str:
    """Return the code with which a subscription asks whether it is wanted.

    Event Grid sends it in a list of one event; for a subscription with CloudEvents in one event whose `data` may be
    JSON text.

    Raises:
        ValueError: there is no code.
    """
    document = _parsed(request.body)
    event = document[0] if isinstance(document, list) and document else document
    data = event.get("data") if isinstance(event, dict) else None
    if isinstance(data, str):
        data = _parsed(data.encode())
    code = data.get("validationCode") if isinstance(data, dict) else None
    if not isinstance(code, str):
        raise ValueError("The event has no data.validationCode.")  # noqa: TRY004 - a wrong body, not a wrong call
    return code


def _binary_event(request: WebhookRequest) -> Event:
    event: Event = {
        name[len(_BINARY) :]: unquote(value) for name, value in request.headers.items() if name.startswith(_BINARY)
    }
    media_type = _media_type(request.headers)
    if media_type:
        event["datacontenttype"] = request.headers["content-type"]
    if not request.body:
        return event
    if media_type == "application/json" or media_type.endswith("+json"):
        event["data"] = _parsed(request.body)
        return event
    try:
        event["data"] = request.body.decode()
    except UnicodeDecodeError:
        event["data_base64"] = binascii.b2a_base64(request.body, newline=False).decode()
    return event


def _parsed(text: bytes) -> object:
    try:
        return read_foreign(text)
    except ValueError as error:
        raise ValueError(f"The body is no JSON: {error}.") from None


def _media_type(headers: Mapping[str, str]) -> str:
    return headers.get("content-type", "").partition(";")[0].strip().lower()
