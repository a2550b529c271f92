"""FakeQueues: a QueueStore in memory; nothing is ever hidden."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from funchost.errors import StorageError, StorageUnavailableError
from funchost.storage.queues import WEEK, QueueMessage, QueueProperties, Receipt

TIME = datetime(2026, 11, 21, 12, tzinfo=UTC)


class FakeQueues:
    """Keeps what is put, by queue."""

    url = "http://fake-queues"

    def __init__(self) -> None:
        self.texts: dict[str, list[str]] = {}
        self.away = False

    async def create(self, queue: str, metadata: Mapping[str, str] | None = None) -> bool:
        is_new = queue not in self.texts
        self.texts.setdefault(queue, [])
        return is_new

    async def delete(self, queue: str) -> None:
        raise NotImplementedError

    async def properties(self, queue: str) -> QueueProperties:
        raise NotImplementedError

    async def set_metadata(self, queue: str, metadata: Mapping[str, str]) -> None:
        raise NotImplementedError

    async def list_queues(self, prefix: str = "") -> tuple[str, ...]:
        raise NotImplementedError

    async def put(self, queue: str, text: str, *, visibility: float = 0, ttl: int = WEEK) -> QueueMessage:
        if self.away:
            raise StorageUnavailableError("ConnectionError", "away", 503)
        if queue not in self.texts:
            raise StorageError("QueueNotFound", "no queue", 404)
        self.texts[queue].append(text)
        return message(text)

    async def get(self, queue: str, count: int = 1, visibility: float = 30) -> list[QueueMessage]:
        raise NotImplementedError

    async def peek(self, queue: str, count: int = 1) -> list[QueueMessage]:
        raise NotImplementedError

    async def update(
        self, queue: str, message_id: str, pop_receipt: str, visibility: float, text: str | None = None
    ) -> Receipt:
        raise NotImplementedError

    async def delete_message(self, queue: str, message_id: str, pop_receipt: str) -> None:
        raise NotImplementedError

    async def delete_messages(self, queue: str, messages: Sequence[tuple[str, str]]) -> list[StorageError | None]:
        raise NotImplementedError

    async def clear(self, queue: str) -> None:
        raise NotImplementedError

    def watch(self, queue: str, wake: Callable[[], None]) -> Callable[[], None]:
        return lambda: None


def message(text: str, dequeue_count: int = 1) -> QueueMessage:
    return QueueMessage("id-1", text, TIME, TIME + timedelta(days=7), dequeue_count, "receipt", TIME)
