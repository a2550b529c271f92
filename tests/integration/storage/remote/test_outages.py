"""The client while storage is slow, away, busy or cut off: every call ends in time, and works again after it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from funchost.errors import StorageError, StorageUnavailableError
from funchost.http.server import HttpServer
from funchost.settings import SettingNames
from funchost.storage.account import StorageAccount
from funchost.storage.blobs import Conditions
from funchost.storage.connections import resolve_connection
from funchost.storage.embedded.store import EmbeddedStore
from funchost.storage.endpoints import DEVELOPMENT_ACCOUNT, SERVICES
from funchost.storage.remote.account import open_remote_account
from funchost.storage.remote.failure import UNSURE
from funchost.storage.remote.service import Limits
from funchost.storage.server.front import StorageFront
from funchost.storage.tables import Operation, Write
from tests.azurite import connection_string
from tests.integration.storage.remote.fault_proxy import Answer, FaultProxy, Hang, Reset, Slow, fault_proxy

REQUEST_SECONDS = 1.5
"""That a request may take: as short as a busy machine allows, for that is what silent storage costs each attempt."""

BOUND = 30.0
"""Seconds within which a call must have ended here: three attempts and their pauses, on a busy machine."""

MIB = 1024 * 1024
BUSY = Answer(503, "x-ms-error-code: ServerBusy\r\n")
BROKEN = Answer(500, "x-ms-error-code: InternalError\r\n")


@dataclass
class Rig:
    """A store, and an account that reaches it through three proxies; `direct` is the same account without them."""

    account: StorageAccount
    direct: StorageAccount
    blob: FaultProxy
    queue: FaultProxy
    table: FaultProxy

    @property
    def proxies(self) -> tuple[FaultProxy, ...]:
        return self.blob, self.queue, self.table


@asynccontextmanager
async def rig(folder: Path) -> AsyncIterator[Rig]:
    """A rig whose store has a container, queue and table called `items`, and a blob `a`."""
    async with AsyncExitStack() as stack:
        store = await EmbeddedStore.open(folder)
        stack.push_async_callback(store.close)
        proxies = []
        for service in SERVICES:
            server = HttpServer(StorageFront(store, service), "127.0.0.1", 0)
            server.bind()
            await server.start()
            stack.push_async_callback(server.stop)
            proxies.append(await stack.enter_async_context(fault_proxy(server.port)))
        text = connection_string(*(proxy.port for proxy in proxies))
        connection = resolve_connection(SettingNames({"AzureWebJobsStorage": text}), None)
        account = open_remote_account(connection, limits=Limits(REQUEST_SECONDS, REQUEST_SECONDS))
        stack.push_async_callback(account.close)
        direct = store.account(DEVELOPMENT_ACCOUNT)
        await direct.blobs.create_container("items")
        await direct.blobs.put("items", "a", b"content")
        await direct.queues.create("items")
        await direct.tables.create_table("items")
        yield Rig(account, direct, *proxies)


def on_a_rig(scenario: Callable[[Rig], Awaitable[None]]) -> Callable[[Path], None]:
    """Makes a test of an async function that takes a rig."""

    def test(tmp_path: Path) -> None:
        async def run() -> None:
            async with rig(tmp_path) as made:
                await asyncio.wait_for(scenario(made), 60)

        asyncio.run(run())

    test.__name__ = scenario.__name__
    test.__doc__ = scenario.__doc__
    return test


def calls(account: StorageAccount) -> dict[str, Callable[[], Awaitable[object]]]:
    """One call of every kind; all of them succeed on a rig's account, in this order."""
    blobs, queues, tables = account.blobs, account.queues, account.tables
    row = {"PartitionKey": "p", "RowKey": "r"}
    return {
        "create container": lambda: blobs.create_container("items"),
        "container properties": lambda: blobs.container_properties("items"),
        "list containers": lambda: blobs.list_containers(),
        "put blob": lambda: blobs.put("items", "b", b"x"),
        "put blob if new": lambda: blobs.put("items", "c", b"x", conditions=Conditions(if_none_match="*")),
        "get blob": lambda: blobs.get("items", "a"),
        "blob properties": lambda: blobs.properties("items", "a"),
        "set metadata": lambda: blobs.set_metadata("items", "a", {}),
        "list blobs": lambda: blobs.list_blobs("items"),
        "acquire lease": lambda: blobs.acquire_lease("items", "b", 15, "8a9b3b5e-1f0e-4c43-9c55-3f4f8d8f9a01"),
        "renew lease": lambda: blobs.renew_lease("items", "b", "8a9b3b5e-1f0e-4c43-9c55-3f4f8d8f9a01"),
        "break lease": lambda: blobs.break_lease("items", "b", 0),
        "delete blob": lambda: blobs.delete("items", "c"),
        "create queue": lambda: queues.create("items"),
        "queue properties": lambda: queues.properties("items"),
        "list queues": lambda: queues.list_queues(),
        "put message": lambda: queues.put("items", "x"),
        "peek": lambda: queues.peek("items"),
        "get message": lambda: queues.get("items"),
        "clear": lambda: queues.clear("items"),
        "create table": lambda: tables.create_table("items"),
        "list tables": lambda: tables.list_tables(),
        "upsert": lambda: tables.write("items", Operation(Write.UPSERT_MERGE, row)),
        "get entity": lambda: tables.get("items", "p", "r"),
        "query": lambda: tables.query("items"),
        "batch": lambda: tables.batch("items", [Operation(Write.UPSERT_MERGE, row)]),
        "delete entity": lambda: tables.write("items", Operation(Write.DELETE, row)),
    }


async def each_fails_in_time(account: StorageAccount) -> None:
    """Makes every kind of call at once: each must end in time as unavailable."""

    async def fails(name: str, call: Callable[[], Awaitable[object]]) -> None:
        started = time.monotonic()
        with pytest.raises(StorageUnavailableError):
            await call()
        assert time.monotonic() - started < BOUND, name

    await asyncio.gather(*(fails(name, call) for name, call in calls(account).items()))


async def each_works(account: StorageAccount) -> None:
    """Makes every kind of call in turn."""
    for call in calls(account).values():
        await call()


@on_a_rig
async def test_every_call_ends_in_time_while_storage_is_stopped_and_works_after_it(rig: Rig) -> None:
    await each_works(rig.account)
    await rig.direct.blobs.put("items", "b", b"")
    for proxy in rig.proxies:
        await proxy.close()
    await each_fails_in_time(rig.account)
    for proxy in rig.proxies:
        await proxy.listen()
    await each_works(rig.account)


@on_a_rig
async def test_every_call_ends_in_time_while_storage_is_silent_and_works_after_it(rig: Rig) -> None:
    for proxy in rig.proxies:
        proxy.always = Hang()
    await each_fails_in_time(rig.account)
    for proxy in rig.proxies:
        proxy.always = None
    await each_works(rig.account)


@pytest.mark.parametrize(
    "fault",
    [
        BUSY,
        BROKEN,
        Answer(429, "Retry-After: 0\r\n"),
        Answer(408),
        Answer(502, "", "<html>"),
        Answer(200, "", "<html>please log in</html>"),
        Answer(302, "Location: https://login.example\r\n"),
        Answer(404, "", "<html>another server</html>"),
    ],
)
def test_every_call_ends_in_time_while_storage_has_faults_and_works_after_them(tmp_path: Path, fault: Answer) -> None:
    async def scenario() -> None:
        async with rig(tmp_path) as made:
            for proxy in made.proxies:
                proxy.always = fault
            await each_fails_in_time(made.account)
            for proxy in made.proxies:
                proxy.always = None
            await each_works(made.account)

    asyncio.run(scenario())


@on_a_rig
async def test_every_call_ends_in_time_while_connections_are_cut_and_works_after_it(rig: Rig) -> None:
    for proxy in rig.proxies:
        proxy.always = Reset(after=20, ask=False)
    await each_fails_in_time(rig.account)
    for proxy in rig.proxies:
        proxy.always = None
    await each_works(rig.account)


@on_a_rig
async def test_slow_answers_are_waited_for(rig: Rig) -> None:
    for proxy in rig.proxies:
        proxy.always = Slow(0.1)
    await each_works(rig.account)


@on_a_rig
async def test_calls_that_can_be_done_twice_outlast_two_faults(rig: Rig) -> None:
    for fault in (BUSY, BROKEN, Reset(after=30), Reset(ask=False), Answer(503, "Retry-After: 0\r\n")):
        rig.blob.faults = [fault, fault]
        assert (await rig.account.blobs.get("items", "a")).body == b"content"
        rig.blob.faults = [fault, fault]
        await rig.account.blobs.put("items", "a", b"content")


@on_a_rig
async def test_a_pause_that_the_service_asks_for_is_kept_if_it_is_short(rig: Rig) -> None:
    rig.queue.always = Answer(503, "Retry-After: 30\r\n")
    started = time.monotonic()
    with pytest.raises(StorageUnavailableError):
        await rig.account.queues.properties("items")
    assert time.monotonic() - started < 30.0
    assert len(rig.queue.requests) == 1


@on_a_rig
async def test_a_message_is_not_put_twice_when_the_answer_is_lost(rig: Rig) -> None:
    for fault in (Reset(), Hang(), BROKEN):
        rig.queue.requests.clear()
        rig.queue.faults = [fault]
        with pytest.raises(StorageUnavailableError) as caught:
            await rig.account.queues.put("items", "once")
        assert caught.value.hint == UNSURE
        assert len(rig.queue.requests) == 1
    assert (await rig.direct.queues.properties("items")).approximate_count == 1  # the one whose answer was reset


@on_a_rig
async def test_a_message_is_put_again_when_the_service_says_that_it_is_busy(rig: Rig) -> None:
    rig.queue.faults = [BUSY, BUSY]
    await rig.account.queues.put("items", "x")
    assert (await rig.direct.queues.properties("items")).approximate_count == 1


@on_a_rig
async def test_messages_are_not_got_twice_over_a_kept_connection_that_breaks(rig: Rig) -> None:
    await rig.account.queues.put("items", "x")
    await rig.account.queues.peek("items")
    rig.queue.requests.clear()
    rig.queue.faults = [Reset()]
    with pytest.raises(StorageUnavailableError):
        await rig.account.queues.get("items")
    assert len(rig.queue.requests) == 1


@on_a_rig
async def test_a_message_whose_deletion_was_not_answered_counts_as_deleted(rig: Rig) -> None:
    put = await rig.account.queues.put("items", "x")
    rig.queue.faults = [Reset()]
    await rig.account.queues.delete_message("items", put.id, put.pop_receipt)
    assert (await rig.direct.queues.properties("items")).approximate_count == 0
    with pytest.raises(StorageError) as caught:
        await rig.account.queues.delete_message("items", put.id, put.pop_receipt)
    assert caught.value.code == "MessageNotFound"


@on_a_rig
async def test_a_conditional_write_whose_answer_was_lost_is_not_repeated(rig: Rig) -> None:
    rig.blob.faults = [Reset()]
    with pytest.raises(StorageUnavailableError) as caught:
        await rig.account.blobs.put("items", "new", b"x", conditions=Conditions(if_none_match="*"))
    assert caught.value.hint == UNSURE
    assert (await rig.direct.blobs.get("items", "new")).body == b"x"


@on_a_rig
async def test_a_lease_is_held_though_the_answer_was_lost(rig: Rig) -> None:
    rig.blob.faults = [Reset(), Reset()]
    lease = await rig.account.blobs.acquire_lease("items", "a", 15)
    await rig.account.blobs.renew_lease("items", "a", lease)


@on_a_rig
async def test_a_long_blob_is_read_across_connections_that_break(rig: Rig) -> None:
    content = bytes(range(256)) * (10 * MIB // 256)
    await rig.direct.blobs.put("items", "long", content)
    account = rig.account
    rig.blob.faults = [None, Reset(after=MIB), None, Reset(after=2 * MIB), Reset(after=10), None]
    read = await account.blobs.get("items", "long")
    assert not isinstance(read.body, bytes)
    assert b"".join([piece async for piece in read.body]) == content


@on_a_rig
async def test_a_long_blob_whose_store_goes_away_breaks_off(rig: Rig) -> None:
    await rig.direct.blobs.put("items", "long", bytes(10 * MIB))
    read = await rig.account.blobs.get("items", "long")
    assert not isinstance(read.body, bytes)
    await rig.blob.close()
    started = time.monotonic()
    with pytest.raises(StorageUnavailableError):
        async for _ in read.body:
            pass
    assert time.monotonic() - started < BOUND
    await rig.blob.listen()
    assert (await rig.account.blobs.properties("items", "long")).size == 10 * MIB


@on_a_rig
async def test_a_long_blob_is_written_across_connections_that_break(rig: Rig) -> None:
    content = bytes(range(256)) * (20 * MIB // 256)
    rig.blob.faults = [Reset(), BROKEN, None, Reset(ask=False), None, BUSY]
    await rig.account.blobs.put("items", "long", content)
    assert (await rig.direct.blobs.properties("items", "long")).size == len(content)
