"""local.settings.json: app settings and HTTP options of a developer's machine. Never deployed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

from funchost.app import values
from funchost.app.jsonc import Document, read
from funchost.app.local_settings_secret import LocalSecret, UnreadableValueError

FILE_NAME = "local.settings.json"

T = TypeVar("T")


@dataclass(frozen=True)
class HostSection:
    """Section `Host`; command line options win over it.

    Args:
        port: TCP port to listen on, None = not given.
        address: IP address to listen on, None = not given.
        cors: allowed origins, ``("*",)`` for all.
        cors_credentials: whether browsers may send credentials.
    """

    port: int | None = None
    address: str | None = None
    cors: tuple[str, ...] = ()
    cors_credentials: bool = False


@dataclass(frozen=True)
class LocalSettings:
    """What the file says; all empty without a file.

    Args:
        values: app settings, connection strings among them as ``ConnectionStrings:<name>``.
        host: section `Host`.
        notices: sentences about entries that do not count.
        path: the file, None if there is none.
    """

    values: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    host: HostSection = field(default_factory=HostSection)
    notices: tuple[str, ...] = ()
    path: Path | None = None


def load_local_settings(root: Path, secret: LocalSecret | None = None) -> LocalSettings:
    """Return the settings in the app's folder.

    `IsEncrypted` counts as false when it is missing. Numbers and truth values become the text that stands there.

    Args:
        secret: decrypts the values of an encrypted file; without it such a file is refused.

    Raises:
        ConfigError: the file cannot be read or decrypted, or an entry cannot be a setting; names file and line.
    """
    document = read(root / FILE_NAME)
    if document is None:
        return LocalSettings()
    return settings_of(document, secret)


def settings_of(document: Document, secret: LocalSecret | None = None) -> LocalSettings:
    """Return the settings in a document; see `load_local_settings`.

    Raises:
        ConfigError: they cannot be decrypted, or an entry cannot be a setting; names file and line.
    """
    top = _Section(document, (), document.value)
    encrypted = is_encrypted(document)
    if encrypted and secret is None:
        raise document.error(
            "The settings are encrypted.",
            top.keys_of("IsEncrypted"),
            hint='Decrypt the file ("func settings decrypt"), or write the values in plain text and set '
            '"IsEncrypted": false.',
        )
    notices: list[str] = []
    reader = _Reader(secret if encrypted else None)
    settings = dict(_values(top.section("Values"), notices, reader))
    settings |= _connection_strings(top.section("ConnectionStrings"), reader)
    return LocalSettings(MappingProxyType(settings), _host(top.section("Host")), tuple(notices), document.path)


def is_encrypted(document: Document) -> bool:
    """Return what `IsEncrypted` says, false when it is missing.

    Raises:
        ConfigError: it is no truth value.
    """
    return _Section(document, (), document.value).read("IsEncrypted", values.boolean, False)


def merge_environment(local: LocalSettings, environ: Mapping[str, str]) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return the environment with the local settings added, and sentences about settings that were skipped.

    A variable that exists and is not empty wins. ``a:b`` in the file and ``a__b`` in the environment are one setting.
    """
    merged = dict(environ)
    notices = list(local.notices)
    for name, value in local.values.items():
        if environ.get(name) or environ.get(name.replace(":", "__")):
            notices.append(
                f"Skipping '{name}' from local settings as it's already defined in current environment variables."
            )
        else:
            merged[name] = value
    return merged, tuple(notices)


class _Section:
    """An object of the file; names compare case-insensitively."""

    def __init__(self, document: Document, keys: tuple[str, ...], content: Mapping[str, object]) -> None:
        self.document = document
        self.keys = keys
        self.content = content
        self._spellings = {name.lower(): name for name in content}

    def keys_of(self, name: str) -> tuple[str, ...]:
        return (*self.keys, self._spellings.get(name.lower(), name))

    def get(self, name: str) -> object:
        return self.content.get(self._spellings.get(name.lower(), name))

    def read(self, name: str, convert: Callable[[object], T], default: T) -> T:
        value = self.get(name)
        if value is None:
            return default
        try:
            return convert(value)
        except ValueError as error:
            raise self.document.error(str(error), self.keys_of(name)) from error

    def section(self, name: str) -> _Section:
        content = self.get(name)
        if content is not None and not isinstance(content, dict):
            raise self.document.error(f"This must be an object, not {values.shown(content)}.", self.keys_of(name))
        return _Section(self.document, self.keys_of(name), content or {})


@dataclass(frozen=True)
class _Reader:
    """Reads values that may be encrypted; without a secret they are not."""

    secret: LocalSecret | None

    def text(self, document: Document, keys: tuple[str, ...], text: str) -> str:
        if self.secret is None:
            return text
        try:
            return self.secret.decrypt(text)
        except UnreadableValueError as error:
            raise document.error(str(error), keys, hint=f"{_ANEW[keys[0].lower()]} {_ELSEWHERE}") from None


_ANEW = {
    "values": 'Write it anew with "func settings add NAME".',
    "connectionstrings": 'Write it anew with "func settings add NAME --connectionString".',
}
_ELSEWHERE = (
    "An encrypted file is for the user and the machine that encrypted it; elsewhere, decrypt it there first "
    '("func settings decrypt", with the tool that encrypted it), or copy the key.'
)


def _values(section: _Section, notices: list[str], reader: _Reader) -> Iterator[tuple[str, str]]:
    for name, value in section.content.items():
        if not name:
            notices.append("Skipping local setting with empty key.")
        elif value is None:
            notices.append(f"Skipping '{name}' because value is null")
        else:
            yield name, _setting_text(section, name, value, reader)


def _setting_text(section: _Section, name: str, value: object, reader: _Reader) -> str:
    keys = (*section.keys, name)
    if isinstance(value, (dict, list)):
        kind = "an object" if isinstance(value, dict) else "a list"
        raise section.document.error(
            f"A setting must be a text, not {kind}.",
            keys,
            hint=f'Write one setting for each value, e.g. "{name}__Name": "...", or the JSON as one quoted text.',
        )
    setting = value if isinstance(value, str) else section.document.text_of(keys)
    setting = reader.text(section.document, keys, setting)
    if "\0" in setting or "\0" in name or "=" in name:
        raise section.document.error("An environment variable cannot hold a NUL, nor its name an '='.", keys)
    return setting


def _connection_strings(section: _Section, reader: _Reader) -> dict[str, str]:
    settings = {}
    for name, value in section.content.items():
        if isinstance(value, dict):
            entry = _Section(section.document, (*section.keys, name), value)
            text = entry.read("ConnectionString", values.text, "")
            if not text:
                raise section.document.error("The entry has no 'ConnectionString'.", entry.keys)
            text = reader.text(section.document, entry.keys_of("ConnectionString"), text)
        elif value is None or not name:
            continue
        else:
            text = _setting_text(section, name, value, reader)
        settings[f"ConnectionStrings:{name}"] = text
    return settings


def _host(section: _Section) -> HostSection:
    return HostSection(
        port=section.read("LocalHttpPort", values.whole(0, 65_535), None),
        address=section.read("LocalHttpAddress", values.text, "").strip() or None,
        cors=section.read("CORS", _origins, ()),
        cors_credentials=section.read("CORSCredentials", values.boolean, False),
    )


def _origins(value: object) -> tuple[str, ...]:
    parts = value if isinstance(value, list) else values.text(value).split(",")
    origins = (values.text(part).strip() for part in parts)
    return tuple(origin for origin in origins if origin)
