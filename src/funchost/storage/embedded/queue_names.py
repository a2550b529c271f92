"""Rules of the queue service for names and numbers, and the errors that say which one was broken."""

from __future__ import annotations

import re

from funchost.errors import StorageError
from funchost.storage.queues import FOREVER, MAX_BATCH, WEEK

_NAME = re.compile(r"[a-z0-9](?:-?[a-z0-9])*")


def check_name(queue: str) -> None:
    """Raise StorageError unless `queue` can name a queue: 3 to 63 of a-z, 0-9 and single dashes inside."""
    if not 3 <= len(queue) <= 63:
        raise StorageError(
            "OutOfRangeInput",
            f"{queue!r} is not a queue name: it must be 3 to 63 characters long",
            400,
        )
    if not _NAME.fullmatch(queue):
        raise StorageError(
            "InvalidResourceName",
            f"{queue!r} is not a queue name: lower-case letters, digits, and single dashes between them are allowed",
            400,
        )


def check_visibility(seconds: float) -> None:
    if not 0 <= seconds <= WEEK:
        raise out_of_range("visibilitytimeout", seconds, f"0 to {WEEK}")


def check_life(ttl: int, visibility: float) -> None:
    if ttl != FOREVER and ttl <= 0:
        raise out_of_range("messagettl", ttl, f"{FOREVER} or at least 1")
    if ttl != FOREVER and visibility >= ttl:
        raise out_of_range("visibilitytimeout", visibility, f"less than messagettl, {ttl}")


def check_count(count: int) -> None:
    if not 1 <= count <= MAX_BATCH:
        raise out_of_range("numofmessages", count, f"1 to {MAX_BATCH}")


def out_of_range(parameter: str, value: float, allowed: str) -> StorageError:
    """Return the error for a query parameter whose value is not allowed."""
    return StorageError("OutOfRangeQueryParameterValue", f"{parameter} is {value:g}, allowed is {allowed}", 400)


def queue_not_found(queue: str) -> StorageError:
    return StorageError("QueueNotFound", f"The queue {queue!r} does not exist", 404)


def message_not_found(message_id: str) -> StorageError:
    return StorageError("MessageNotFound", f"The message {message_id!r} does not exist", 404)


def receipt_mismatch(message_id: str) -> StorageError:
    return StorageError("PopReceiptMismatch", f"The pop receipt is not the newest one of message {message_id!r}", 400)
