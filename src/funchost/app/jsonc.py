"""JSON as people write it in configuration files: comments and trailing commas pass, errors know their line.

Documents keep their text, so that whoever finds a wrong value later can name its line.
"""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from funchost.app.json_positions import Key, Span, find_positions, line_at
from funchost.app.json_syntax import load
from funchost.errors import ConfigError

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
        ConfigError: not text, not JSON, not an object, see also json_syntax.load; or a property stands there twice.
    """
    text, _ = decode(data, path)
    if not text.strip():
        raise ConfigError(path, "The file is empty.", line=1, hint="Write at least {} into it, or delete it.")
    value, text, doubled = load(text, path)
    if not isinstance(value, dict):
        raise ConfigError(path, f"The file must hold a JSON object, not {_KINDS[type(value)]}.", line=1)
    document = Document(path, value, text)
    if doubled:
        _refuse_repetition(document)
    return document


def dotted(keys: Sequence[Key]) -> str:
    """Return a property's way as people write it: ``bindings[0].name``."""
    return "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in keys).removeprefix(".")


def decode(data: bytes, path: Path) -> tuple[str, str]:
    """Return a file's text without byte-order mark, and the name of the encoding that writes it with that mark again.

    Raises:
        ConfigError: not text; names the line.
    """
    encoding = next((name for mark, name in _BYTE_ORDER_MARKS if data.startswith(mark)), "utf-8")
    try:
        return data.decode(encoding), encoding
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        found = f"byte 0x{data[error.start]:02x}"
        raise ConfigError(
            path,
            f"The file is not {encoding.removesuffix('-sig').upper()} text ({found}).",
            line=line,
            hint="Save the file with the encoding UTF-8.",
        ) from error


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
