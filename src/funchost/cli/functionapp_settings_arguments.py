"""How settings are written on the command line."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from funchost.cli.grammar import ToolOption
from funchost.errors import UsageError

LARGEST = 4 * 1024 * 1024


class GivenSetting(NamedTuple):
    """A setting of the command line or a file.

    Args:
        name: of the setting.
        value: maybe secret.
        sticky: whether it stays with the slot; None = not said.
    """

    name: str
    value: str
    sticky: bool | None = None


def settings_option(name: str, flag: str, help: str) -> ToolOption:
    return ToolOption(name, flag, multiple=True, commas=False, metavar="K=V ...", help=help)


def read_settings(words: Iterable[str], option: str) -> dict[str, str]:
    """Return settings by name; see given_settings."""
    return {setting.name: setting.value for setting in given_settings(words, option)}


def given_settings(words: Iterable[str], option: str) -> Iterator[GivenSetting]:
    """Return the settings that words write: ``NAME=VALUE``, or ``@FILE`` and ``@-`` for JSON from a file or stdin.

    The JSON is an object of values, or a list of ``{"name", "value", "slotSetting"}``.

    Raises:
        UsageError: a word or a file says something else.
    """
    for word in words:
        if word.startswith("@"):
            yield from _from_json(_text(word[1:], option), f"{option} {word}")
        else:
            name, equals, value = word.partition("=")
            if not equals or not name.strip():
                # The word may be a secret whose name was forgotten.
                raise UsageError(f"{option}: a setting is written as NAME=VALUE.", hint="Quote values with blanks.")
            yield GivenSetting(_checked(name.strip(), option), _utf8(value, name.strip(), option))


def _text(path: str, option: str) -> str:
    try:
        text = sys.stdin.read(LARGEST) if path == "-" else Path(path).read_text("utf-8-sig")
    except OSError as error:
        raise UsageError(f"{option}: {path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{option}: {path} is no UTF-8 text.") from error
    return text


def _from_json(text: str, source: str) -> Iterator[GivenSetting]:
    try:
        document: object = json.loads(text)
    except ValueError as error:
        raise UsageError(f"{source}: this is no JSON: {error}.") from error
    if isinstance(document, dict):
        document = [{"name": name, "value": value} for name, value in document.items()]
    if not isinstance(document, list):
        raise UsageError(f"{source}: the JSON is neither an object of values nor a list of settings.")
    for entry in document:
        yield _entry(entry, source)


def _entry(entry: object, source: str) -> GivenSetting:
    if not isinstance(entry, Mapping) or not isinstance(entry.get("name"), str):
        raise UsageError(f"{source}: every setting needs a 'name' and a 'value'.")
    name, value, sticky = entry["name"], entry.get("value"), entry.get("slotSetting")
    if isinstance(value, (dict, list)) or value is None:
        raise UsageError(f"{source}: the value of {name} is no text.")
    text = value if isinstance(value, str) else json.dumps(value)
    return GivenSetting(_checked(name, source), _utf8(text, name, source), sticky if isinstance(sticky, bool) else None)


def _checked(name: str, source: str) -> str:
    if not name or "=" in name or "\0" in name or not name.isprintable():
        raise UsageError(f"{source}: {name!r} cannot be the name of a setting.")
    return name


def _utf8(value: str, name: str, source: str) -> str:
    # Bytes of the command line or stdin that are no UTF-8 arrive as surrogates, which no JSON can carry.
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise UsageError(
            f"{source}: the value of {name} is no UTF-8 text, from character {error.start + 1} on.",
            hint="Encode it as UTF-8, or binary data as Base64.",
        ) from error
    return value
