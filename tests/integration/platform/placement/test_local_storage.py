"""The site's own storage account in an instance, and accounts that are not its own."""

from __future__ import annotations

import asyncio
import base64
from pathlib import Path

import pytest

from funchost.errors import StorageError
from funchost.host.shared_store import SharedStore, StorePlace
from funchost.host.storage import HostStorage
from funchost.logs import HostLog, LogFilter
from funchost.platform.site import SiteName
from funchost.platform.storage import account_name
from funchost.settings import SettingNames
from funchost.storage.connections import Connection, resolve_connection
from tests.integration.platform.placement.placing import SECONDS, SHOP, Parts, placing, until
from tests.unit.http.apps import Lines

OTHER = SiteName("other")


async def done(parts: Parts) -> list[str]:
    queues = parts.storage.account(SHOP).queues
    if "done" not in await queues.list_queues():
        return []
    return [base64.b64decode(message.text).decode() for message in await queues.get("done", 32)]


async def until_done(parts: Parts, text: str) -> None:
    async with asyncio.timeout(SECONDS):
        while text not in await done(parts):
            await asyncio.sleep(0.05)


async def put(parts: Parts, text: str) -> None:
    queues = parts.storage.account(SHOP).queues
    await queues.create("work")
    await queues.put("work", base64.b64encode(text.encode()).decode())


async def test_an_instance_takes_messages_once_it_is_told_to_listen(tmp_path: Path) -> None:
    async with placing(tmp_path) as parts:
        await put(parts, "early")
        instance = await parts.ready(await parts.revision(), listening=False)
        await asyncio.sleep(0)
        assert await done(parts) == []
        await parts.placement.listen(instance.id)
        await parts.placement.listen(instance.id)
        await until_done(parts, "early done")
        await put(parts, "late")
        await until_done(parts, "late done")


async def test_an_instance_that_is_told_to_listen_before_it_is_ready_listens_then(tmp_path: Path) -> None:
    async with placing(tmp_path) as parts:
        await put(parts, "early")
        starting = asyncio.ensure_future(parts.placement.ensure(await parts.revision(), 1, listening=False))
        await asyncio.sleep(0)
        await parts.placement.listen(parts.placement.list()[0].id)
        await starting
        await until_done(parts, "early done")
        (other,) = await parts.placement.ensure(await parts.revision(number=2), 1, listening=False)
        await parts.placement.listen(other.id)
        await parts.placement.drain(parts.placement.list()[0].id, SECONDS)
        await put(parts, "late")
        await until_done(parts, "late done")


async def test_a_drained_instance_takes_no_more_messages(tmp_path: Path) -> None:
    async with placing(tmp_path) as parts:
        instance = await parts.ready(await parts.revision(), listening=True)
        await put(parts, "one")
        await until_done(parts, "one done")
        await parts.placement.drain(instance.id, SECONDS)
        await put(parts, "two")
        assert [message.text for message in await parts.storage.account(SHOP).queues.get("work")] != []


def connection(parts: Parts, site: SiteName, key: str) -> Connection:
    text = parts.storage.connection_string(site, key)
    return resolve_connection(SettingNames({"AzureWebJobsStorage": text}), None)


async def test_connections_into_the_servers_store_are_opened_in_process_if_the_key_is_right(tmp_path: Path) -> None:
    async with placing(tmp_path) as parts:
        await parts.revision(SHOP)
        await parts.revision(OTHER)
        shared = SharedStore(StorePlace(parts.storage.folder, parts.storage.ports))
        storage = HostStorage(tmp_path / "unused", None, HostLog(Lines(), LogFilter({})), shared)
        try:
            own = await storage.account(connection(parts, SHOP, parts.keys[SHOP]))
            assert (own.embedded, own.name) == (True, account_name(SHOP))
            wrong = await storage.account(connection(parts, OTHER, parts.keys[SHOP]))
            assert not wrong.embedded
            with pytest.raises(StorageError) as refused:
                await wrong.queues.list_queues()
            assert refused.value.status == 403
        finally:
            await storage.close()


async def test_a_message_of_another_process_wakes_the_account_that_is_open_here(tmp_path: Path) -> None:
    async with placing(tmp_path) as parts:
        await parts.revision(SHOP)
        shared = SharedStore(StorePlace(parts.storage.folder, parts.storage.ports))
        try:
            account = await shared.account(connection(parts, SHOP, parts.keys[SHOP]))
            assert account is not None
            await account.queues.create("work")
            woken: list[bool] = []
            stop = account.queues.watch("work", lambda: woken.append(True))
            await put(parts, "hello")
            await until(lambda: woken)
            stop()
        finally:
            await shared.close()


async def test_accounts_go_with_all_they_hold_and_come_back_empty_with_another_key(tmp_path: Path) -> None:
    async with placing(tmp_path) as parts:
        first = await parts.storage.create_account(SHOP)
        account = parts.storage.account(SHOP)
        await put(parts, "left")
        await account.blobs.create_container("left")
        await account.tables.create_table("left")
        over_http = HostStorage(tmp_path / "unused", None, HostLog(Lines(), LogFilter({})))
        try:
            client = await over_http.account(connection(parts, SHOP, first))
            assert await client.queues.list_queues() == ("work",)
            await parts.storage.delete_account(SHOP)
            with pytest.raises(StorageError):
                await client.queues.list_queues()
            second = await parts.storage.create_account(SHOP)
            assert second != first
            client = await over_http.account(connection(parts, SHOP, second))
            assert await client.queues.list_queues() == ()
            assert await client.blobs.list_containers() == ()
            assert await client.tables.list_tables() == ()
        finally:
            await over_http.close()


async def test_ports_stay_the_same_over_a_restart_although_any_would_do(tmp_path: Path) -> None:
    async with placing(tmp_path) as parts:
        ports = dict(parts.storage.ports)
    async with placing(tmp_path) as parts:
        assert dict(parts.storage.ports) == ports


async def test_development_storage_is_none_of_a_servers_and_the_functions_that_want_it_say_so(tmp_path: Path) -> None:
    async with placing(tmp_path) as parts:
        settings = {"AzureWebJobsStorage": "UseDevelopmentStorage=true"}
        await parts.ready(await parts.revision(settings=settings), listening=True)

        def told() -> bool:
            report = parts.placement.list()[0].report
            return report is not None and "no development storage on a server" in "".join(report.errors)

        await until(told)
