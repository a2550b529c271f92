"""StorageAccount: the blobs, queues and tables that one connection leads to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from funchost.storage.blobs import BlobStore
from funchost.storage.queues import QueueStore
from funchost.storage.tables import TableStore


@dataclass(frozen=True)
class StorageAccount:
    """One account, open.

    Args:
        name: of the account, e.g. ``devstoreaccount1``; part of documented blob paths.
        embedded: whether the store lives on this machine, inside funchost.
        emulator: whether it is a development store (embedded or Azurite), which is polled more often.
        close: ends connections; calls under way may fail.
    """

    name: str
    blobs: BlobStore
    queues: QueueStore
    tables: TableStore
    embedded: bool
    emulator: bool
    close: Callable[[], Awaitable[None]]
