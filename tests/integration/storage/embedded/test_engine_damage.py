"""Stores that cannot be opened or written: said clearly, and nothing is overwritten."""

from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
from pathlib import Path

import pytest

from funchost.errors import FuncHostError, StorageError, StorageUnavailableError
from funchost.storage.embedded.engine import Engine
from funchost.storage.embedded.schema import VERSION
from funchost.storage.embedded.store import EmbeddedStore


async def fill(folder: Path, messages: int = 200) -> None:
    store = await EmbeddedStore.open(folder)
    queues = store.account("devstoreaccount1").queues
    await queues.create("jobs")
    await asyncio.gather(*(queues.put("jobs", "x" * 1000) for _ in range(messages)))
    await store.close()


def refused(folder: Path, reason: str) -> None:
    """Assert that the store is refused with its path and a reason, and its file left as it is."""
    database = folder / "store.db"
    before = database.read_bytes()
    with pytest.raises(FuncHostError) as caught:
        asyncio.run(open_and_close(folder))
    assert str(database) in str(caught.value)
    assert reason in str(caught.value)
    assert caught.value.hint
    assert database.read_bytes() == before


async def open_and_close(folder: Path) -> None:
    await (await Engine.open(folder)).close()


def test_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "store.db").write_text("these are my notes, keep them\n" * 200, encoding="utf-8")
    refused(tmp_path, "damaged")


def test_truncated_file_is_refused(tmp_path: Path) -> None:
    asyncio.run(fill(tmp_path))
    database = tmp_path / "store.db"
    os.truncate(database, database.stat().st_size // 2)
    refused(tmp_path, "damaged")


def test_page_of_garbage_is_found(tmp_path: Path) -> None:
    asyncio.run(fill(tmp_path))
    database = tmp_path / "store.db"
    pages = bytearray(database.read_bytes())
    last = len(pages) // 4096 - 3
    pages[last * 4096 : (last + 1) * 4096] = b"\xa5" * 4096
    database.write_bytes(pages)
    refused(tmp_path, "damaged")


def test_store_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    asyncio.run(fill(tmp_path, 1))
    connection = sqlite3.connect(tmp_path / "store.db")
    connection.execute(f"PRAGMA user_version = {VERSION + 1}")
    connection.close()
    refused(tmp_path, f"version {VERSION + 1}")


def test_database_of_another_program_is_refused(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "store.db")
    connection.execute("CREATE TABLE mine (a)")
    connection.close()
    refused(tmp_path, "another program")


def test_log_whose_end_is_torn_loses_only_that_end(tmp_path: Path) -> None:
    async def run() -> None:
        store = await EmbeddedStore.open(tmp_path)
        queues = store.account("devstoreaccount1").queues
        await queues.create("jobs")
        for text in ("a", "b"):
            await queues.put("jobs", text)
        copy = tmp_path / "copy"
        copy.mkdir()
        (copy / "store.db").write_bytes((tmp_path / "store.db").read_bytes())
        log = bytearray((tmp_path / "store.db-wal").read_bytes())
        log[-100] ^= 0xFF
        (copy / "store.db-wal").write_bytes(log)
        await store.close()
        store = await EmbeddedStore.open(copy)
        messages = await store.account("devstoreaccount1").queues.get("jobs", 32)
        assert [message.text for message in messages] in ([], ["a"])
        await store.close()

    asyncio.run(run())


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_folder_that_may_not_be_written_is_refused(tmp_path: Path) -> None:
    asyncio.run(fill(tmp_path, 1))
    tmp_path.chmod(0o555)
    try:
        with pytest.raises(FuncHostError, match="cannot be kept here"):
            asyncio.run(open_and_close(tmp_path))
    finally:
        tmp_path.chmod(0o755)


def test_full_disk_fails_writes_alone_and_heals(tmp_path: Path) -> None:
    async def run() -> None:
        store = await EmbeddedStore.open(tmp_path)
        queues = store.account("devstoreaccount1").queues
        await queues.create("jobs")
        await queues.put("jobs", "first")

        def limit(pages: int) -> None:
            store.engine.write(lambda connection: connection.execute(f"PRAGMA max_page_count = {pages}").fetchall())

        limit(1)  # SQLite makes that the pages there are
        puts = [queues.put("jobs", "x" * 60_000) for _ in range(100)]
        results = [result for put in puts for result in await asyncio.gather(put, return_exceptions=True)]
        refused = [result for result in results if isinstance(result, StorageError)]
        accepted = len(results) - len(refused)
        assert refused
        assert all((error.code, error.status) == ("InsufficientStorage", 507) for error in refused)
        assert str(tmp_path) in str(refused[0])
        assert (await queues.peek("jobs"))[0].text == "first"
        assert (await queues.properties("jobs")).approximate_count == 1 + accepted
        limit(1_000_000)
        await queues.put("jobs", "x" * 60_000)
        assert (await queues.properties("jobs")).approximate_count == 2 + accepted
        await store.close()

    asyncio.run(run())


def test_store_with_odd_characters_in_its_path_works(tmp_path: Path) -> None:
    folder = tmp_path / "größe 数据 #?%20'"
    asyncio.run(fill(folder, 3))
    asyncio.run(fill(folder, 3))
    assert (folder / "store.db").is_file()


@pytest.mark.parametrize("replaced", [False, True])
def test_store_that_is_removed_or_replaced_while_it_is_open_takes_and_gives_nothing(
    tmp_path: Path, replaced: bool
) -> None:
    """`git clean -fdx` beside a host that runs: what would be written now is lost with the host, without a word."""

    async def run() -> None:
        folder = tmp_path / "store"
        store = await EmbeddedStore.open(folder)
        queues = store.account("devstoreaccount1").queues
        await queues.create("jobs")
        folder.rename(tmp_path / "away")
        if replaced:
            await fill(folder, 1)
        for attempt in (lambda: queues.put("jobs", "x"), lambda: queues.properties("jobs"), lambda: queues.get("jobs")):
            with pytest.raises(StorageUnavailableError, match="removed or replaced") as refused:
                await attempt()
            assert refused.value.hint
        shutil.rmtree(folder, ignore_errors=True)
        (tmp_path / "away").rename(folder)
        await queues.put("jobs", "x")  # it is back
        assert (await queues.properties("jobs")).approximate_count == 1
        shutil.rmtree(folder)
        await store.close()
        await fill(folder, 1)

    asyncio.run(run())
