"""Queues of the embedded store beyond the contract of all stores: time, pages, waking."""

from __future__ import annotations

import asyncio
import time
from functools import partial
from pathlib import Path

import pytest

from funchost.errors import StorageError
from funchost.storage.embedded.queues import EmbeddedQueues
from funchost.storage.embedded.store import EmbeddedStore
from tests.integration.storage.embedded.conditions import until


class Clock:
    """A clock that tests move."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


def queues_of(store: EmbeddedStore, account: str = "devstoreaccount1") -> EmbeddedQueues:
    queues = store.account(account).queues
    assert isinstance(queues, EmbeddedQueues)
    return queues


def test_queues_of_accounts_are_apart(tmp_path: Path) -> None:
    async def run() -> None:
        store = await EmbeddedStore.open(tmp_path)
        first, second = queues_of(store, "one"), queues_of(store, "two")
        await first.create("jobs")
        with pytest.raises(StorageError, match="QueueNotFound"):
            await second.put("jobs", "x")
        assert await second.list_queues() == ()
        await store.close()

    asyncio.run(run())


def test_queue_that_exists_with_other_metadata_is_a_conflict(tmp_path: Path) -> None:
    async def run() -> None:
        store = await EmbeddedStore.open(tmp_path)
        queues = queues_of(store)
        assert await queues.create("jobs", {"a": "1"})
        assert not await queues.create("jobs")
        assert not await queues.create("jobs", {"a": "1"})
        with pytest.raises(StorageError) as caught:
            await queues.create("jobs", {"a": "2"})
        assert (caught.value.code, caught.value.status) == ("QueueAlreadyExists", 409)
        await store.close()

    asyncio.run(run())


def test_queues_are_listed_in_pages(tmp_path: Path) -> None:
    async def run() -> None:
        store = await EmbeddedStore.open(tmp_path)
        queues = queues_of(store)
        names = [f"job-{number:02}" for number in range(7)]
        for name in [*names, "other", "job"]:
            await queues.create(name, {"name": name})
        first = await queues.list_page("job-", limit=5)
        assert [queue.name for queue in first.queues] == names[:5]
        assert first.queues[0].metadata == {"name": "job-00"}
        second = await queues.list_page("job-", first.next, limit=5)
        assert [queue.name for queue in second.queues] == names[5:]
        assert second.next is None
        assert await queues.list_queues() == ("job", *names, "other")
        await store.close()

    asyncio.run(run())


def test_cleared_queue_is_empty_at_once_and_its_messages_are_gone(tmp_path: Path) -> None:
    async def run() -> None:
        store = await EmbeddedStore.open(tmp_path)
        queues = queues_of(store)
        await queues.create("jobs")
        await asyncio.gather(*(queues.put("jobs", "x") for _ in range(1200)))
        (held,) = await queues.get("jobs")
        await queues.clear("jobs")
        assert (await queues.properties("jobs")).approximate_count == 0
        with pytest.raises(StorageError, match="MessageNotFound"):
            await queues.delete_message("jobs", held.id, held.pop_receipt)
        count = await store.engine.read(lambda c: c.execute("SELECT count(*) FROM messages").fetchone())
        assert count == (0,)
        await queues.put("jobs", "new")
        assert [message.text for message in await queues.get("jobs")] == ["new"]
        await store.close()

    asyncio.run(run())


def test_queue_that_is_made_anew_has_none_of_its_old_messages(tmp_path: Path) -> None:
    async def run() -> None:
        store = await EmbeddedStore.open(tmp_path)
        queues = queues_of(store)
        await queues.create("jobs", {"a": "1"})
        await queues.put("jobs", "x")
        await queues.delete("jobs")
        await queues.create("jobs")
        assert await queues.properties("jobs") == ("jobs", 0, {})
        await store.close()

    asyncio.run(run())


def test_messages_left_of_a_clear_that_was_cut_off_go_with_the_next_start(tmp_path: Path) -> None:
    async def run() -> None:
        store = await EmbeddedStore.open(tmp_path)
        queues = queues_of(store)
        await queues.create("jobs")
        await queues.put("jobs", "x")
        await store.engine.write(lambda c: c.execute("INSERT INTO emptied_queues SELECT id FROM queues").rowcount)
        await store.engine.write(lambda c: c.execute("DELETE FROM queues").rowcount)
        await store.close()
        store = await EmbeddedStore.open(tmp_path)
        left = 1
        while left:
            (left,) = await store.engine.read(lambda c: c.execute("SELECT count(*) FROM messages").fetchone())
            await asyncio.sleep(0.001)
        await store.close()

    asyncio.run(run())


def test_put_and_shown_messages_wake_watchers_of_every_host(tmp_path: Path) -> None:
    async def run() -> None:
        stores = [await EmbeddedStore.open(tmp_path) for _ in range(2)]
        queues = queues_of(stores[0])
        await queues.create("jobs")
        woken = [0, 0]

        def wake(number: int) -> None:
            woken[number] += 1

        ends = [queues_of(store).watch("jobs", partial(wake, n)) for n, store in enumerate(stores)]
        await queues.put("jobs", "x")
        await until(lambda: all(woken))
        (message,) = await queues.get("jobs", visibility=60)
        woken[:] = [0, 0]
        await queues.update("jobs", message.id, message.pop_receipt, 0)
        await until(lambda: all(woken))
        for end in ends:
            end()
        woken[:] = [0, 0]
        await queues.put("jobs", "y")
        assert woken == [0, 0]
        for store in stores:
            await store.close()

    asyncio.run(run())


def test_delayed_message_wakes_watchers_of_every_host_when_its_time_comes(tmp_path: Path) -> None:
    async def run() -> None:
        loop = asyncio.get_running_loop()
        stores = [await EmbeddedStore.open(tmp_path) for _ in range(2)]
        queues = queues_of(stores[0])
        await queues.create("jobs")
        woken: list[list[float]] = [[], []]

        def note(times: list[float]) -> None:
            times.append(loop.time())

        for store, times in zip(stores, woken, strict=True):
            queues_of(store).watch("jobs", partial(note, times))
        message = await queues.put("jobs", "x", visibility=0.3)
        assert message.next_visible is not None
        due = loop.time() + message.next_visible.timestamp() - time.time()
        await until(lambda: all(times and times[-1] >= due for times in woken))
        late = [(min(at for at in times if at >= due) - due) * 1000 for times in woken]
        print(f"woken {late[0]:.1f} and {late[1]:.1f} ms after the message became visible")
        for store in stores:
            await store.close()

    asyncio.run(run())


def test_message_that_its_receiver_lets_return_wakes_watchers(tmp_path: Path) -> None:
    async def run() -> None:
        store = await EmbeddedStore.open(tmp_path)
        queues = queues_of(store)
        await queues.create("jobs")
        await queues.put("jobs", "x")
        await queues.get("jobs", visibility=0.2)
        woken: list[int] = []
        queues.watch("jobs", lambda: woken.append(1))
        await until(lambda: bool(woken))
        assert len(await queues.get("jobs")) == 1
        await store.close()

    asyncio.run(run())


def test_watcher_of_a_queue_with_messages_is_woken_at_once(tmp_path: Path) -> None:
    async def run() -> None:
        store = await EmbeddedStore.open(tmp_path)
        queues = queues_of(store)
        await queues.create("jobs")
        await queues.put("jobs", "x")
        woken: list[int] = []
        queues.watch("jobs", lambda: woken.append(1))
        await until(lambda: bool(woken))
        await store.close()

    asyncio.run(run())


def test_clock_set_back_while_hosts_run_hides_no_message_for_long(tmp_path: Path) -> None:
    async def run() -> None:
        clock = Clock()
        store = await EmbeddedStore.open(tmp_path, clock=clock)
        queues = queues_of(store)
        await queues.create("jobs")
        await queues.put("jobs", "x")
        await asyncio.sleep(1.05)  # the writer notes the time once a second
        await queues.put("jobs", "y")
        clock.now -= 3600
        await until_received(queues, 2)
        await store.close()

    asyncio.run(run())


async def until_received(queues: EmbeddedQueues, count: int) -> None:
    received = 0
    end = asyncio.get_running_loop().time() + 30
    while received < count:
        assert asyncio.get_running_loop().time() < end
        received += len(await queues.get("jobs", 32))
        await asyncio.sleep(0.01)


def test_clock_set_back_between_two_starts_hides_no_message(tmp_path: Path) -> None:
    async def run() -> None:
        clock = Clock()
        store = await EmbeddedStore.open(tmp_path, clock=clock)
        await queues_of(store).create("jobs")
        await queues_of(store).put("jobs", "x")
        await store.close()
        clock.now -= 3600
        store = await EmbeddedStore.open(tmp_path, clock=clock)
        assert len(await queues_of(store).get("jobs")) == 1
        await store.close()

    asyncio.run(run())
