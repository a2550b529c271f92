"""Tokens: who may manage the server. Only their SHA-256 is kept; they are random, so that is enough."""

from __future__ import annotations

import hashlib
import re
import secrets
import sqlite3
import time
from collections.abc import Sequence
from hmac import compare_digest
from typing import NamedTuple

from funchost.errors import RefusedError

ADMIN = "admin"
MAX_TOKENS = 200
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)


class Token(NamedTuple):
    """A token, without what it is proven with.

    Args:
        name: e.g. ``admin``.
        digest: SHA-256 of the token.
        created: seconds since 1970.
    """

    name: str
    digest: bytes
    created: float


def read_all(connection: sqlite3.Connection) -> Sequence[Token]:
    return [Token(*row) for row in connection.execute("SELECT name, digest, created FROM tokens ORDER BY created")]


def create(connection: sqlite3.Connection, name: str) -> str:
    """Make a token and return it; it cannot be read again.

    Raises:
        RefusedError: the name cannot be one, or there is one of that name.
    """
    if not _NAME.fullmatch(name):
        raise RefusedError(
            "BadRequest", f"{name[:80]!r} cannot name a token: letters, digits, '.', '_', '-'; 64 at most.", 400
        )
    if connection.execute("SELECT count(*) FROM tokens").fetchone()[0] >= MAX_TOKENS:
        raise RefusedError("Conflict", f"There are {MAX_TOKENS} tokens, the most there may be.", 409)
    if connection.execute("SELECT 1 FROM tokens WHERE name=?", (name,)).fetchone():
        raise RefusedError("Conflict", f"There is a token {name!r} already.", 409, hint="Revoke it first.")
    text = f"fht_{secrets.token_urlsafe(32)}"
    connection.execute("INSERT INTO tokens VALUES (?, ?, ?)", (name, digest(text), time.time()))
    return text


def delete(connection: sqlite3.Connection, name: str) -> bool:
    """Remove a token. Return False if there was none of that name."""
    return connection.execute("DELETE FROM tokens WHERE name=?", (name,)).rowcount > 0


def digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest()


def matching(tokens: Sequence[Token], text: str) -> str | None:
    """Return the name of the token that `text` is; takes as long for a wrong one as for a right one."""
    presented = digest(text)
    found = None
    for token in tokens:
        if compare_digest(token.digest, presented):
            found = token.name
    return found
