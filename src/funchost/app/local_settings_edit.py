"""SettingsEdit: changes to local.settings.json, plain or encrypted. Pure; a caller reads and writes the file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import Enum
from pathlib import Path

from funchost.app.jsonc_edit import JsonEdit
from funchost.app.local_settings import is_encrypted, settings_of
from funchost.app.local_settings_secret import MARK, LocalSecret
from funchost.errors import FuncHostError, UsageError

NEW_FILE = b"""{
  "IsEncrypted": false,
  "Values": {
    "FUNCTIONS_WORKER_RUNTIME": "python",
    "AzureWebJobsStorage": "UseDevelopmentStorage=true"
  }
}
"""
ENCRYPTED = "IsEncrypted"
TEXT_OF_ENTRY = "ConnectionString"


class Section(Enum):
    """Where a setting stands."""

    VALUES = "Values"
    CONNECTION_STRINGS = "ConnectionStrings"


class SettingsEdit:
    """One local.settings.json under change.

    Args:
        data: the file's content; None or nothing but blanks = there is none, and a new one is begun.
        path: of the file.
        secret: encrypts and decrypts the values.

    Raises:
        ConfigError: the file is not what it should be; names the line.
    """

    def __init__(self, data: bytes | None, path: Path, secret: LocalSecret) -> None:
        self._edit = JsonEdit(data if data and data.strip() else NEW_FILE, path)
        self._secret = secret
        self._path = path

    @property
    def encrypted(self) -> bool:
        return is_encrypted(self._edit.document)

    def content(self) -> bytes:
        """Return the file's new content."""
        return self._edit.content()

    def add(self, name: str, value: str, section: Section) -> None:
        """Give a setting its value, encrypted where the others are.

        Raises:
            UsageError: no environment variable can have this name or value.
        """
        check_setting(name, value)
        stored = self._secret.encrypt(value) if self.encrypted else value
        where = self._spelling(section.value)
        entries = self._entries(section)
        if entries is None:
            self._edit.set((where,), {name: stored})
        elif isinstance(entry := entries.get(name), dict):
            self._edit.set((where, name, _spelling(entry, TEXT_OF_ENTRY)), stored)
        else:
            self._edit.set((where, name), stored)

    def remove(self, name: str, section: Section) -> None:
        """Take a setting out.

        Raises:
            FuncHostError: it is not there; names the nearest that is.
        """
        if name not in (self._entries(section) or {}):
            raise FuncHostError(
                f"{self._path} has no setting '{name}' in {section.value}.", hint=self._elsewhere(name, section)
            )
        self._edit.remove((self._spelling(section.value), name))

    def encrypt(self) -> int:
        """Encrypt all values that are plain text yet; return how many.

        Raises:
            ConfigError: an entry cannot be a setting.
        """
        before = self.encrypted
        if not before:
            settings_of(self._edit.document)
        plain = [
            (keys, text) for keys, text in self._texts() if text is not None and not (before and text.startswith(MARK))
        ]
        for keys, text in plain:
            self._edit.set(keys, self._secret.encrypt(text))
        self._edit.set((self._spelling(ENCRYPTED),), True)
        return len(plain)

    def decrypt(self) -> int:
        """Write all values as plain text; return how many they are.

        Raises:
            ConfigError: a value cannot be decrypted; then nothing is changed.
        """
        settings = settings_of(self._edit.document, self._secret).values
        changed = 0
        for keys, text in list(self._texts()):
            if text is not None:
                named = keys[1] if keys[0].lower() == "values" else f"ConnectionStrings:{keys[1]}"
                self._edit.set(keys, settings[named])
                changed += 1
        self._edit.set((self._spelling(ENCRYPTED),), False)
        return changed

    def _texts(self) -> Iterator[tuple[tuple[str, ...], str | None]]:
        """Return way and text of all values, None for those that do not count."""
        for section in Section:
            where = self._spelling(section.value)
            for name, value in (self._entries(section) or {}).items():
                keys: tuple[str, ...] = (where, name)
                if isinstance(value, dict):
                    keys = (*keys, _spelling(value, TEXT_OF_ENTRY))
                    value = value.get(keys[-1])
                if value is None or not name:
                    yield keys, None
                else:
                    yield keys, value if isinstance(value, str) else self._edit.document.text_of(keys)

    def _entries(self, section: Section) -> dict[str, object] | None:
        where = self._spelling(section.value)
        entries = self._edit.value.get(where)
        if entries is not None and not isinstance(entries, dict):
            raise self._edit.document.error("This must be an object.", (where,))
        return entries

    def _spelling(self, name: str) -> str:
        return _spelling(self._edit.value, name)

    def _elsewhere(self, name: str, section: Section) -> str:
        other = Section.VALUES if section is Section.CONNECTION_STRINGS else Section.CONNECTION_STRINGS
        if name in (self._entries(other) or {}):
            return f"It is in {other.value}: {'leave out' if other is Section.VALUES else 'add'} --connectionString."
        near = next((own for own in self._entries(section) or {} if own.lower() == name.lower()), None)
        return f"Did you mean '{near}'?" if near else "'func settings list' shows what is there."


def check_setting(name: str, value: str) -> None:
    """Raise UsageError unless an environment variable can have this name and value."""
    if not name.strip() or "=" in name or not name.isprintable():
        raise UsageError(f"{name!r} cannot be the name of a setting: it is a text without '='.")
    try:
        (name + value).encode()
    except UnicodeEncodeError:
        raise UsageError(f"The value of {name!r} is not UTF-8 text.") from None
    if "\0" in value:
        raise UsageError(f"The value of {name!r} holds a NUL, and no environment variable can.")


def _spelling(content: Mapping[str, object], name: str) -> str:
    """Return a property's name as it stands in the file; case does not count."""
    return next((own for own in content if own.lower() == name.lower()), name)
