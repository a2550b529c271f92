"""Messages into queues that may not be there yet."""

from __future__ import annotations

from funchost.errors import StorageError
from funchost.storage.queues import QueueStore


async def put_text(queues: QueueStore, queue: str, text: str) -> None:
    """Append a message; the queue is created when it is needed.

    Raises:
        StorageError.
    """
    try:
        await queues.put(queue, text)
    except StorageError as error:
        if error.code != "QueueNotFound":
            raise
        await queues.create(queue)
        await queues.put(queue, text)
