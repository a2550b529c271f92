"""The engine from its event loop: writes, reads, watchers, closing."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from functools import partial
from pathlib import Path

import pytest

from funchost.errors import StorageError, StorageUnavailableError
from funchost.storage.embedded.engine import Engine
from funchost.storage.embedded.folder import StoreFolder
from funchost.storage.embedded.lock import StoreLock
from tests.integration.storage.embedded.conditions import until


def set_value(connection: sqlite3.Connection, key: str, value: object) -> None:
    connection.execute("INSERT OR REPLACE INTO store VALUES (?, ?)", (key, value))


def value_of(connection: sqlite3.Connection, key: str) -> object:
    row = connection.execute("SELECT value FROM store WHERE key = ?", (key,)).fetchone()
    return None if row is None else row[0]


def test_write_is_there_for_reads_and_for_the_next_process(tmp_path: Path) -> None:
    async def run() -> None:
        engine = await Engine.open(tmp_path)
        await engine.write(lambda connection: set_value(connection, "a", 1))
        assert await engine.read(lambda connection: value_of(connection, "a")) == 1
        await engine.close()
        engine = await Engine.open(tmp_path)
        assert await engine.read(lambda connection: value_of(connection, "a")) == 1
        await engine.close()

    asyncio.run(run())


def test_closed_store_leaves_one_database_file(tmp_path: Path) -> None:
    async def run() -> None:
        engine = await Engine.open(tmp_path)
        await engine.write(lambda connection: set_value(connection, "a", 1))
        await engine.close()
        await engine.close()

    asyncio.run(run())
    assert {path.name for path in tmp_path.iterdir()} == {
        "store.db",
        "store.lock",
        "store.turn1",
        "store.turn2",
        "hosts",
    }
    assert not list((tmp_path / "hosts").iterdir())


def test_what_was_handed_over_before_closing_is_done(tmp_path: Path) -> None:
    async def run() -> None:
        engine = await Engine.open(tmp_path)
        writes = [engine.write(partial(set_value, key=str(i), value=i)) for i in range(500)]
        await engine.close()
        assert all(write.done() and write.exception() is None for write in writes)
        for late in (engine.write(lambda connection: None), engine.read(lambda connection: None)):
            with pytest.raises(StorageUnavailableError, match="closed"):
                await late

    asyncio.run(run())


def test_two_engines_of_one_process_share_a_store(tmp_path: Path) -> None:
    async def run() -> None:
        first, second = await Engine.open(tmp_path), await Engine.open(tmp_path)
        await asyncio.gather(
            *(
                engine.write(partial(set_value, key=f"{number}/{i}", value=1))
                for i in range(200)
                for number, engine in enumerate((first, second))
            )
        )
        count = await first.read(lambda c: c.execute("SELECT count(*) FROM store WHERE key LIKE '%/%'").fetchone())
        assert count == (400,)
        await first.close()
        await second.close()

    asyncio.run(run())


def test_exception_of_an_operation_reaches_its_caller(tmp_path: Path) -> None:
    async def run() -> None:
        engine = await Engine.open(tmp_path)

        def refuse(connection: sqlite3.Connection) -> None:
            set_value(connection, "a", 1)
            raise StorageError("Refused", "no", 409)

        with pytest.raises(StorageError, match="Refused"):
            await engine.write(refuse)
        with pytest.raises(ZeroDivisionError):
            await engine.read(lambda connection: 1 // 0)
        assert await engine.read(lambda connection: value_of(connection, "a")) is None
        await engine.close()

    asyncio.run(run())


def test_operation_that_answers_too_few_callers_fails_them_and_locks_nobody_out(tmp_path: Path) -> None:
    async def run() -> None:
        engine, other = await Engine.open(tmp_path), await Engine.open(tmp_path)

        def forget_some(connection: sqlite3.Connection, arguments: list[int]) -> list[int]:
            set_value(connection, "a", len(arguments))
            return []

        for failed in [engine.write_merged(forget_some, number) for number in range(3)]:
            with pytest.raises(ValueError, match="zip"):
                await failed
        await other.write(lambda connection: set_value(connection, "b", 1))
        await engine.write(lambda connection: set_value(connection, "c", 1))
        assert await other.read(lambda connection: [value_of(connection, key) for key in "abc"]) == [None, 1, 1]
        await engine.close()
        await other.close()

    asyncio.run(run())


def test_read_sees_one_state_of_the_store(tmp_path: Path) -> None:
    async def run() -> None:
        engine = await Engine.open(tmp_path)
        reading, written = threading.Event(), threading.Event()

        def question(connection: sqlite3.Connection) -> tuple[object, object]:
            before = value_of(connection, "a")
            reading.set()
            written.wait(60)
            return before, value_of(connection, "a")

        answer = engine.read(question)
        await asyncio.to_thread(reading.wait, 60)
        await engine.write(lambda connection: set_value(connection, "a", 1))
        written.set()
        assert await answer == (None, None)
        await engine.close()

    asyncio.run(run())


def test_watchers_of_a_topic_are_woken_in_the_loop_here_and_in_other_engines(tmp_path: Path) -> None:
    async def run() -> None:
        engines = [await Engine.open(tmp_path) for _ in range(2)]
        woken: list[tuple[int, int]] = []

        def note(number: int) -> None:
            woken.append((number, threading.get_ident()))

        for number, engine in enumerate(engines):
            engine.watch("this", partial(note, number))
            engine.watch("other", lambda: woken.append((-1, 0)))
        loop = asyncio.get_running_loop()
        took: list[float] = []
        for _ in range(5):
            woken.clear()
            start = loop.time()
            await engines[0].write(lambda connection: None, topics=("this",))
            await until(lambda: len(woken) >= 2)
            took.append(loop.time() - start)
            assert woken == [(0, threading.get_ident()), (1, threading.get_ident())]
        assert min(took[1:]) < 0.5, "told: who looks once a second would see each of them a second later"
        for engine in engines:
            await engine.close()

    asyncio.run(run())


def test_failed_write_wakes_nobody_and_ended_watch_is_over(tmp_path: Path) -> None:
    async def run() -> None:
        engine = await Engine.open(tmp_path)
        woken: list[str] = []
        end = engine.watch("topic", lambda: woken.append("first"))
        engine.watch("topic", lambda: woken.append("second"))
        with pytest.raises(ZeroDivisionError):
            await engine.write(lambda connection: 1 // 0, topics=("topic",))
        assert woken == []
        end()
        end()
        await engine.write(lambda connection: None, topics=("topic",))
        assert woken == ["second"]
        await engine.close()

    asyncio.run(run())


def test_change_whose_notice_is_lost_is_noticed_all_the_same(tmp_path: Path) -> None:
    async def run() -> None:
        engine = await Engine.open(tmp_path)
        woken: list[int] = []
        engine.watch("topic", lambda: woken.append(1))

        def write_behind_its_back() -> None:
            other = sqlite3.connect(tmp_path / "store.db")
            with other:
                set_value(other, "a", 1)
            other.close()

        await asyncio.to_thread(write_behind_its_back)
        await until(lambda: bool(woken))
        await engine.close()

    asyncio.run(run())


def test_waiting_for_the_lock_ends_with_an_error_and_nothing_done(tmp_path: Path) -> None:
    async def run() -> None:
        engine = await Engine.open(tmp_path, timeout=0.2)
        other = StoreLock(StoreFolder(tmp_path).lock_stages)
        assert other.acquire_within(1)
        write = engine.write(lambda connection: set_value(connection, "a", 1))
        with pytest.raises(StorageUnavailableError, match="nothing could be written for 0.2 seconds"):
            await write
        assert await engine.read(lambda connection: value_of(connection, "a")) is None, "reading goes on"
        other.release()
        await engine.write(lambda connection: set_value(connection, "b", 1))
        assert await engine.read(lambda connection: value_of(connection, "a")) is None, "who gave up gets nothing done"
        other.close()
        await engine.close()

    asyncio.run(run())


def test_opening_a_store_whose_lock_is_kept_fails_in_time(tmp_path: Path) -> None:
    async def run() -> None:
        await (await Engine.open(tmp_path)).close()
        other = StoreLock(StoreFolder(tmp_path).lock_stages)
        assert other.acquire_within(1)
        with pytest.raises(StorageUnavailableError, match="0.1 seconds"):
            await Engine.open(tmp_path, timeout=0.1)
        other.close()

    asyncio.run(run())


def test_closing_does_not_wait_for_a_lock_that_does_not_come_free(tmp_path: Path) -> None:
    async def run() -> None:
        engine = await Engine.open(tmp_path, timeout=0.2)
        other = StoreLock(StoreFolder(tmp_path).lock_stages)
        assert other.acquire_within(1)
        write = engine.write(lambda connection: set_value(connection, "a", 1))
        await engine.close()
        with pytest.raises(StorageUnavailableError):
            await write
        other.release()
        other.close()

    asyncio.run(run())


def test_log_does_not_grow_without_bound_while_there_is_reading(tmp_path: Path) -> None:
    async def run() -> None:
        engine = await Engine.open(tmp_path)
        for i in range(60):
            await asyncio.gather(
                engine.write(partial(set_value, key=str(i % 4), value=bytes(500_000)), durable=False),
                engine.read(lambda c: c.execute("SELECT count(*) FROM store").fetchone()),
            )
        assert (tmp_path / "store.db-wal").stat().st_size < 16_000_000
        await engine.close()

    asyncio.run(run())
