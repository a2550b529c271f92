from __future__ import annotations

import asyncio
from typing import Any

from funchost.storage.embedded.blob_upkeep import BlobUpkeep


class Leftovers(asyncio.Event):
    """Tells when somebody waits for it."""

    def __init__(self) -> None:
        super().__init__()
        self.awaited = asyncio.Event()

    async def wait(self) -> Any:
        self.awaited.set()
        return await super().wait()


class EmptyStore:
    """Blobs of a store that has nothing to clean up."""

    def __init__(self) -> None:
        self.leftovers = Leftovers()
        self.files = self

    async def change(self, operation: object, durable: bool) -> bool:
        return False

    def candidates(self) -> list[str]:
        return []


def test_stopping_in_the_turn_in_which_work_arrives_does_not_wait_for_the_next_round() -> None:
    async def scenario() -> None:
        store: Any = EmptyStore()
        upkeep = BlobUpkeep(store)
        upkeep.start()
        await asyncio.wait_for(store.leftovers.awaited.wait(), 10)
        store.leftovers.set()
        await asyncio.wait_for(upkeep.stop(), 10)

    asyncio.run(scenario())
