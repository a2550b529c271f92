"""How the keys of accounts stand in a store's file: as they are, or sealed with a secret that is kept elsewhere.

Beside a sealed key stands its SHA-256: whoever has the key can prove it to a process that cannot read it.
"""

from __future__ import annotations

from hashlib import sha256
from hmac import compare_digest
from typing import Protocol

_MARK = b"\0sealed\0"
_DIGEST = 32


class KeySeal(Protocol):
    """Seals keys and opens them again."""

    def seal(self, content: bytes) -> bytes: ...

    def unseal(self, sealed: bytes) -> bytes:
        """Raises: FuncHostError: it was sealed with another secret."""
        ...


def written(key: bytes, seal: KeySeal | None) -> bytes:
    """Return what the file holds for a key.

    Args:
        seal: None = the key itself.
    """
    return key if seal is None else _MARK + sha256(key).digest() + seal.seal(key)


def read(content: bytes, seal: KeySeal | None) -> bytes | None:
    """Return the key that the file's content stands for; None if it is sealed and `seal` is not there.

    Raises:
        FuncHostError: it was sealed with another secret.
    """
    if not content.startswith(_MARK):
        return content
    return None if seal is None else seal.unseal(content[len(_MARK) + _DIGEST :])


def is_key(content: bytes, key: bytes) -> bool:
    """Return whether the file's content stands for `key`; takes the same time right or wrong."""
    if not content.startswith(_MARK):
        return compare_digest(content, key)
    return compare_digest(content[len(_MARK) : len(_MARK) + _DIGEST], sha256(key).digest())
