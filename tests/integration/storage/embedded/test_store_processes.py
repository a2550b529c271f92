"""Several processes on one store: kills, fairness, waking each other."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock, Thread

import pytest

from funchost.errors import StorageUnavailableError
from funchost.storage.account import StorageAccount
from funchost.storage.embedded.engine import Engine
from funchost.storage.embedded.store import EmbeddedStore
from tests.integration.storage.embedded import store_process
from tests.integration.storage.embedded.store_process import CONTAINER, QUEUE, TABLE, content, size_of

ROUNDS = 5
OPERATIONS = 1_000
"""Acknowledged operations of one process in one round, about."""


@contextmanager
def process(mode: str, folder: Path, argument: object) -> Iterator[subprocess.Popen[str]]:
    """A store_process in one of its modes; killed in the end."""
    child = subprocess.Popen(
        [sys.executable, "-m", store_process.__name__, mode, str(folder), str(argument)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[4],
    )
    try:
        yield child
    finally:
        child.kill()
        child.communicate(timeout=60)


def line(child: subprocess.Popen[str]) -> list[str]:
    """Return the words of its next line, none at the end."""
    assert child.stdout is not None
    text = child.stdout.readline()
    return text.split() if text.endswith("\n") else []


def tell(child: subprocess.Popen[str]) -> None:
    assert child.stdin is not None
    child.stdin.write("go\n")
    child.stdin.flush()


def kill_after(child: subprocess.Popen[str], record: Record) -> None:
    """Kill a process once it has done its share of operations, wherever it is then."""
    done, wanted = 0, random.randrange(OPERATIONS * 9 // 10, OPERATIONS * 11 // 10)  # noqa: S311
    while words := line(child):
        record.note(words)
        done += words[0] == "done"
        if done == wanted:
            child.kill()


class Record:
    """What processes said before and after their operations."""

    def __init__(self) -> None:
        self._lock = Lock()
        self.begun: dict[str, set[int]] = {"put": set(), "delete": set()}
        self.done: dict[str, set[int]] = {"put": set(), "delete": set()}
        self.latest_begun: dict[tuple[str, str], int] = {}
        self.latest_done: dict[tuple[str, str], int] = {}
        self.acknowledged = 0

    def note(self, words: list[str]) -> None:
        state, kind, version, *name = words
        with self._lock:
            self.acknowledged += state == "done"
            if name:
                latest = self.latest_begun if state == "begin" else self.latest_done
                latest[kind, name[0]] = int(version)
            else:
                (self.begun if state == "begin" else self.done)[kind].add(int(version))

    async def check(self, store: EmbeddedStore) -> None:
        findings = await store.engine.read(lambda connection: connection.execute("PRAGMA integrity_check").fetchall())
        assert findings == [("ok",)]
        texts = await store.engine.read(lambda connection: connection.execute("SELECT text FROM messages").fetchall())
        self._check_messages([bytes.fromhex(text) for (text,) in texts])
        account = store.account("devstoreaccount1")
        for (kind, name), begun in self.latest_begun.items():
            found = await (_blob if kind == "blob" else _pair)(account, name)
            done = self.latest_done.get((kind, name))
            if found is None:
                assert done is None, f"{kind} {name}: version {done} was acknowledged and is not there"
            else:
                assert (done or 0) <= found <= begun, f"{kind} {name}: {done} was acknowledged, {found} is there"

    def _check_messages(self, messages: list[bytes]) -> None:
        versions = [int.from_bytes(message[:8], "big") for message in messages]
        there = set(versions)
        assert len(there) == len(versions), "one message twice"
        for version, message in zip(versions, messages, strict=True):
            assert message == content(version, size_of(version) // 10), "half a message"
        lost = self.done["put"] - self.begun["delete"] - there
        assert not lost, f"{len(lost)} acknowledged messages are lost"
        assert not there & self.done["delete"], "messages whose deletion was acknowledged are there"
        assert there <= self.begun["put"]


async def _blob(account: StorageAccount, name: str) -> int | None:
    page = await account.blobs.list_blobs(CONTAINER, name)
    if name not in [blob.name for blob in page.blobs]:
        return None
    found = await account.blobs.get(CONTAINER, name)
    body = found.body if isinstance(found.body, bytes) else b"".join([piece async for piece in found.body])
    version = int.from_bytes(body[:8], "big")
    assert body == content(version, size_of(version)), f"half a blob: {name}"
    assert found.properties.metadata == {"version": str(version)}
    return version


async def _pair(account: StorageAccount, name: str) -> int | None:
    page = await account.tables.query(TABLE, f"PartitionKey eq '{name}'")
    versions = [entity["version"] for entity in page.entities]
    assert len(versions) in (0, 2), f"half a batch: {name}"
    assert len(set(versions)) <= 1, f"half a batch: {name}"
    return int(versions[0]) if versions else None


def test_killed_processes_lose_nothing_that_was_acknowledged_and_leave_nothing_half_done(tmp_path: Path) -> None:
    async def check(record: Record) -> None:
        store = await EmbeddedStore.open(tmp_path)
        await record.check(store)
        await store.close()

    record = Record()
    for seed in range(1, ROUNDS * 2, 2):
        with process("mixed", tmp_path, seed) as first, process("mixed", tmp_path, seed + 1) as second:
            readers = [Thread(target=kill_after, args=(child, record)) for child in (first, second)]
            for reader in readers:
                reader.start()
            for reader in readers:
                reader.join()
        asyncio.run(check(record))
    print(f"{record.acknowledged} operations acknowledged over {ROUNDS * 2} kills, all there")


def test_processes_that_write_at_once_get_fair_shares(tmp_path: Path) -> None:
    with (
        process("hammer", tmp_path, 2) as first,
        process("hammer", tmp_path, 2) as second,
        process("hammer", tmp_path, 2) as third,
    ):
        children = (first, second, third)
        for child in children:
            assert line(child) == ["ready"]
        for child in children:
            tell(child)
        reports = [line(child) for child in children]
    shares = [int(report[1]) for report in reports]
    longest = max(float(report[2]) for report in reports)
    print(f"writes of each process in 2 s: {shares}; longest wait {longest * 1000:.0f} ms")
    assert min(shares) > sum(shares) / 3 * 0.3


def test_message_of_one_process_wakes_another_one(tmp_path: Path) -> None:
    async def send(child: subprocess.Popen[str]) -> list[float]:
        store = await EmbeddedStore.open(tmp_path)
        queues = store.account("devstoreaccount1").queues
        took: list[float] = []
        for _ in range(20):
            await asyncio.sleep(0.02)
            await queues.put(QUEUE, repr(time.time()))
            took.append(float((await asyncio.to_thread(line, child))[1]))
        await store.close()
        return took

    with process("watch", tmp_path, 20) as child:
        assert line(child) == ["ready"]
        took = sorted(asyncio.run(send(child)))
    print(f"from put here to receipt there: p50 {took[10]:.1f} ms, longest {took[-1]:.1f} ms")
    assert took[10] < 500


def test_delayed_message_of_one_process_wakes_another_one(tmp_path: Path) -> None:
    async def send(child: subprocess.Popen[str]) -> float:
        store = await EmbeddedStore.open(tmp_path)
        await store.account("devstoreaccount1").queues.put(QUEUE, repr(time.time() + 0.4), visibility=0.4)
        words = await asyncio.to_thread(line, child)
        await store.close()
        return float(words[1])

    with process("watch", tmp_path, 1) as child:
        assert line(child) == ["ready"]
        late = asyncio.run(send(child))
    print(f"received {late:.1f} ms after its time")
    assert late > -50


def test_process_that_stands_still_in_a_write_is_named_to_those_who_wait(tmp_path: Path) -> None:
    async def wait(child: subprocess.Popen[str]) -> None:
        engine = await Engine.open(tmp_path, timeout=1.0)
        await asyncio.to_thread(tell, child)
        status = await asyncio.to_thread(os.waitpid, child.pid, os.WUNTRACED)
        assert os.WIFSTOPPED(status[1])
        with pytest.raises(StorageUnavailableError, match=f"process {child.pid} has kept the store locked"):
            await engine.write(lambda connection: connection.execute("SELECT 1").fetchall())
        os.kill(child.pid, signal.SIGCONT)
        assert await asyncio.to_thread(line, child) == ["done"]
        await engine.write(lambda connection: connection.execute("SELECT 1").fetchall())
        await engine.close()

    with process("halt", tmp_path, "half") as child:
        assert line(child) == ["ready"]
        asyncio.run(wait(child))


def test_killed_process_is_forgotten_by_the_next_one(tmp_path: Path) -> None:
    async def hosts() -> list[int]:
        engine = await Engine.open(tmp_path)
        pids = await engine.read(lambda connection: connection.execute("SELECT pid FROM hosts").fetchall())
        await engine.close()
        return [pid for (pid,) in pids]

    with process("hammer", tmp_path, 0) as child:
        assert line(child) == ["ready"]
        assert sorted(asyncio.run(hosts())) == sorted([os.getpid(), child.pid])
        child.kill()
        child.wait(60)
        assert asyncio.run(hosts()) == [os.getpid()]
    assert not list((tmp_path / "hosts").iterdir())
