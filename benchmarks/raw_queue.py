"""The store's own limit: messages that are received and deleted in one process, without host and worker.

`python -m benchmarks.raw_queue <messages>` prints messages per second.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from pathlib import Path

import uvloop

from benchmarks.stores import fill, waiting
from funchost.storage.embedded.store import EmbeddedStore
from funchost.storage.endpoints import DEVELOPMENT_ACCOUNT
from funchost.storage.queues import QueueStore

BATCH = 32
RECEIVERS = 2


async def _measure(count: int) -> float:
    with tempfile.TemporaryDirectory(prefix="bench-raw-") as folder:
        store = await EmbeddedStore.open(Path(folder))
        try:
            queues = store.account(DEVELOPMENT_ACCOUNT).queues
            await fill(queues, "items", count)
            begin = time.perf_counter()
            await asyncio.gather(*(_empty(queues) for _ in range(RECEIVERS)))
            seconds = time.perf_counter() - begin
            if left := await waiting(queues, "items"):
                raise RuntimeError(f"{left} messages are left")
            return count / seconds
        finally:
            await store.close()


async def _empty(queues: QueueStore) -> None:
    while messages := await queues.get("items", BATCH, 60.0):
        await asyncio.gather(*(queues.delete_message("items", each.id, each.pop_receipt) for each in messages))


if __name__ == "__main__":
    print(uvloop.run(_measure(int(sys.argv[1]))))
