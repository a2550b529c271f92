"""Vault: encrypts secrets at rest with a key in a file of its own."""

from __future__ import annotations

from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken

from funchost.app.durable_file import replace_durably
from funchost.errors import FuncHostError


class Vault:
    """Seals and opens secrets.

    Args:
        key: of Fernet (AES-128-CBC with HMAC-SHA-256), 32 bytes in URL-safe Base64.
        path: where the key is from, for messages.
    """

    def __init__(self, key: bytes, path: Path) -> None:
        self._path = path
        try:
            self._fernet = Fernet(key)
        except ValueError as error:
            raise FuncHostError(
                f"{path}: this is not the key that a server encrypts its secrets with.", hint=_BRING_BACK
            ) from error

    @classmethod
    def open(cls, path: Path, *, may_create: bool) -> Vault:
        """Read the key, or make it if it is missing and nothing was encrypted yet. Blocks.

        Raises:
            FuncHostError: there is none although there should be, or the file is no key; nothing is changed.
        """
        try:
            return cls(path.read_bytes().strip(), path)
        except FileNotFoundError:
            if not may_create:
                raise FuncHostError(
                    f"{path}: the key that the secrets of this data directory are encrypted with is missing.",
                    hint=_BRING_BACK,
                ) from None
        except OSError as error:
            raise FuncHostError(f"{path}: the key cannot be read: {error.strerror}") from error
        key = Fernet.generate_key()
        _write(path, key)
        return cls(key, path)

    def seal(self, content: bytes) -> bytes:
        return self._fernet.encrypt(content)

    def unseal(self, sealed: bytes) -> bytes:
        """Return what was sealed.

        Raises:
            FuncHostError: it was sealed with another key, or is damaged.
        """
        try:
            return self._fernet.decrypt(sealed)
        except InvalidToken:
            raise FuncHostError(
                f"{self._path}: the secrets of this data directory are encrypted with another key than this one.",
                hint=_BRING_BACK,
            ) from None


_BRING_BACK = (
    "Bring back the file from a backup. Without it the settings, keys and storage accounts of all apps are lost: then"
    " start with an empty data directory and publish the apps again."
)


def _write(path: Path, key: bytes) -> None:
    """Write the key; it must be on disk before anything is encrypted with it."""
    try:
        replace_durably(path, key + b"\n")
    except OSError as error:
        raise FuncHostError(f"{path}: the key cannot be written: {error.strerror}") from error
