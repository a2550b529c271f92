"""HeldMessages: messages that were received and are not settled, kept hidden from others by one task."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from funchost.errors import StorageError
from funchost.storage.queues import QueueMessage, QueueStore

GONE = frozenset({"MessageNotFound", "PopReceiptMismatch", "QueueNotFound"})
"""What a store says when a message is not ours any more."""


class Held:
    """One message.

    Args:
        message: as it was received.
        renew_at: loop time from which on it needs to be hidden for longer.
    """

    __slots__ = ("lost", "message", "receipt", "renew_at", "renewal", "settling")

    def __init__(self, message: QueueMessage, renew_at: float) -> None:
        self.message = message
        self.receipt = message.pop_receipt
        self.renew_at = renew_at
        self.renewal: asyncio.Task[None] | None = None
        self.settling = False
        """An operation with the present receipt is under way, so it must not change."""
        self.lost = False
        """Somebody else has it, or it was deleted: there is nothing left to do with it."""


class HeldMessages:
    """The messages of one queue that this host has.

    Args:
        lease: seconds that a message is hidden.
        told: of each renewal, with the error if it failed and is tried again.
        lost: told of a message that was taken away.
    """

    def __init__(
        self,
        store: QueueStore,
        queue: str,
        lease: float,
        told: Callable[[QueueMessage, StorageError | None], None],
        lost: Callable[[QueueMessage], None],
    ) -> None:
        self._store = store
        self._queue = queue
        self._lease = lease
        self._told = told
        self._lost = lost
        self._held: set[Held] = set()
        self._renewals: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._held)

    def take(self, message: QueueMessage, now: float) -> Held:
        held = Held(message, now + self._lease / 3)
        self._held.add(held)
        return held

    def drop(self, held: Held) -> None:
        self._held.discard(held)

    def clear(self) -> None:
        """Let go of all; they show themselves when their time is over."""
        self._held.clear()

    async def keep_hidden(self) -> None:
        """Renew, for ever, what is held for a third of its time."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(self._lease / 12)
            now = loop.time()
            for held in self._held:
                if held.renew_at <= now and held.renewal is None and not held.settling and not held.lost:
                    held.renewal = loop.create_task(self._renew(held), name="renew message")
                    self._renewals.add(held.renewal)
                    held.renewal.add_done_callback(self._renewals.discard)

    async def _renew(self, held: Held) -> None:
        loop = asyncio.get_running_loop()
        asked = loop.time()
        try:
            receipt = await self._store.update(self._queue, held.message.id, held.receipt, self._lease)
        except StorageError as error:
            if error.code in GONE:
                held.lost = True
                self._lost(held.message)
            else:
                self._told(held.message, error)  # the next round tries again
        else:
            held.receipt = receipt.pop_receipt
            held.renew_at = asked + self._lease / 3
            self._told(held.message, None)
        finally:
            held.renewal = None
