"""JSON as people write it in configuration files: comments and trailing commas pass, errors know their line.

Comments and surplus commas are overwritten with blanks, so offsets stay what they are in the file and the standard
library's parser reports the right lines.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from funchost.app.json_positions import Key, Span, find_positions
from funchost.errors import ConfigError

MAX_DEPTH = 64
"""Deepest nesting of objects and lists; what the existing tools accept."""

_STRING = r'"(?:[^"\\]++|\\.)*+"'
_COMMENT = re.compile(rf"{_STRING}|(//[^\n]*|/\*.*?\*/)", re.DOTALL)
_SURPLUS_COMMA = re.compile(rf"{_STRING}|(,)(?=\s*[}}\]])", re.DOTALL)
_LONE_SURROGATE = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])|(?<!\\u[dD][89abAB]..)\\u[dD][c-fC-F][0-9a-fA-F]{2}"
)
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_KINDS = {list: "a list", str: "a text", bool: "a truth value", type(None): "null", int: "a number", float: "a number"}


@dataclass(frozen=True)
class Document:
    """One JSON file, read.

    Args:
        path: the file.
        value: its object.
        text: its text with comments and surplus commas blanked out.
    """

    path: Path
    value: dict[str, object]
    text: str

    def line_of(self, keys: Sequence[Key]) -> int:
        """Return the 1-based line of a property; of the nearest one around it if it is not there.

        Args:
            keys: way from the top, e.g. ``("bindings", 0, "name")``.
        """
        keys = tuple(keys)
        while keys not in self._positions.spans:
            keys = keys[:-1]
        return line_at(self.text, self._positions.spans[keys].start)

    def text_of(self, keys: Sequence[Key]) -> str:
        """Return a property's value as it stands in the file, e.g. ``1.50`` or ``1e3``."""
        span = self._positions.spans[tuple(keys)]
        return self.text[span.value : span.end]

    def error(self, message: str, keys: Sequence[Key] = (), *, hint: str | None = None) -> ConfigError:
        """Return the error for a property of this file."""
        return ConfigError(self.path, message, line=self.line_of(keys), prop=dotted(keys) or None, hint=hint)

    @cached_property
    def _positions(self) -> _Positions:
        spans, repeated = find_positions(self.text)
        return _Positions(spans, repeated)


@dataclass(frozen=True, slots=True)
class _Positions:
    spans: dict[tuple[Key, ...], Span]
    repeated: tuple[tuple[Key, ...], Span] | None


def read(path: Path) -> Document | None:
    """Return the file's document, None if there is no such file.

    Raises:
        ConfigError: it cannot be read, or see `parse`.
    """
    try:
        # Only regular files: opening a named pipe would wait for ever.
        if path.exists() and not path.is_file():
            raise ConfigError(path, "This is not a file.")
        data = path.read_bytes()
    except FileNotFoundError:
        if path.is_symlink():
            raise ConfigError(path, f"This is a link to '{path.readlink()}', which does not exist.") from None
        return None
    except OSError as error:
        raise ConfigError(path, f"The file cannot be read: {error.strerror or error}.") from error
    return parse(data, path)


def parse(data: bytes, path: Path) -> Document:
    """Return the document for a file's content.

    Args:
        data: UTF-8, with or without a byte-order mark; UTF-16 and UTF-32 with one.
        path: for error messages.

    Raises:
        ConfigError: not text, not JSON, not an object, nested deeper than MAX_DEPTH, or a property stands there twice.
    """
    text = _decode(data, path)
    if not text.strip():
        raise ConfigError(path, "The file is empty.", line=1, hint="Write at least {} into it, or delete it.")
    value, text, doubled = _load(text, path)
    if not isinstance(value, dict):
        raise ConfigError(path, f"The file must hold a JSON object, not {_KINDS[type(value)]}.", line=1)
    _check_depth(value, text, path)
    _check_surrogates(value, text, path)
    document = Document(path, value, text)
    if doubled:
        _refuse_repetition(document)
    return document


def line_at(text: str, offset: int) -> int:
    """Return the 1-based line of an offset."""
    return text.count("\n", 0, offset) + 1


def dotted(keys: Sequence[Key]) -> str:
    """Return a property's way as people write it: ``bindings[0].name``."""
    return "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in keys).removeprefix(".")


def _decode(data: bytes, path: Path) -> str:
    encoding = next((name for mark, name in _BYTE_ORDER_MARKS if data.startswith(mark)), "utf-8")
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        found = f"byte 0x{data[error.start]:02x}"
        raise ConfigError(
            path, f"The file is not {encoding[:5].upper()} text ({found}).", line=line, hint=_SAVE
        ) from error


_SAVE = "Save the file with the encoding UTF-8."


def _load(text: str, path: Path) -> tuple[object, str, bool]:
    """Return the value, the text it was read from and whether some object has a property twice."""
    doubled = False

    def collect(pairs: list[tuple[str, object]]) -> dict[str, object]:
        nonlocal doubled
        collected = dict(pairs)
        doubled = doubled or len(collected) != len(pairs)
        return collected

    decoder = json.JSONDecoder(object_pairs_hook=collect, parse_constant=_refuse_constant, strict=False)
    try:
        try:
            return decoder.decode(text), text, doubled
        except json.JSONDecodeError:
            text = _blank_out(text, path)
            doubled = False
            return decoder.decode(text), text, doubled
    except json.JSONDecodeError as error:
        raise _syntax_error(error, text, path) from error
    except RecursionError:
        raise _too_deep(text, path) from None
    except _NoNumber as error:
        place = next((m for m in re.finditer(rf"{_STRING}|({error})", text, re.DOTALL) if m[1]), None)
        line = line_at(text, place.start()) if place else None
        raise ConfigError(path, f"The file is not valid JSON: {error} is not a number there.", line=line) from error
    except ValueError as error:
        # What is left is Python's limit for the conversion of digits.
        raise ConfigError(path, "The file holds a number with too many digits.") from error


class _NoNumber(ValueError):
    """NaN or an infinity."""


def _refuse_constant(name: str) -> object:
    raise _NoNumber(name)


def _blank_out(text: str, path: Path) -> str:
    text = _COMMENT.sub(_blank, text)
    open_comment = next((m for m in re.finditer(rf"{_STRING}|(/\*)", text, re.DOTALL) if m[1]), None)
    if open_comment:
        line = line_at(text, open_comment.start())
        raise ConfigError(path, "The comment that begins here has no end.", line=line, hint="Close it with */.")
    return _SURPLUS_COMMA.sub(_blank, text)


def _blank(match: re.Match[str]) -> str:
    return match[0] if match[1] is None else re.sub(r"[^\n]", " ", match[0])


def _syntax_error(error: json.JSONDecodeError, text: str, path: Path) -> ConfigError:
    found = text[error.pos : error.pos + 1]
    what = f"found {found!r}" if found else "the file ends here"
    reason = error.msg[:1].lower() + error.msg[1:]
    return ConfigError(
        path,
        f"The file is not valid JSON: {reason} at column {error.colno} ({what}).",
        line=error.lineno,
        hint=_open_string(text, error.pos),
    )


def _open_string(text: str, before: int) -> str | None:
    """Return a hint if a string in front of a syntax error runs over the end of its line."""
    for match in re.finditer(_STRING, text[:before], re.DOTALL):
        if "\n" in match[0]:
            return f"Is a closing quote missing in line {line_at(text, match.start())}?"
    return None


def _check_depth(value: object, text: str, path: Path) -> None:
    if text.count("{") + text.count("[") <= MAX_DEPTH:
        return
    level: list[object] = [value]
    for _ in range(MAX_DEPTH):
        level = [item for parent in level for item in _children(parent)]
        if not level:
            return
    if any(isinstance(item, (dict, list)) for item in level):
        raise _too_deep(text, path)


def _children(value: object) -> list[object]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _too_deep(text: str, path: Path) -> ConfigError:
    depth = 0
    for match in re.finditer(rf"{_STRING}|([{{\[])|([}}\]])", text, re.DOTALL):
        depth += (match[1] is not None) - (match[2] is not None)
        if depth > MAX_DEPTH:
            line = line_at(text, match.start())
            return ConfigError(path, f"The file is nested more than {MAX_DEPTH} levels deep.", line=line)
    return ConfigError(path, f"The file is nested more than {MAX_DEPTH} levels deep.")


def _check_surrogates(value: object, text: str, path: Path) -> None:
    """Refuse half surrogate pairs: such text can neither be printed nor become an environment variable."""
    if "\\ud" not in text.lower():
        return
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        half = _LONE_SURROGATE.search(text)
        line = line_at(text, half.start()) if half else None
        raise ConfigError(path, "The text holds half of a surrogate pair (\\ud...).", line=line) from error


def _refuse_repetition(document: Document) -> None:
    repeated = document._positions.repeated
    if repeated:
        keys, span = repeated
        first = document.line_of(keys)
        raise ConfigError(
            document.path,
            f"The property stands here a second time; the first one is in line {first}.",
            line=line_at(document.text, span.start),
            prop=dotted(keys),
        )
