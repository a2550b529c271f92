"""The syntax of JSON with comments and trailing commas, and what to say when a text does not have it.

Comments and surplus commas are overwritten with blanks, so offsets stay what they are in the file and the standard
library's parser reports the right lines.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from funchost.app.foreign_json import is_deeper
from funchost.app.json_positions import STRING, line_at
from funchost.errors import ConfigError

MAX_DEPTH = 64
"""Deepest nesting of objects and lists; what the existing tools accept."""

_COMMENT = re.compile(rf"{STRING}|(//[^\n]*|/\*.*?\*/)", re.DOTALL)
# A comma with no value before it is an error and stays, for the parser to name it.
_SURPLUS_COMMA = re.compile(rf"{STRING}|[{{\[,]\s*+,|(,)(?=\s*+[}}\]])", re.DOTALL)
_LONE_SURROGATE = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])|(?<!\\u[dD][89abAB]..)\\u[dD][c-fC-F][0-9a-fA-F]{2}"
)


def load(text: str, path: Path) -> tuple[object, str, bool]:
    """Return the value, the text it was read from and whether some object has a property twice.

    Raises:
        ConfigError: not JSON, or nested deeper than MAX_DEPTH.
    """
    value, text, doubled = _decode(text, path)
    _check_depth(value, text, path)
    _check_surrogates(value, text, path)
    return value, text, doubled


def _decode(text: str, path: Path) -> tuple[object, str, bool]:
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
        place = next((m for m in re.finditer(rf"{STRING}|({error})", text, re.DOTALL) if m[1]), None)
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
    open_comment = next((m for m in re.finditer(rf"{STRING}|(/\*)", text, re.DOTALL) if m[1]), None)
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
    for match in re.finditer(STRING, text[:before], re.DOTALL):
        if "\n" in match[0]:
            return f"Is a closing quote missing in line {line_at(text, match.start())}?"
    return None


def _check_depth(value: object, text: str, path: Path) -> None:
    if text.count("{") + text.count("[") > MAX_DEPTH and is_deeper(value, MAX_DEPTH):
        raise _too_deep(text, path)


def _too_deep(text: str, path: Path) -> ConfigError:
    depth = 0
    for match in re.finditer(rf"{STRING}|([{{\[])|([}}\]])", text, re.DOTALL):
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
