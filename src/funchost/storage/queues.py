"""QueueStore: queues and messages, as the host uses them. Implemented by embedded/ and remote/."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple, Protocol

from funchost.errors import StorageError

MAX_MESSAGE = 64 * 1024
"""Longest message text, UTF-8 bytes; a rule of the service."""

MAX_BATCH = 32
"""Most messages of one `get` or `peek`; a rule of the service."""

WEEK = 7 * 24 * 3600
FOREVER = -1
"""Time to live of a message that never expires."""


class QueueMessage(NamedTuple):
    """A message that was received or peeked at.

    Args:
        text: as it was put; Base64 or not is the clients' matter.
        inserted, expires, next_visible: aware, UTC; `next_visible` is None for a peeked message.
        pop_receipt: proves who received it last; empty for a peeked message.
        dequeue_count: how often it was received, this time included.
    """

    id: str
    text: str
    inserted: datetime
    expires: datetime
    dequeue_count: int
    pop_receipt: str = ""
    next_visible: datetime | None = None


class Receipt(NamedTuple):
    """The newest proof of having received a message; older ones no longer count."""

    pop_receipt: str
    next_visible: datetime


class QueueProperties(NamedTuple):
    """What a store knows of one queue; `approximate_count` counts invisible messages too."""

    name: str
    approximate_count: int
    metadata: Mapping[str, str] = MappingProxyType({})


class QueueStore(Protocol):
    """Queues of one account.

    Every method raises StorageError with the service's error code (`QueueNotFound`, `MessageNotFound`,
    `PopReceiptMismatch`, `RequestBodyTooLarge` ...), and StorageUnavailableError when the store cannot be reached or is
    too busy.
    """

    @property
    def url(self) -> str:
        """Base URL of the service, without a slash at the end."""
        ...

    async def create(self, queue: str, metadata: Mapping[str, str] | None = None) -> bool:
        """Return True if it was created, False if it was there."""
        ...

    async def delete(self, queue: str) -> None: ...

    async def properties(self, queue: str) -> QueueProperties: ...

    async def set_metadata(self, queue: str, metadata: Mapping[str, str]) -> None: ...

    async def list_queues(self, prefix: str = "") -> tuple[str, ...]: ...

    async def put(self, queue: str, text: str, *, visibility: float = 0, ttl: int = WEEK) -> QueueMessage:
        """Append a message that is invisible for `visibility` seconds and lives `ttl` seconds (FOREVER = no end)."""
        ...

    async def get(self, queue: str, count: int = 1, visibility: float = 30) -> list[QueueMessage]:
        """Receive up to `count` messages (at most MAX_BATCH) and hide them for `visibility` seconds."""
        ...

    async def peek(self, queue: str, count: int = 1) -> list[QueueMessage]: ...

    async def update(
        self, queue: str, message_id: str, pop_receipt: str, visibility: float, text: str | None = None
    ) -> Receipt:
        """Hide a received message for `visibility` more seconds from now (0 = show it), and replace its text if given.

        The embedded store honours fractions of a second; a remote one rounds up.
        """
        ...

    async def delete_message(self, queue: str, message_id: str, pop_receipt: str) -> None: ...

    async def delete_messages(self, queue: str, messages: Sequence[tuple[str, str]]) -> list[StorageError | None]:
        """Delete messages, given by id and pop receipt; return for each why it was not deleted, None if it was.

        Costs less than one call for each where the store is in this process; raises nothing that concerns one message.
        """
        ...

    async def clear(self, queue: str) -> None: ...

    def watch(self, queue: str, wake: Callable[[], None]) -> Callable[[], None]:
        """Have `wake` called in the event loop after messages were put into a queue; returns what ends that.

        The embedded store tells of every put and of messages shown again, other processes' too; a remote one of this
        process's own puts. Poll as well.
        """
        ...
