"""Where each property of a JSON text stands. Used only once something is wrong, so it may take its time."""

from __future__ import annotations

import json
import re
from typing import NamedTuple

Key = str | int

STRING = r'"(?:[^"\\]++|\\.)*+"'
"""Pattern of a string; wants re.DOTALL. It never goes back, whatever the text."""

_TOKEN = re.compile(STRING + r'|[{}\[\],:]|[^\s{}\[\],:"]+', re.DOTALL)


def line_at(text: str, offset: int) -> int:
    """Return the 1-based line of an offset."""
    return text.count("\n", 0, offset) + 1


class Span(NamedTuple):
    """Offsets of one property.

    Args:
        start: of its name; of the value for an item of a list.
        value: of its value.
        end: behind its value.
    """

    start: int
    value: int
    end: int


class _Open(NamedTuple):
    """An object or list whose end has not come yet."""

    keys: tuple[Key, ...]
    start: int
    offset: int
    is_list: bool


def find_positions(text: str) -> tuple[dict[tuple[Key, ...], Span], tuple[tuple[Key, ...], Span] | None]:
    """Return the span of every value by its way from the top, and the first property that stands there twice.

    Args:
        text: valid JSON without comments.
    """
    spans: dict[tuple[Key, ...], Span] = {}
    repeated: list[tuple[tuple[Key, ...], Span]] = []
    stack: list[_Open] = []
    keys: tuple[Key, ...] = ()
    start = -1  # of the name in front of the value that comes next

    def add(found: Span) -> None:
        if keys in spans:
            repeated.append((keys, found))
        else:
            spans[keys] = found

    for match in _TOKEN.finditer(text):
        mark, offset = match[0], match.start()
        if mark in "{[":
            stack.append(_Open(keys, offset if start < 0 else start, offset, mark == "["))
            keys, start = ((*keys, 0) if mark == "[" else keys), -1
        elif mark in "}]":
            opened = stack.pop()
            keys, start = opened.keys, -1
            add(Span(opened.start, opened.offset, match.end()))
        elif mark == ",":
            keys = _following(stack[-1], keys)
        elif mark == ":":
            continue
        elif stack and not stack[-1].is_list and start < 0:
            keys, start = (*stack[-1].keys, json.loads(mark, strict=False)), offset
        else:
            add(Span(offset if start < 0 else start, offset, match.end()))
            start = -1
    return spans, min(repeated, key=lambda item: item[1].start, default=None)


def _following(container: _Open, keys: tuple[Key, ...]) -> tuple[Key, ...]:
    """Return the way to the next item behind `keys` in a list; in an object the next name decides."""
    last = keys[-1] if keys else None
    return (*container.keys, last + 1) if container.is_list and isinstance(last, int) else container.keys
