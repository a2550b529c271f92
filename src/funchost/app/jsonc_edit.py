"""Changes single properties of a JSON file and leaves everything else as its author wrote it.

Comments, order, indentation, line ends, byte-order mark and encoding stay. Pure: from bytes to bytes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path

from funchost.app.json_positions import STRING, Span, find_positions
from funchost.app.jsonc import Document, decode, dotted, parse
from funchost.errors import ConfigError

_SKIPPED = re.compile(rf"{STRING}|(//[^\r\n]*|/\*.*?\*/)", re.DOTALL)
_BLANKS = re.compile(r"[ \t]*")
_INDENT = "  "


class JsonEdit:
    """The text of a JSON file under change.

    Args:
        data: the file's content; see `jsonc.parse`.
        path: for error messages.

    Raises:
        ConfigError: see `jsonc.parse`.
    """

    def __init__(self, data: bytes, path: Path) -> None:
        self._path = path
        self._text, self._encoding = decode(data, path)
        self._document = parse(data, path)

    @property
    def value(self) -> dict[str, object]:
        """The object as it is now."""
        return self._document.value

    @property
    def document(self) -> Document:
        """The file as it is now; its errors name the line."""
        return self._document

    def content(self) -> bytes:
        """Return the file's new content, in the encoding that it had."""
        return self._text.encode(self._encoding)

    def set(self, keys: Sequence[str], value: object) -> None:
        """Give a property its value; it is appended to its object if it is not there.

        Args:
            keys: way from the top; the objects on it must exist.
        """
        way = tuple(keys)
        wanted = _with(self.value, way, value)
        spans = self._spans()
        if way in spans:
            self._replace(spans[way].value, spans[way].end, _json(value, self._indent_of(spans[way]), self._newline))
        else:
            self._append(way, value)
        self._check(wanted, way)

    def remove(self, keys: Sequence[str]) -> None:
        """Take a property out, with its line and the comment behind it.

        Raises:
            KeyError: it is not there.
        """
        way = tuple(keys)
        wanted = _without(self.value, way)
        spans = self._spans()
        span = spans[way]
        comma = self._comma_behind(span.end)
        if comma is None:
            before = [
                other.end for other_way, other in spans.items() if _beside(way, other_way) and other.end < span.start
            ]
            self._cut(span.start, span.end)
            if before and (earlier := self._comma_behind(max(before))) is not None:
                blanks = self._behind_blanks(earlier + 1)
                self._replace(earlier, blanks if self._text[blanks] == "}" else earlier + 1, "")
        else:
            self._cut(span.start, comma + 1)
        self._check(wanted, way)

    @property
    def _newline(self) -> str:
        return "\r\n" if "\r\n" in self._text else "\n"

    def _spans(self) -> dict[tuple[str | int, ...], Span]:
        return find_positions(self._document.text)[0]

    def _replace(self, start: int, end: int, text: str) -> None:
        self._text = self._text[:start] + text + self._text[end:]

    def _append(self, way: tuple[str, ...], value: object) -> None:
        spans = self._spans()
        parent = spans[way[:-1]]
        inner = [span for other, span in spans.items() if _beside(way, other)]
        last = max(inner, key=lambda span: span.end, default=None)
        at = parent.value + 1 if last is None else last.end
        comma = None if last is None else self._comma_behind(last.end)
        rest = self._end_of_line(at if comma is None else comma + 1)
        one_line = last is not None and self._newline[-1] not in self._text[parent.value : parent.end]
        indent = self._indent_of(parent) + _INDENT if last is None else self._indent_of(last)
        entry = f"{_json(way[-1], '', '')}: {_json(value, indent, self._newline)}" + ("," if comma is not None else "")
        lead = " " if one_line else self._newline + indent
        closing = "" if one_line or self._breaks_before_end(rest, parent) else self._newline + self._indent_of(parent)
        self._replace(rest, rest, lead + entry + closing)
        if last is not None and comma is None:
            self._replace(at, at, ",")

    def _breaks_before_end(self, at: int, parent: Span) -> bool:
        return "\n" in self._text[at : parent.end]

    def _indent_of(self, span: Span) -> str:
        """Return the blanks in front of the line that a property begins in."""
        line = self._text.rfind("\n", 0, span.start) + 1
        return self._text[line : self._behind_blanks(line)]

    def _behind_blanks(self, at: int) -> int:
        found = _BLANKS.match(self._text, at)
        return found.end() if found else at

    def _end_of_line(self, at: int) -> int:
        """Return where something may be inserted behind `at`: behind the comments that follow on the line."""
        place = at
        while True:
            comment = _SKIPPED.match(self._text, self._behind_blanks(place))
            if comment is None or comment[1] is None:
                return place
            place = comment.end()

    def _comma_behind(self, at: int) -> int | None:
        """Return where the comma behind a value stands, comments passed over; None if there is none."""
        place = at
        while place < len(self._text):
            comment = _SKIPPED.match(self._text, place)
            if comment is not None and comment[1] is not None:
                place = comment.end()
            elif self._text[place].isspace():
                place += 1
            else:
                return place if self._text[place] == "," else None
        return None

    def _cut(self, start: int, end: int) -> None:
        """Take a stretch out; where nothing is left of its lines but the comment behind it, the lines too."""
        line = self._text.rfind("\n", 0, start) + 1
        after = self._behind_blanks(self._end_of_line(end))
        if self._text[line:start].strip() == "" and self._text[after : after + 1] in ("\r", "\n"):
            after += 2 if self._text.startswith("\r\n", after) else 1
            self._replace(line, after, "")
            return
        self._replace(start, self._behind_blanks(end), "")

    def _check(self, wanted: object, way: tuple[str, ...]) -> None:
        """Read the new text: a file is never replaced by one that says something else than was meant."""
        self._document = parse(self._text.encode(self._encoding), self._path)
        if self._document.value != wanted:
            raise ConfigError(
                self._path,
                "The file cannot be changed without changing more of it.",
                prop=dotted(way),
                hint="Change it in an editor.",
            )


def _beside(way: tuple[str, ...], other: tuple[str | int, ...]) -> bool:
    return len(other) == len(way) and other[:-1] == way[:-1]


def _json(value: object, indent: str, newline: str) -> str:
    text = json.dumps(value, ensure_ascii=False, indent=_INDENT if isinstance(value, dict) and value else None)
    return text.replace("\n", newline + indent)


def _with(value: dict[str, object], way: tuple[str, ...], leaf: object) -> dict[str, object]:
    if len(way) == 1:
        return {**value, way[0]: leaf}
    child = value[way[0]]
    if not isinstance(child, dict):
        raise TypeError(way[0])
    return {**value, way[0]: _with(child, way[1:], leaf)}


def _without(value: dict[str, object], way: tuple[str, ...]) -> dict[str, object]:
    child = value[way[0]]
    if len(way) == 1:
        return {name: each for name, each in value.items() if name != way[0]}
    if not isinstance(child, dict):
        raise KeyError(way[0])
    return {**value, way[0]: _without(child, way[1:])}
