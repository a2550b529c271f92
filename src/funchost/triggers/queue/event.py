"""From a queue message to an invocation. Pure."""

from __future__ import annotations

import binascii
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from funchost.app.foreign_json import read_foreign
from funchost.app.function_app import Function
from funchost.app.invocation import CALLED_BY_HOST, Datum, Invocation
from funchost.app.queue_options import MessageEncoding
from funchost.dispatch.invocation_id import new_invocation_id
from funchost.storage.queues import WEEK, QueueMessage
from funchost.triggers.queue.config import QueueTrigger


def decode(text: str, encoding: MessageEncoding) -> bytes:
    """Return the body of a message.

    Raises:
        ValueError: the text is not Base64 although it should be; line breaks and blanks in it are fine.
    """
    if encoding == "none":
        return text.encode()
    try:
        return binascii.a2b_base64(text, strict_mode=True)
    except binascii.Error:
        return binascii.a2b_base64("".join(text.split()), strict_mode=True)


def queue_invocation(
    function: Function, trigger: QueueTrigger, message: QueueMessage, body: bytes, *, reason: str | None = None
) -> Invocation:
    """Return the invocation for a message.

    Args:
        body: the message's body, decoded.
        reason: why it runs, None = the message has been found in the queue.
    """
    text, datum = _as_input(body, trigger.binary)
    inserted = _utc(message.inserted)
    return Invocation(
        id=new_invocation_id(),
        function=function,
        inputs=((trigger.parameter, datum),),
        metadata=_metadata(message, text, inserted),
        reason=reason if reason is not None else f"New queue message detected on '{trigger.queue}'.",
        details=(
            f"Trigger Details: MessageId: {message.id}, DequeueCount: {message.dequeue_count}, InsertedOn: {inserted}"
        ),
    )


def message_by_hand(text: str, now: datetime) -> QueueMessage:
    """Return the message that a call by hand stands for."""
    expires = now + timedelta(seconds=WEEK)
    return QueueMessage(new_invocation_id(), text, now, expires, 1, "manual", now)


def manual_invocation(function: Function, trigger: QueueTrigger, text: str, now: datetime) -> Invocation:
    """Return the invocation for a text that stands for a message's body."""
    return queue_invocation(function, trigger, message_by_hand(text, now), text.encode(), reason=CALLED_BY_HOST)


def _as_input(body: bytes, binary: bool | None) -> tuple[str, Datum]:
    """Return the body as text, and as the function gets it: bytes if it asked for them or if they are no text."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        text = body.decode(errors="replace")
        binary = True if binary is None else binary
    return text, Datum("bytes", body) if binary else Datum("string", text)


def _metadata(message: QueueMessage, text: str, inserted: str) -> Mapping[str, Datum]:
    """Return what stands beside the body: members of a JSON object, and the message's own data, which win."""
    metadata = payload_members(text) if text.lstrip()[:1] == "{" else {}
    metadata["QueueTrigger"] = Datum("string", text)
    metadata["Id"] = Datum("string", message.id)
    metadata["DequeueCount"] = Datum("json", str(message.dequeue_count))
    metadata["InsertionTime"] = Datum("string", inserted)
    metadata["ExpirationTime"] = Datum("string", _utc(message.expires))
    if message.next_visible is not None:
        metadata["NextVisibleTime"] = Datum("string", _utc(message.next_visible))
    metadata["PopReceipt"] = Datum("string", message.pop_receipt)
    return metadata


def payload_members(text: str) -> dict[str, Datum]:
    """Return the members of a text that is a JSON object, without null and lists; empty for any other text."""
    try:
        payload = read_foreign(text)
    except ValueError:
        return {}
    if not isinstance(payload, dict):
        return {}
    return {
        name: Datum("string", value) if isinstance(value, str) else Datum("json", json.dumps(value))
        for name, value in payload.items()
        if value is not None and not isinstance(value, list)
    }


def _utc(time: datetime) -> str:
    """Return whole seconds, as the service has them; the library tries many forms before one with a fraction."""
    return (time if time.tzinfo is UTC else time.astimezone(UTC)).isoformat(timespec="seconds")
