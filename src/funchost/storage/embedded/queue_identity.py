"""Ids and pop receipts of messages, as clients see them."""

from __future__ import annotations

import os
from base64 import b64decode, b64encode

_WORD = 1 << 64
_FACTOR = 0x9E3779B97F4A7C15
_INVERSE = pow(_FACTOR, -1, _WORD)
_DIGITS = 36


def random_word() -> int:
    """Return a random integer that fits into a column, never 0."""
    return int.from_bytes(os.urandom(8), "big", signed=True) or 1


def message_id(nonce: int, sequence: int) -> str:
    """Return the GUID of a message; it tells the row to whoever knows how, so that no index of ids is needed."""
    high = nonce % _WORD
    text = f"{high:016x}{high ^ (sequence * _FACTOR % _WORD):016x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def row_of(identifier: str) -> tuple[int, int]:
    """Return nonce and sequence of the message with that GUID; (0, 0), which no message has, if it is none."""
    try:
        number = int(identifier.replace("-", ""), 16) if len(identifier) == _DIGITS else 0
    except ValueError:
        return 0, 0
    high, low = divmod(number, _WORD)
    sequence = (high ^ low) * _INVERSE % _WORD
    if not 0 < sequence < _WORD >> 1:
        return 0, 0
    return (high - _WORD if high >> 63 else high), sequence


def receipt_text(receipt: int) -> str:
    return b64encode(receipt.to_bytes(8, "big", signed=True)).decode()


def receipt_number(text: str) -> int:
    """Return the number in a pop receipt; 0, which no message has, if there is none."""
    try:
        return int.from_bytes(b64decode(text, validate=True), "big", signed=True)
    except ValueError:
        return 0
