"""New key values, in the layout by which secret scanners recognise Functions keys.

40 bytes as URL-safe base64 with padding (56 characters): 33 random bytes, the three bytes that read ``AzFu`` in
base64, and a Marvin-32 checksum of all that, seeded by the kind of key. (Rule: the existing host's secret
generator and the published IdentifiableSecrets layout.)
"""

from __future__ import annotations

import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from enum import IntEnum

_SIGNATURE = urlsafe_b64decode("AzFu")
_RANDOM_BYTES = 33
_MASK = 0xFFFFFFFF


class KeyKind(IntEnum):
    """Checksum seeds by kind of key: eight ASCII letters each."""

    MASTER = int.from_bytes(b"Master00", "big")
    SYSTEM = int.from_bytes(b"System00", "big")
    FUNCTION = int.from_bytes(b"Functi00", "big")


def new_key(kind: KeyKind) -> str:
    """Return a fresh random key value."""
    content = secrets.token_bytes(_RANDOM_BYTES) + _SIGNATURE
    return urlsafe_b64encode(content + checksum(content, kind)).decode("ascii")


def checksum(content: bytes, seed: int) -> bytes:
    """Return the Marvin-32 hash of `content`, whose length is a multiple of four, as four little-endian bytes."""
    low, high = seed & _MASK, seed >> 32
    for at in range(0, len(content), 4):
        low = (low + int.from_bytes(content[at : at + 4], "little")) & _MASK
        low, high = _mix(low, high)
    low = (low + 0x80) & _MASK
    low, high = _mix(*_mix(low, high))
    return (low ^ high).to_bytes(4, "little")


def _mix(low: int, high: int) -> tuple[int, int]:
    high ^= low
    low = (_rotate(low, 20) + high) & _MASK
    high = _rotate(high, 9) ^ low
    low = (_rotate(low, 27) + high) & _MASK
    return low, _rotate(high, 19)


def _rotate(value: int, bits: int) -> int:
    return ((value << bits) | (value >> (32 - bits))) & _MASK
