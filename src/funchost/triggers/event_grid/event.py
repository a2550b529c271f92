"""From delivered events to an invocation. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from funchost.app.foreign_json import read_foreign
from funchost.app.function_app import Function
from funchost.app.invocation import CALLED_BY_HOST, Datum, Invocation
from funchost.dispatch.invocation_id import new_invocation_id
from funchost.triggers.event_grid.config import takes_batches
from funchost.triggers.event_grid.delivery import Event


def event_invocations(function: Function, events: Sequence[Event], now: datetime) -> list[Invocation]:
    """Return one invocation for each event, or one for all of them if the function takes batches."""
    reason = f"EventGrid trigger fired at {now.isoformat()}"
    if takes_batches(function):
        return [_batch(function, events, reason)] if events else []
    return [_single(function, event, reason) for event in events]


def manual_invocation(function: Function, text: str) -> Invocation:
    """Return the invocation for an event as JSON, or for a list of events if the function takes batches.

    Raises:
        ValueError: the text is none.
    """
    try:
        document: Any = read_foreign(text)
    except ValueError as error:
        raise ValueError(f"The input of an Event Grid function is one event as JSON: {error}.") from None
    if takes_batches(function):
        events = document if isinstance(document, list) else [document]
        if all(isinstance(event, dict) for event in events):
            return _batch(function, events, CALLED_BY_HOST)
    elif isinstance(document, dict):
        return _single(function, document, CALLED_BY_HOST)
    raise ValueError("The input of an Event Grid function is one event, a JSON object.")


def _single(function: Function, event: Event, reason: str) -> Invocation:
    metadata = {
        name: Datum("string", value) if isinstance(value, str) else Datum("json", json.dumps(value))
        for name, value in event.items()
        if value is not None and not isinstance(value, list)
    }
    # The shape in which the existing host hands it over, for functions that take it as a text.
    text = json.dumps(event, indent=2, ensure_ascii=False)
    return Invocation(
        new_invocation_id(), function, ((function.trigger.name, Datum("json", text)),), metadata, reason=reason
    )


def _batch(function: Function, events: Sequence[Event], reason: str) -> Invocation:
    text = json.dumps(events, indent=2, ensure_ascii=False)
    metadata = {"data": Datum("json", json.dumps([event.get("data") for event in events]))}
    return Invocation(
        new_invocation_id(), function, ((function.trigger.name, Datum("json", text)),), metadata, reason=reason
    )
