"""Values written as literals of the filter language."""

from __future__ import annotations


def string_literal(text: str) -> str:
    """Return text in quotes, the quotes inside it doubled, as a filter takes it."""
    return "'" + text.replace("'", "''") + "'"
