"""Accounts of a store: their names and keys, and what is set for a service as a whole."""

from __future__ import annotations

import base64
import binascii
import re
import secrets
import sqlite3
from typing import NamedTuple

from funchost.errors import StorageError
from funchost.storage.embedded import account_keys
from funchost.storage.embedded.account_keys import KeySeal
from funchost.storage.embedded.engine import Engine
from funchost.storage.endpoints import DEVELOPMENT_ACCOUNT, DEVELOPMENT_KEY

KEY_BYTES = 64
NAME_RULE = "3 to 24 lower-case letters and digits"

_NAME = re.compile("[a-z0-9]{3,24}")
_DEVELOPMENT_KEY = base64.b64decode(DEVELOPMENT_KEY)


class AccountRow(NamedTuple):
    """One account; `key` is decoded, and empty where it is sealed and cannot be read."""

    name: str
    key: bytes


class Accounts:
    """The accounts of one store.

    Args:
        engine: the open store.
        development: whether the development account is there, with its well-known key.
        seal: with which keys are sealed in the file, None = they stand there as they are.
    """

    def __init__(self, engine: Engine, *, development: bool = True, seal: KeySeal | None = None) -> None:
        self._engine = engine
        self._seal = seal
        self._fixed = {DEVELOPMENT_ACCOUNT: _DEVELOPMENT_KEY} if development else {}
        self._keys = dict(self._fixed)
        """Keys that were asked for; they cannot be changed, and whoever removes an account does it through the one
        Accounts of the store that is served."""

    async def key(self, name: str) -> bytes | None:
        """Return an account's key, None if there is no such account, or if its key is sealed and cannot be read."""
        known = self._keys.get(name)
        if known is None:
            content = await self._content(name)
            known = None if content is None else account_keys.read(content, self._seal)
            if known is not None:
                self._keys[name] = known
        return known

    async def proves(self, name: str, key: bytes) -> bool:
        """Return whether there is an account of that name with that key, also where it is sealed."""
        known = self._keys.get(name)
        content = await self._content(name) if known is None else known
        return content is not None and account_keys.is_key(content, key)

    async def _content(self, name: str) -> bytes | None:
        return await self._engine.read(lambda connection: _find(connection, name)) if _NAME.fullmatch(name) else None

    def known_key(self, name: str) -> bytes | None:
        """Return an account's key if it was asked for before, without a look into the store."""
        return self._keys.get(name)

    async def list(self) -> tuple[AccountRow, ...]:
        """Return all accounts by name."""
        found = await self._engine.read(_all)
        rows = [AccountRow(name, account_keys.read(content, self._seal) or b"") for name, content in found]
        return tuple(sorted([*(AccountRow(*fixed) for fixed in self._fixed.items()), *rows]))

    async def create(self, name: str, key: bytes | None = None) -> AccountRow:
        """Add an account; without a key it gets a random one.

        Raises:
            StorageError: ResourceAlreadyExists, InvalidResourceName.
        """
        if not _NAME.fullmatch(name):
            raise StorageError("InvalidResourceName", f"{name!r} cannot name an account; it needs {NAME_RULE}.", 400)
        row = AccountRow(name, key or secrets.token_bytes(KEY_BYTES))
        if name in self._keys:
            raise _exists(name)
        now = self._engine.now()
        content = account_keys.written(row.key, self._seal)
        await self._engine.write(lambda connection: _insert(connection, name, content, now))
        return row

    async def remove(self, name: str) -> None:
        """Remove an account's name, key and settings; what it holds is the store's to remove. Idempotent."""
        await self._engine.write(lambda connection: _remove(connection, name))
        self._keys.pop(name, None)

    async def properties(self, account: str, service: str) -> bytes | None:
        """Return the document that was set for a service, None if none was."""
        sql = "SELECT document FROM service_properties WHERE account = ? AND service = ?"
        return await self._engine.read(lambda connection: _document(connection, sql, (account, service)))

    async def set_properties(self, account: str, service: str, document: bytes) -> None:
        """Replace the document of a service."""
        sql = "INSERT OR REPLACE INTO service_properties (account, service, document) VALUES (?, ?, ?)"
        await self._engine.write(lambda connection: _run(connection, sql, (account, service, document)))

    async def queue_policies(self, account: str, queue: str) -> bytes | None:
        """Return the ACL document of a queue, None if none was set."""
        sql = "SELECT document FROM queue_policies WHERE account = ? AND queue = ?"
        return await self._engine.read(lambda connection: _document(connection, sql, (account, queue)))

    async def set_queue_policies(self, account: str, queue: str, document: bytes | None) -> None:
        """Replace the ACL document of a queue; None = it has none."""
        remove = "DELETE FROM queue_policies WHERE account = ? AND queue = ?"
        insert = "INSERT OR REPLACE INTO queue_policies (account, queue, document) VALUES (?, ?, ?)"
        if document is None:
            await self._engine.write(lambda connection: _run(connection, remove, (account, queue)))
        else:
            await self._engine.write(lambda connection: _run(connection, insert, (account, queue, document)))


def decode_key(text: str) -> bytes:
    """Return a key given as Base64 text.

    Raises:
        ValueError: it is none, or shorter than 16 bytes.
    """
    try:
        key = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError("not Base64 text") from error
    if len(key) < 16:
        raise ValueError("shorter than 16 bytes")
    return key


def _find(connection: sqlite3.Connection, name: str) -> bytes | None:
    row: tuple[bytes] | None = connection.execute("SELECT key FROM accounts WHERE account = ?", (name,)).fetchone()
    return None if row is None else row[0]


def _all(connection: sqlite3.Connection) -> list[tuple[str, bytes]]:
    return connection.execute("SELECT account, key FROM accounts").fetchall()


def _insert(connection: sqlite3.Connection, name: str, content: bytes, now: int) -> None:
    try:
        connection.execute("INSERT INTO accounts (account, key, created) VALUES (?, ?, ?)", (name, content, now))
    except sqlite3.IntegrityError as error:
        raise _exists(name) from error


def _remove(connection: sqlite3.Connection, name: str) -> None:
    for table in ("accounts", "service_properties", "queue_policies"):
        connection.execute(f"DELETE FROM {table} WHERE account = ?", (name,))  # noqa: S608 - the names stand above


def _document(connection: sqlite3.Connection, sql: str, keys: tuple[str, str]) -> bytes | None:
    row: tuple[bytes] | None = connection.execute(sql, keys).fetchone()
    return None if row is None else row[0]


def _run(connection: sqlite3.Connection, sql: str, values: tuple[object, ...]) -> None:
    connection.execute(sql, values)


def _exists(name: str) -> StorageError:
    return StorageError("ResourceAlreadyExists", f"There is an account called {name!r} already.", 409)
