"""A process that uses a store, for tests of several of them: `python store_process.py <what> <folder> ...`.

It writes a line for whatever its parent wants to know; the lines of an operation come before it begins and after it is
acknowledged.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import random
import signal
import sqlite3
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from funchost.storage.account import StorageAccount
from funchost.storage.embedded.store import EmbeddedStore
from funchost.storage.tables import Operation, Write

QUEUE = "jobs"
CONTAINER = "blobs"
TABLE = "rows"
KEYS = 20
TASKS = 8


def say(*words: object) -> None:
    """Write a line that is out when this returns, whatever happens to the process next."""
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


def content(version: int, size: int) -> bytes:
    """Return bytes that tell their version and that nothing is missing."""
    seed = hashlib.sha256(str(version).encode()).digest()
    return version.to_bytes(8, "big") + (seed * (size // 32 + 1))[: size - 8]


def size_of(version: int) -> int:
    """Return the length of a version's content: in a row, or too long for that."""
    return 300_000 if version % 10 == 0 else 2_000


async def prepare(account: StorageAccount) -> None:
    await account.queues.create(QUEUE)
    await account.blobs.create_container(CONTAINER)
    await account.tables.create_table(TABLE)


class Mixed:
    """Operations of all kinds on one account, told before and after."""

    def __init__(self, account: StorageAccount, seed: int) -> None:
        self._account = account
        self._random = random.Random(seed)  # noqa: S311
        self._version = seed * 1_000_000
        self._seed = seed

    async def run(self) -> None:
        await asyncio.gather(*(self._work(number) for number in range(TASKS)))

    async def _work(self, number: int) -> None:
        steps = (self._put, self._put, self._take, lambda: self._blob(number), lambda: self._pair(number))
        while True:
            await self._random.choice(steps)()

    async def _told(self, operation: Awaitable[object], *words: object) -> None:
        say("begin", *words)
        await operation
        say("done", *words)

    def _next(self) -> int:
        self._version += 1
        return self._version

    async def _put(self) -> None:
        version = self._next()
        text = content(version, size_of(version) // 10).hex()
        await self._told(self._account.queues.put(QUEUE, text), "put", version)

    async def _take(self) -> None:
        for message in await self._account.queues.get(QUEUE, 2, visibility=0.5):
            version = int(message.text[:16], 16)
            deleting = self._account.queues.delete_message(QUEUE, message.id, message.pop_receipt)
            await self._told(deleting, "delete", version)

    async def _blob(self, number: int) -> None:
        version = self._next()
        name = f"{self._seed}-{number}-{self._random.randrange(KEYS)}"
        writing = self._account.blobs.put(
            CONTAINER, name, content(version, size_of(version)), metadata={"version": str(version)}
        )
        await self._told(writing, "blob", version, name)

    async def _pair(self, number: int) -> None:
        version = self._next()
        name = f"{self._seed}-{number}-{self._random.randrange(KEYS)}"
        rows = [
            Operation(Write.UPSERT_REPLACE, {"PartitionKey": name, "RowKey": row, "version": str(version)})
            for row in ("a", "b")
        ]
        await self._told(self._account.tables.batch(TABLE, rows), "pair", version, name)


async def mixed(store: EmbeddedStore, seed: str) -> None:
    """Work until killed."""
    account = store.account("devstoreaccount1")
    await prepare(account)
    await Mixed(account, int(seed)).run()


async def hammer(store: EmbeddedStore, seconds: str) -> None:
    """Write as fast as it goes once a line comes in; tell how much it was and the longest wait."""
    queues = store.account("devstoreaccount1").queues
    await queues.create(QUEUE)
    say("ready")
    await asyncio.to_thread(sys.stdin.readline)
    end = time.monotonic() + float(seconds)
    waits: list[float] = []

    async def work() -> None:
        while (start := time.monotonic()) < end:
            await queues.put(QUEUE, "x" * 200)
            waits.append(time.monotonic() - start)

    await asyncio.gather(*(work() for _ in range(TASKS)))
    say("wrote", len(waits), f"{max(waits):.4f}")


async def watch(store: EmbeddedStore, count: str) -> None:
    """Receive messages that hold a time, whenever woken; tell how long each took."""
    queues = store.account("devstoreaccount1").queues
    await queues.create(QUEUE)
    woken = asyncio.Event()
    end = queues.watch(QUEUE, woken.set)
    say("ready")
    left = int(count)
    while left:
        await woken.wait()
        woken.clear()
        for message in await queues.get(QUEUE, 32):
            say("took", f"{(time.time() - float(message.text)) * 1000:.2f}")
            await queues.delete_message(QUEUE, message.id, message.pop_receipt)
            left -= 1
    end()


async def halt(store: EmbeddedStore, key: str) -> None:
    """Stop in the middle of a write, once a line comes in, until somebody lets it continue."""

    def operation(connection: sqlite3.Connection) -> None:
        connection.execute("INSERT OR REPLACE INTO store VALUES (?, 1)", (key,))
        os.kill(os.getpid(), signal.SIGSTOP)

    say("ready")
    await asyncio.to_thread(sys.stdin.readline)
    await store.engine.write(operation)
    say("done")


MODES: dict[str, Callable[[EmbeddedStore, str], Awaitable[None]]] = {
    "mixed": mixed,
    "hammer": hammer,
    "watch": watch,
    "halt": halt,
}


async def main(mode: str, folder: str, argument: str) -> None:
    store = await EmbeddedStore.open(Path(folder))
    await MODES[mode](store, argument)
    await store.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
