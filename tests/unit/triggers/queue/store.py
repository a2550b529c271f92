"""A queue store in memory whose answers a test can hold up or refuse."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

from funchost.errors import StorageError, StorageUnavailableError
from funchost.storage.queues import QueueMessage, QueueProperties, Receipt
from tests.unit.triggers.functions import NOON

AWAY = StorageUnavailableError("ServerBusy", "The server is busy.", 503)


class MemoryQueues:
    """Implements QueueStore as far as consumers need it; visibility is told by `hidden`, nothing comes back by time.

    `away` holds the operations that fail; `calls` tells what was asked for.
    """

    url = "memory://queues"

    def __init__(self, *queues: str) -> None:
        self.queues: dict[str, list[QueueMessage]] = {name: [] for name in queues}
        self.hidden: dict[str, tuple[str, QueueMessage]] = {}
        self.counts: dict[str, int] = {}
        self.away: set[str] = set()
        self.calls: list[str] = []
        self.largest_batch = 0
        self.deleted_together: list[int] = []
        self._receipts = 0
        self._watchers: dict[str, set[Callable[[], None]]] = {}

    def add(self, queue: str, *texts: str) -> None:
        """Put messages, called m0, m1 ... in the order of their coming, and wake whoever watches."""
        for text in texts:
            self._append(queue, text)
        self._wake(queue)

    def texts(self, queue: str) -> list[str]:
        return [message.text for message in self.queues.get(queue, [])]

    async def create(self, queue: str, metadata: Mapping[str, str] | None = None) -> bool:
        self._begin("create")
        created = queue not in self.queues
        self.queues.setdefault(queue, [])
        return created

    async def put(self, queue: str, text: str, *, visibility: float = 0, ttl: int = 604_800) -> QueueMessage:
        self._begin("put")
        self._find(queue)
        message = self._append(queue, text)
        self._wake(queue)
        return message

    async def get(self, queue: str, count: int = 1, visibility: float = 30) -> list[QueueMessage]:
        self._begin("get")
        await asyncio.sleep(0)
        waiting = self._find(queue)
        taken, waiting[:] = waiting[:count], waiting[count:]
        self.largest_batch = max(self.largest_batch, len(taken))
        return [self._hide(queue, message, message.dequeue_count + 1) for message in taken]

    async def update(
        self, queue: str, message_id: str, pop_receipt: str, visibility: float, text: str | None = None
    ) -> Receipt:
        self._begin("update")
        message = self._held(message_id, pop_receipt)
        if visibility == 0:
            del self.hidden[message_id]
            self._find(queue).append(message)
            self._wake(queue)
            return Receipt(pop_receipt, NOON)
        hidden = self._hide(queue, message, message.dequeue_count)
        return Receipt(hidden.pop_receipt, NOON + timedelta(seconds=visibility))

    async def delete_message(self, queue: str, message_id: str, pop_receipt: str) -> None:
        self._begin("delete")
        self._held(message_id, pop_receipt)
        del self.hidden[message_id]

    async def delete_messages(self, queue: str, messages: Sequence[tuple[str, str]]) -> list[StorageError | None]:
        self.deleted_together.append(len(messages))
        failures: list[StorageError | None] = []
        for message_id, pop_receipt in messages:
            try:
                await self.delete_message(queue, message_id, pop_receipt)
            except StorageError as error:
                failures.append(error)
            else:
                failures.append(None)
        return failures

    def watch(self, queue: str, wake: Callable[[], None]) -> Callable[[], None]:
        watchers = self._watchers.setdefault(queue, set())
        watchers.add(wake)
        return lambda: watchers.discard(wake)

    async def delete(self, queue: str) -> None:
        raise NotImplementedError

    async def properties(self, queue: str) -> QueueProperties:
        raise NotImplementedError

    async def set_metadata(self, queue: str, metadata: Mapping[str, str]) -> None:
        raise NotImplementedError

    async def list_queues(self, prefix: str = "") -> tuple[str, ...]:
        raise NotImplementedError

    async def peek(self, queue: str, count: int = 1) -> list[QueueMessage]:
        raise NotImplementedError

    async def clear(self, queue: str) -> None:
        raise NotImplementedError

    def take_away(self, message_id: str) -> None:
        """Let somebody else have a message that is held."""
        queue, message = self.hidden[message_id]
        self._hide(queue, message, message.dequeue_count + 1)

    def _begin(self, operation: str) -> None:
        self.calls.append(operation)
        if operation in self.away:
            raise AWAY

    def _append(self, queue: str, text: str) -> QueueMessage:
        name = f"m{sum(self.counts.values())}"
        self.counts[queue] = self.counts.get(queue, 0) + 1
        message = QueueMessage(name, text, NOON, NOON + timedelta(days=7), 0)
        self.queues[queue].append(message)
        return message

    def _hide(self, queue: str, message: QueueMessage, count: int) -> QueueMessage:
        self._receipts += 1
        hidden = message._replace(dequeue_count=count, pop_receipt=f"r{self._receipts}", next_visible=NOON)
        self.hidden[message.id] = queue, hidden
        return hidden

    def _find(self, queue: str) -> list[QueueMessage]:
        if queue not in self.queues:
            raise StorageError("QueueNotFound", "The specified queue does not exist.", 404)
        return self.queues[queue]

    def _held(self, message_id: str, pop_receipt: str) -> QueueMessage:
        if message_id not in self.hidden:
            raise StorageError("MessageNotFound", "The specified message does not exist.", 404)
        message = self.hidden[message_id][1]
        if message.pop_receipt != pop_receipt:
            raise StorageError("PopReceiptMismatch", "The pop receipt does not match.", 400)
        return message

    def _wake(self, queue: str) -> None:
        for wake in tuple(self._watchers.get(queue, ())):
            wake()
