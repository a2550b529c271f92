"""JSON that strangers wrote: bodies, messages, events. It is read so that its depth cannot harm anybody later."""

from __future__ import annotations

import json

DEEPEST = 200
"""Levels of objects and lists: far below what reading, writing and walking through a value can take."""


def read_foreign(text: str | bytes) -> object:
    """Return the value of a JSON text.

    Raises:
        ValueError: it is none, or nested more than DEEPEST levels deep.
    """
    try:
        value: object = json.loads(text)
    except RecursionError:
        raise _too_deep() from None
    brackets = text.count("{") + text.count("[") if isinstance(text, str) else text.count(b"{") + text.count(b"[")
    if brackets > DEEPEST and is_deeper(value, DEEPEST):
        raise _too_deep()
    return value


def is_deeper(value: object, levels: int) -> bool:
    """Return whether objects and lists are nested more than `levels` deep."""
    level: list[object] = [value]
    for _ in range(levels):
        level = [item for parent in level for item in _children(parent)]
        if not level:
            return False
    return any(isinstance(item, (dict, list)) for item in level)


def _children(value: object) -> list[object]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _too_deep() -> ValueError:
    return ValueError(f"it is nested more than {DEEPEST} levels deep")
