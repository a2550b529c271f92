"""Tokens of a filter: literals, names, words of the language and parentheses."""

from __future__ import annotations

import re
from typing import NamedTuple

from funchost.errors import StorageError
from funchost.storage.odata.edm import INT64, NON_FINITE, Kind, Value, guid_text, ticks_of

_TOKEN = re.compile(
    r"""
      (?P<typed>datetime|guid|binary|X)'(?P<quoted>[^']*)'
    | '(?P<string>(?:[^']|'')*)'
    | (?P<number>[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)(?P<suffix>[LlDdFfMm]?)(?!\w)
    | (?P<infinite>-INF|-Infinity)\b
    | (?P<word>[^\W\d]\w*)
    | (?P<mark>[(),])
    """,
    re.VERBOSE,
)
_SPACE = re.compile(r"\s*")
_SHOWN = 100


class Token(NamedTuple):
    """One token: `value` for a literal, else the text of a word or parenthesis, empty at the end; `at` is its place."""

    text: str
    value: Value | None
    at: int


def invalid_filter(text: str, at: int, reason: str) -> StorageError:
    """Return the service's error for a filter that is not understood, with the place in it."""
    return StorageError("InvalidInput", f"The filter {text[:_SHOWN]!r} is wrong at character {at + 1}: {reason}", 400)


def tokens_of(text: str) -> list[Token]:
    """Return the tokens of a filter, the last one empty; StorageError InvalidInput with the place of a fault."""
    found: list[Token] = []
    end = len(text.rstrip())
    at = _end_of_space(text, 0)
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None:
            raise invalid_filter(text, at, f"{text[at : at + 10]!r} was not expected.")
        try:
            found.append(_token(match))
        except ValueError as error:
            raise invalid_filter(text, at, f"{error}.") from error
        at = _end_of_space(text, match.end())
    found.append(Token("", None, end))
    return found


def _end_of_space(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return at if match is None else match.end()


def _token(match: re.Match[str]) -> Token:
    groups = match.groupdict()
    text, at = match.group(), match.start()
    if groups["typed"] is not None:
        return Token(text, _typed(groups["typed"], groups["quoted"]), at)
    if groups["string"] is not None:
        return Token(text, Value(Kind.STRING, groups["string"].replace("''", "'")), at)
    if groups["number"] is not None:
        return Token(text, Value(Kind.NUMBER, _number(groups["number"], groups["suffix"].lower())), at)
    if text in NON_FINITE:
        return Token(text, Value(Kind.NUMBER, NON_FINITE[text]), at)
    if text in {"true", "false"}:
        return Token(text, Value(Kind.BOOLEAN, text == "true"), at)
    return Token(text, None, at)


def _typed(prefix: str, quoted: str) -> Value:
    if prefix == "datetime":
        return Value(Kind.DATETIME, ticks_of(quoted))
    if prefix == "guid":
        return Value(Kind.GUID, guid_text(quoted))
    return Value(Kind.BINARY, bytes.fromhex(quoted))


def _number(digits: str, suffix: str) -> int | float:
    if suffix in {"d", "f", "m"} or not digits.lstrip("+-").isdigit():
        if suffix == "l":
            raise ValueError(f"{digits}{suffix} has a fraction, so it is no Int64")
        return float(digits)
    number = int(digits)
    if number not in INT64:
        raise ValueError(f"{digits} is beyond 64 bits")
    return number
