"""How the client proves itself to a store that checks, and what it says when that fails."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest
from azure.storage.blob import AccountSasPermissions, ResourceTypes, generate_account_sas

from funchost.errors import StorageError, StorageUnavailableError
from funchost.http.server import HttpServer
from funchost.settings import SettingNames
from funchost.storage.account import StorageAccount
from funchost.storage.connections import resolve_connection
from funchost.storage.credentials import AccountKey, Identity
from funchost.storage.embedded.store import EmbeddedStore
from funchost.storage.endpoints import DEVELOPMENT_ACCOUNT, DEVELOPMENT_KEY, SERVICES
from funchost.storage.remote.account import open_remote_account
from funchost.storage.remote.authorization import authorization_for
from funchost.storage.remote.identity import open_tokens
from funchost.storage.remote.service import Limits, ServiceClient
from funchost.storage.server.front import StorageFront
from funchost.storage.tables import Operation, Write
from tests.azurite import azurite, connection_string

__all__ = ["azurite"]


@asynccontextmanager
async def front(folder: Path) -> AsyncIterator[str]:
    """The connection string of a store's front."""
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
        yield connection_string(*ports)


def on_a_front(folder: Path, scenario: Callable[[str], Awaitable[None]]) -> None:
    """Runs a scenario with a front's connection string."""

    async def run() -> None:
        async with front(folder) as text:
            await asyncio.wait_for(scenario(text), 30)

    asyncio.run(run())


@asynccontextmanager
async def opened(text: str) -> AsyncIterator[StorageAccount]:
    """The account of a connection string."""
    account = open_remote_account(resolve_connection(SettingNames({"AzureWebJobsOrders": text}), "Orders"))
    try:
        yield account
    finally:
        await account.close()


def with_signature(text: str) -> str:
    """A connection string that has a signature over all three services in place of the key."""
    token = generate_account_sas(
        DEVELOPMENT_ACCOUNT,
        DEVELOPMENT_KEY,
        ResourceTypes(service=True, container=True, object=True),
        AccountSasPermissions(
            read=True, write=True, delete=True, list=True, add=True, create=True, update=True, process=True
        ),
        datetime.now(UTC) + timedelta(hours=1),
        services="bqt",
    )
    parts = [part for part in text.split(";") if not part.startswith("AccountKey=")]
    return ";".join([*parts, f"SharedAccessSignature={token}"])


async def _use_all_services(text: str) -> None:
    async with opened(with_signature(text)) as account:
        await account.blobs.create_container("signed")
        await account.blobs.put("signed", "a b", b"content", metadata={"a": "1"})
        assert (await account.blobs.get("signed", "a b")).body == b"content"
        await account.queues.create("signed")
        put = await account.queues.put("signed", "x")
        await account.queues.delete_message("signed", put.id, put.pop_receipt)
        await account.tables.create_table("signed")
        row = {"PartitionKey": "it's", "RowKey": "r 1"}
        await account.tables.batch("signed", [Operation(Write.INSERT, row)])
        assert len((await account.tables.query("signed", "RowKey eq 'r 1'")).entities) == 1


def test_a_shared_access_signature_opens_every_service_of_a_front(tmp_path: Path) -> None:
    on_a_front(tmp_path, _use_all_services)


def test_a_shared_access_signature_opens_every_service_of_azurite(azurite: str) -> None:
    asyncio.run(_use_all_services(azurite))


def test_a_wrong_key_is_refused_with_the_name_of_the_setting(tmp_path: Path) -> None:
    async def scenario(text: str) -> None:
        async with opened(text.replace(DEVELOPMENT_KEY, "d3Jvbmcga2V5")) as account:
            for call in (account.blobs.list_containers(), account.queues.list_queues(), account.tables.list_tables()):
                with pytest.raises(StorageError) as caught:
                    await call
                assert (caught.value.code, caught.value.status) == ("AuthenticationFailed", 403)
                assert "AzureWebJobsOrders" in (caught.value.hint or "")
                assert "d3Jvbmcga2V5" not in f"{caught.value} {caught.value.hint}"

    on_a_front(tmp_path, scenario)


@pytest.mark.parametrize(("hours", "words"), [(1, "60 minutes ahead of"), (-1, "60 minutes behind")])
def test_a_wrong_clock_is_told(tmp_path: Path, hours: int, words: str) -> None:
    async def scenario(text: str) -> None:
        connection = resolve_connection(SettingNames({"AzureWebJobsStorage": text}), None)
        assert isinstance(connection.credential, AccountKey)
        url = connection.endpoints.queue
        async with aiohttp.ClientSession(skip_auto_headers=("Content-Type",)) as session:
            client = ServiceClient(
                session,
                url,
                authorization_for(connection.credential, "queue", url, None),
                "2021-12-02",
                connection.setting,
                Limits(),
                clock=lambda: time.time() + hours * 3600,
            )
            with pytest.raises(StorageError) as caught:
                await client.call("GET", "/", {"comp": "list"})
        assert caught.value.status == 403
        assert words in (caught.value.hint or "")

    on_a_front(tmp_path, scenario)


def test_a_service_that_the_connection_does_not_name_says_so() -> None:
    async def scenario() -> None:
        async with opened("BlobEndpoint=https://shop.blob.core.windows.net;SharedAccessSignature=sig=x") as account:
            with pytest.raises(StorageError) as caught:
                await account.queues.list_queues()
            assert caught.value.code == "EndpointMissing"
            assert "AzureWebJobsOrders" in str(caught.value)

    asyncio.run(scenario())


@pytest.mark.parametrize(
    "identity",
    [
        Identity(),
        Identity(client_id="c"),
        Identity(managed=True),
        Identity(managed=True, client_id="c"),
        Identity(managed=True, resource_id="/subscriptions/s"),
        Identity(client_id="c", tenant_id="00000000-0000-0000-0000-000000000000", client_secret="s"),
    ],
)
def test_every_kind_of_identity_has_its_credential(identity: Identity) -> None:
    pytest.importorskip("azure.identity.aio")

    async def scenario() -> None:
        await open_tokens(identity, "Orders").close()

    asyncio.run(scenario())


def test_an_identity_without_its_package_says_what_to_install() -> None:
    program = """
import sys
sys.modules["azure.identity"] = None
from funchost.errors import SettingError
from funchost.storage.credentials import Identity
from funchost.storage.remote.identity import open_tokens
try:
    open_tokens(Identity(), "Orders")
except SettingError as error:
    print(error, error.hint)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert "Orders: an identity-based connection needs the package azure-identity" in done.stdout
    assert 'pip install "funchost[identity]"' in done.stdout


def test_an_account_name_that_makes_no_host_name_is_a_store_that_cannot_be_reached() -> None:
    async def scenario() -> None:
        async with opened(f"DefaultEndpointsProtocol=https;AccountName=x..;AccountKey={DEVELOPMENT_KEY}") as store:
            with pytest.raises(StorageUnavailableError):
                await store.queues.properties("orders")

    asyncio.run(scenario())
