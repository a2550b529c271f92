"""The stores that the contract tests run on, and `contract`, which makes a test of an async function.

Each test gets an open account and a name of its own for a container, queue or table; what it left under that name goes
away after it, since one of the stores may be a real account.
"""

from __future__ import annotations

import asyncio
import functools
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from funchost.errors import StorageError
from funchost.http.server import HttpServer
from funchost.settings import SettingNames
from funchost.storage.account import StorageAccount
from funchost.storage.connections import resolve_connection
from funchost.storage.embedded.store import EmbeddedStore
from funchost.storage.endpoints import DEVELOPMENT_ACCOUNT, SERVICES
from funchost.storage.remote.account import open_remote_account
from funchost.storage.server.front import StorageFront
from tests.azurite import connection_string

AZURE_SETTING = "FUNCHOST_TEST_AZURE_STORAGE"
"""Environment variable with the connection string of a real account; the tests leave nothing in it."""

Scenario = Callable[[StorageAccount, str], Awaitable[None]]


@dataclass(frozen=True)
class Store:
    """One implementation; `open` gives its account inside a running loop."""

    name: str
    open: Callable[[], AbstractAsyncContextManager[StorageAccount]]


def contract(**deviations: str) -> Callable[[Scenario], Callable[[Store], None]]:
    """Makes a test of `async def test(account, name)` that runs on every store.

    Args:
        deviations: store name -> why it fails there. It must fail then.
    """

    def decorate(scenario: Scenario) -> Callable[[Store], None]:
        @functools.wraps(scenario)
        def test(store: Store) -> None:
            reason = deviations.get(store.name)
            try:
                asyncio.run(_run(store, scenario))
            except (Exception, pytest.fail.Exception):
                if reason is None:
                    raise
                pytest.xfail(reason)
            assert reason is None, f"no longer deviates: {reason}"

        del test.__wrapped__  # pytest would look for the scenario's parameters as fixtures
        test.__annotations__ = {"store": Store, "return": None}
        return test

    return decorate


def embedded(folder: Path) -> Store:
    """The embedded store, in this process."""

    @asynccontextmanager
    async def open_account() -> AsyncIterator[StorageAccount]:
        store = await EmbeddedStore.open(folder)
        try:
            yield store.account(DEVELOPMENT_ACCOUNT)
        finally:
            await store.close()

    return Store("embedded", open_account)


def front(folder: Path) -> Store:
    """The embedded store behind its REST front, through the client."""

    @asynccontextmanager
    async def open_account() -> AsyncIterator[StorageAccount]:
        async with AsyncExitStack() as stack:
            store = await EmbeddedStore.open(folder)
            stack.push_async_callback(store.close)
            ports = []
            for service in SERVICES:
                server = HttpServer(StorageFront(store, service), "127.0.0.1", 0)
                server.bind()
                await server.start()
                stack.push_async_callback(server.stop)
                ports.append(server.port)
            yield await stack.enter_async_context(remote_account(connection_string(*ports)))

    return Store("front", open_account)


def remote(name: str, text: str) -> Store:
    """Whatever a connection string leads to, through the client."""
    return Store(name, lambda: remote_account(text))


@asynccontextmanager
async def remote_account(text: str) -> AsyncIterator[StorageAccount]:
    """The account of a connection string, open over HTTP."""
    account = open_remote_account(resolve_connection(SettingNames({"AzureWebJobsStorage": text}), None))
    try:
        yield account
    finally:
        await account.close()


async def _run(store: Store, scenario: Scenario) -> None:
    name = f"t{uuid.uuid4().hex[:20]}"
    async with store.open() as account:
        try:
            await asyncio.wait_for(scenario(account, name), 60)
        finally:
            for remove in (account.blobs.delete_container, account.queues.delete, account.tables.delete_table):
                with suppress(StorageError):
                    await remove(name)
