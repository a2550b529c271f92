"""``%Setting%`` in binding properties: replaced once, when the app is read."""

from __future__ import annotations

from collections.abc import Callable

_LITERAL = frozenset(
    ("route", "authlevel", "methods", "cardinality", "commandtext")
    + ("description", "title", "uri", "mimetype", "metadata", "toolproperties", "promptarguments")
)
"""Properties in which a percent sign is only a percent sign."""


def may_refer(name: str) -> bool:
    """Return whether references count in a property (lower-cased name)."""
    return name not in _LITERAL


def resolve(text: str, setting: Callable[[str], str | None]) -> str:
    """Return `text` with every ``%name%`` replaced by the setting's value; values are not looked through again.

    Args:
        setting: returns a setting's value, None if it does not exist.

    Raises:
        ValueError: a setting does not exist, or a percent sign stands alone.
    """
    parts: list[str] = []
    position = 0
    while (start := text.find("%", position)) >= 0:
        end = text.find("%", start + 1)
        if end < 0:
            raise ValueError(f"The '%' at position {start} does not have a closing '%'.")
        name = text[start + 1 : end]
        value = setting(name)
        if value is None:
            raise ValueError(f"'%{name}%' does not resolve to a value.")
        parts += (text[position:start], value)
        position = end + 1
    return "".join([*parts, text[position:]])
