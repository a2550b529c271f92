"""Registry: what the server must still know after it was restarted."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from funchost.errors import FuncHostError
from funchost.platform.data_directory import DataDirectory
from funchost.platform.registry import schema, tokens
from funchost.platform.registry.database import Database
from funchost.platform.registry.server_lock import ServerLock
from funchost.platform.registry.tokens import ADMIN, Token
from funchost.platform.registry.transaction import Transaction
from funchost.platform.registry.vault import Vault

T = TypeVar("T")

_CHECK = b"funchost"
"""What is sealed once to recognise the key."""


class Registry:
    """Sites, deployments and tokens in SQLite; see `Registry.open`."""

    def __init__(self, database: Database, lock: ServerLock, vault: Vault) -> None:
        self._database = database
        self._lock = lock
        self._vault = vault
        self._tokens: Sequence[Token] = ()

    @classmethod
    async def open(cls, data: DataDirectory) -> Registry:
        """Take a data directory for this process; it is made if it is missing.

        Raises:
            FuncHostError: another server uses it, it is damaged, of a newer release, its key is missing or another
                one, or it cannot be written. Nothing in it is changed then.
        """
        await asyncio.to_thread(_make_folders, data)
        lock = ServerLock(data.lock)
        await asyncio.to_thread(lock.acquire)
        try:
            database = Database(data.registry)
            vault = await database.open(
                lambda connection: schema.check(connection, data.registry),
                lambda connection: _prepare(connection, data),
            )
            registry = cls(database, lock, vault)
            registry._tokens = await database.change(tokens.read_all)
        except BaseException:
            lock.release()
            raise
        return registry

    @property
    def vault(self) -> Vault:
        """What the secrets of the data directory are sealed with."""
        return self._vault

    async def change(self, work: Callable[[Transaction], T]) -> T:
        """Run `work` on the registry's thread: what it wrote is on disk when this returns, or nothing is.

        Raises:
            RefusedError: the disk is full (507), or what `work` raised.
            FuncHostError: the registry failed otherwise.
        """
        return await self._database.change(lambda connection: work(Transaction(connection, self._vault)))

    async def ensure_admin_token(self) -> str | None:
        """Make the admin token at the first start and return it; None if there are tokens already."""
        return None if self._tokens else await self.create_token(ADMIN)

    async def create_token(self, name: str) -> str:
        """Make a token and return it; it cannot be read again.

        Raises:
            RefusedError: the name cannot be one (400), or there is one of that name (409).
        """

        def work(connection: sqlite3.Connection) -> tuple[str, Sequence[Token]]:
            return tokens.create(connection, name), tokens.read_all(connection)

        text, self._tokens = await self._database.change(work)
        return text

    async def delete_token(self, name: str) -> bool:
        """Revoke a token at once. Return False if there was none of that name."""

        def work(connection: sqlite3.Connection) -> tuple[bool, Sequence[Token]]:
            return tokens.delete(connection, name), tokens.read_all(connection)

        found, self._tokens = await self._database.change(work)
        return found

    def tokens(self) -> Sequence[Token]:
        """Return all tokens, the oldest first."""
        return self._tokens

    def verify_token(self, text: str) -> bool:
        """Return whether `text` is one of the tokens; takes the same time for each."""
        return self.token_name(text) is not None

    def token_name(self, text: str) -> str | None:
        """Return which token `text` is, None if it is none."""
        return tokens.matching(self._tokens, text)

    async def close(self) -> None:
        """Write out and give the data directory free."""
        await self._database.close()
        self._lock.release()


def _make_folders(data: DataDirectory) -> None:
    try:
        data.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        _check_ours(data)
        if data.root.stat().st_mode & 0o077:
            data.root.chmod(0o700)
        for folder in _folders(data):
            folder.mkdir(exist_ok=True, mode=0o700)
    except OSError as error:
        raise FuncHostError(
            f"{data.root}: the data directory cannot be used: {error.strerror}",
            hint="Make the folder writable for the user that the server runs as, or choose another with --data.",
        ) from error


def _folders(data: DataDirectory) -> tuple[Path, ...]:
    return (
        *(data.packages, data.versions, data.scratch, data.cache),
        *(data.deployments, data.sites, data.storage, data.instances),
    )


def _check_ours(data: DataDirectory) -> None:
    """Raises: FuncHostError: the folder is another user's, holds other things, or server data without a registry."""
    if data.root.stat().st_uid != os.geteuid():
        # Its owner could put in place whatever is read from there, the key of all secrets among it.
        raise FuncHostError(
            f"{data.root}: this folder belongs to another user than the one that the server runs as.",
            hint="Choose a new folder with --data, or make this one the server's with chown.",
        )
    if data.registry.exists():
        return
    ours = {path.name for path in (*_folders(data), data.lock, data.secret, data.certificate)} | {"lost+found"}
    others = sorted(path.name for path in data.root.iterdir() if path.name not in ours)
    if others:
        raise FuncHostError(
            f"{data.root}: this is not the data directory of a server: it holds {others[0]!r}.",
            hint="Choose a new or empty folder with --data.",
        )
    for folder in (data.sites, data.versions, data.packages):
        if folder.is_dir() and any(folder.iterdir()):
            raise FuncHostError(
                f"{data.registry}: the registry is missing, although there are {folder.name}.",
                hint="Bring it back from a backup, or choose a new or empty folder with --data.",
            )


def _prepare(connection: sqlite3.Connection, data: DataDirectory) -> Vault:
    schema.prepare(connection)
    row = connection.execute("SELECT value FROM facts WHERE name='key_check'").fetchone()
    vault = Vault.open(data.secret, may_create=row is None)
    if row is None:
        connection.execute("INSERT INTO facts VALUES ('key_check', ?)", (vault.seal(_CHECK),))
    else:
        vault.unseal(row[0])
    return vault
