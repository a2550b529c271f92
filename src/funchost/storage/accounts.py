"""Accounts: opens each storage account once, whichever way it is reached, and closes them all."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from funchost.storage.account import StorageAccount
from funchost.storage.connections import Connection


class Accounts:
    """The open accounts of one app.

    Args:
        development: opens development storage, whatever that is on this machine; called when it is first asked for.
    """

    def __init__(self, development: Callable[[], Awaitable[StorageAccount]]) -> None:
        self._development = development
        self._open: dict[Connection, StorageAccount] = {}
        self._opening = asyncio.Lock()

    async def account(self, connection: Connection) -> StorageAccount:
        """Return the account, open; equal connections share one. Reaches no service by itself.

        Raises:
            SettingError: the connection cannot be used, e.g. because an optional package is missing.
        """
        found = self._open.get(connection)
        if found is not None:
            return found
        async with self._opening:
            found = self._open.get(connection)
            if found is None:
                found = self._open[connection] = await self._open_account(connection)
            return found

    async def close(self) -> None:
        """Close all accounts; calls under way may fail. Asked for again, an account is opened anew."""
        async with self._opening:
            while self._open:
                _, account = self._open.popitem()
                await account.close()

    async def _open_account(self, connection: Connection) -> StorageAccount:
        if connection.development:
            return await self._development()
        from funchost.storage.remote.account import open_remote_account  # brings aiohttp, which many apps never need

        return open_remote_account(connection)
