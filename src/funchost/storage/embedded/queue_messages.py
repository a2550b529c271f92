"""What is done to the messages of one queue, in SQL. Every function runs inside a transaction of the engine."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from funchost.errors import StorageError
from funchost.storage.embedded.queue_identity import message_id, random_word, receipt_number, receipt_text, row_of
from funchost.storage.embedded.queue_names import message_not_found, queue_not_found, receipt_mismatch
from funchost.storage.embedded.queues_schema import NEVER
from funchost.storage.queues import FOREVER, QueueMessage, Receipt

SECOND = 1_000_000
_END = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
EXPIRED_AT_ONCE = 200
"""Most expired messages that one operation removes."""


class NewMessage(NamedTuple):
    """A message to be put; seconds as in QueueStore.put."""

    queue: str
    text: str
    visibility: float
    ttl: int


class Handle(NamedTuple):
    """A received message, as its receiver names it."""

    queue: str
    id: str
    pop_receipt: str


def put(
    connection: sqlite3.Connection, account: str, now: int, messages: Sequence[NewMessage]
) -> list[QueueMessage | StorageError]:
    """Append messages, to several queues if need be."""
    queues = {name: queue_id(connection, account, name) for name in {message.queue for message in messages}}
    (last,) = connection.execute("SELECT max(sequence) FROM messages").fetchone()
    sequence: int = last or 0
    rows: list[tuple[int, int, int, int, int, int, int, int, str]] = []
    results: list[QueueMessage | StorageError] = []
    for name, text, visibility, ttl in messages:
        queue = queues[name]
        if queue is None:
            results.append(queue_not_found(name))
            continue
        sequence += 1
        nonce, receipt = random_word(), random_word()
        visible = now + int(visibility * SECOND)
        expires = NEVER if ttl == FOREVER else min(now + ttl * SECOND, NEVER)
        rows.append((sequence, queue, nonce, visible, now, now, expires, receipt, text))
        results.append(
            QueueMessage(
                message_id(nonce, sequence),
                text,
                moment(now),
                moment(expires),
                0,
                receipt_text(receipt),
                moment(visible),
            )
        )
    connection.executemany("INSERT INTO messages VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, ?)", rows)
    return results


def get(
    connection: sqlite3.Connection, account: str, queue: str, now: int, count: int, visibility: float
) -> list[QueueMessage]:
    """Receive up to `count` messages; expired ones that stand in the way are removed."""
    number = existing_queue(connection, account, queue)
    _remove_expired(connection, number, now)
    rows = _visible(connection, number, now, count)
    if not rows:
        return []
    receipt = random_word()
    visible = now + int(visibility * SECOND)
    connection.execute(
        "UPDATE messages SET visible = ?, changed = ?, receipt = ?, dequeued = dequeued + 1"
        " WHERE sequence IN (SELECT value FROM json_each(?))",
        (visible, now, receipt, json.dumps([row[0] for row in rows])),
    )
    proof, shown = receipt_text(receipt), moment(visible)
    return [
        QueueMessage(message_id(nonce, sequence), text, moment(inserted), moment(expires), dequeued + 1, proof, shown)
        for sequence, nonce, text, inserted, expires, dequeued in rows
    ]


def peek(connection: sqlite3.Connection, account: str, queue: str, now: int, count: int) -> list[QueueMessage]:
    """Return up to `count` visible messages without receiving them."""
    number = existing_queue(connection, account, queue)
    rows = _visible(connection, number, now, count)
    return [
        QueueMessage(message_id(nonce, sequence), text, moment(inserted), moment(expires), dequeued)
        for sequence, nonce, text, inserted, expires, dequeued in rows
    ]


def update(
    connection: sqlite3.Connection, account: str, handle: Handle, now: int, visibility: float, text: str | None
) -> Receipt:
    """Hide a received message from now on for `visibility` seconds, and replace its text if given."""
    number = existing_queue(connection, account, handle.queue)
    nonce, sequence = row_of(handle.id)
    row = connection.execute(
        "SELECT receipt FROM messages WHERE sequence = ? AND nonce = ? AND queue = ? AND expires > ?",
        (sequence, nonce, number, now),
    ).fetchone()
    if row is None:
        raise message_not_found(handle.id)
    if row[0] != receipt_number(handle.pop_receipt):
        raise receipt_mismatch(handle.id)
    receipt = random_word()
    visible = now + int(visibility * SECOND)
    connection.execute(
        "UPDATE messages SET visible = ?, changed = ?, receipt = ?, text = coalesce(?, text) WHERE sequence = ?",
        (visible, now, receipt, text, sequence),
    )
    return Receipt(receipt_text(receipt), moment(visible))


def delete(
    connection: sqlite3.Connection, account: str, now: int, handles: Sequence[Handle]
) -> list[StorageError | None]:
    """Remove received messages."""
    queues = {name: queue_id(connection, account, name) for name in {handle.queue for handle in handles}}
    places = [row_of(handle.id) for handle in handles]
    found = {
        row[0]: row[1:]
        for row in connection.execute(
            "SELECT sequence, queue, nonce, receipt FROM messages"
            " WHERE sequence IN (SELECT value FROM json_each(?)) AND expires > ?",
            (json.dumps([sequence for _, sequence in places]), now),
        )
    }
    results: list[StorageError | None] = []
    removed: list[int] = []
    for handle, (nonce, sequence) in zip(handles, places, strict=True):
        queue = queues[handle.queue]
        row = found.get(sequence)
        if queue is None:
            results.append(queue_not_found(handle.queue))
        elif row is None or row[0] != queue or row[1] != nonce:
            results.append(message_not_found(handle.id))
        elif row[2] != receipt_number(handle.pop_receipt):
            results.append(receipt_mismatch(handle.id))
        else:
            del found[sequence]
            removed.append(sequence)
            results.append(None)
    if removed:
        connection.execute(
            "DELETE FROM messages WHERE sequence IN (SELECT value FROM json_each(?))", (json.dumps(removed),)
        )
    return results


def next_visible(connection: sqlite3.Connection, account: str, queue: str, now: int) -> tuple[bool, int | None]:
    """Return whether a message can be received now, and when the next hidden one becomes visible."""
    number = queue_id(connection, account, queue)
    if number is None:
        return False, None
    row = connection.execute(
        "SELECT visible FROM messages INDEXED BY messages_visible WHERE queue = ? AND visible > ? AND expires > visible"
        " ORDER BY visible LIMIT 1",
        (number, now),
    ).fetchone()
    return bool(_visible(connection, number, now, 1)), None if row is None else row[0]


def remove_emptied(connection: sqlite3.Connection, limit: int) -> bool:
    """Remove up to `limit` messages of queues that were cleared or deleted; return whether there may be more."""
    row = connection.execute("SELECT id FROM emptied_queues LIMIT 1").fetchone()
    if row is None:
        return False
    removed = connection.execute(
        "DELETE FROM messages WHERE sequence IN ("
        " SELECT sequence FROM messages INDEXED BY messages_visible WHERE queue = ? LIMIT ?)",
        (row[0], limit),
    ).rowcount
    if removed < limit:
        connection.execute("DELETE FROM emptied_queues WHERE id = ?", row)
    return True


def queue_id(connection: sqlite3.Connection, account: str, queue: str) -> int | None:
    row = connection.execute("SELECT id FROM queues WHERE account = ? AND name = ?", (account, queue)).fetchone()
    return None if row is None else int(row[0])


def existing_queue(connection: sqlite3.Connection, account: str, queue: str) -> int:
    number = queue_id(connection, account, queue)
    if number is None:
        raise queue_not_found(queue)
    return number


def moment(microseconds: int) -> datetime:
    """Return a time of the store as an aware datetime."""
    return _END if microseconds >= NEVER else datetime.fromtimestamp(microseconds / SECOND, UTC)


def _visible(
    connection: sqlite3.Connection, number: int, now: int, count: int
) -> list[tuple[int, int, str, int, int, int]]:
    return connection.execute(
        "SELECT sequence, nonce, text, inserted, expires, dequeued FROM messages INDEXED BY messages_visible"
        " WHERE queue = ? AND visible <= ? AND expires > ? ORDER BY visible, sequence LIMIT ?",
        (number, now, now, count),
    ).fetchall()


def _remove_expired(connection: sqlite3.Connection, number: int, now: int) -> None:
    """Remove expired messages that stand in front, a bounded number."""
    front = (
        "SELECT sequence, expires FROM messages INDEXED BY messages_visible"
        " WHERE queue = ? AND visible <= ? ORDER BY visible, sequence LIMIT ?"
    )
    first = connection.execute(front, (number, now, 1)).fetchone()
    if first is not None and first[1] <= now:
        connection.execute(
            f"DELETE FROM messages WHERE sequence IN (SELECT sequence FROM ({front}) WHERE expires <= ?)",  # noqa: S608
            (number, now, EXPIRED_AT_ONCE, now),
        )
