"""What is done to the messages of one queue, in SQL. Every function runs inside a transaction of the engine."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from typing import NamedTuple

from funchost.errors import StorageError
from funchost.storage.embedded.purging import purge
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
    values: list[int | str] = []
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
        values += (sequence, queue, nonce, visible, now, now, expires, receipt, text)
        identifier, proof = message_id(nonce, sequence), receipt_text(receipt)
        results.append(
            QueueMessage(identifier, text, moment(now), moment(expires), 0, proof, moment(visible)),
        )
    if values:
        connection.execute(_insert(len(values) // _COLUMNS), values)
    return results


def get(
    connection: sqlite3.Connection, account: str, queue: str, now: int, count: int, visibility: float
) -> list[QueueMessage]:
    """Receive up to `count` messages; expired ones that stand in the way are removed."""
    number, rows, front = _look(connection, account, queue, now, count)
    if front is not None and front <= now:
        connection.execute(_REMOVE_EXPIRED, (number, now, EXPIRED_AT_ONCE, now))
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
    _, rows, _ = _look(connection, account, queue, now, count)
    return [
        QueueMessage(message_id(nonce, sequence), text, moment(inserted), moment(expires), dequeued)
        for sequence, nonce, text, inserted, expires, dequeued in rows
    ]


def update(
    connection: sqlite3.Connection, account: str, handle: Handle, now: int, visibility: float, text: str | None
) -> Receipt:
    """Hide a received message from now on for `visibility` seconds, and replace its text if given."""
    nonce, sequence = row_of(handle.id)
    found = _find(connection, account, now, [sequence]).get(sequence)
    refusal = _refusal(connection, account, handle, nonce, found)
    if refusal is not None:
        raise refusal
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
    places = [row_of(handle.id) for handle in handles]
    found = _find(connection, account, now, [sequence for _, sequence in places])
    results: list[StorageError | None] = []
    removed: list[int] = []
    for handle, (nonce, sequence) in zip(handles, places, strict=True):
        refusal = _refusal(connection, account, handle, nonce, found.get(sequence))
        if refusal is None:
            del found[sequence]
            removed.append(sequence)
        results.append(refusal)
    if removed:
        connection.execute(
            "DELETE FROM messages WHERE sequence IN (SELECT value FROM json_each(?))", (json.dumps(removed),)
        )
    return results


def next_visible(connection: sqlite3.Connection, account: str, queue: str, now: int) -> tuple[bool, int | None]:
    """Return whether a message can be received now, and when the next hidden one becomes visible."""
    if queue_id(connection, account, queue) is None:
        return False, None
    number, rows, _ = _look(connection, account, queue, now, 1)
    row = connection.execute(
        "SELECT visible FROM messages INDEXED BY messages_visible WHERE queue = ? AND visible > ? AND expires > visible"
        " ORDER BY visible LIMIT 1",
        (number, now),
    ).fetchone()
    return bool(rows), None if row is None else row[0]


def remove_emptied(connection: sqlite3.Connection, limit: int) -> bool:
    """Remove up to `limit` messages of queues that were cleared or deleted; return whether there may be more."""
    removal = (
        "DELETE FROM messages WHERE sequence IN ("
        " SELECT sequence FROM messages INDEXED BY messages_visible WHERE queue = ?1 LIMIT ?2)"
    )
    return purge(connection, "emptied_queues", removal, limit)


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


def _look(
    connection: sqlite3.Connection, account: str, queue: str, now: int, count: int
) -> tuple[int, list[tuple[int, int, str, int, int, int]], int | None]:
    """Return a queue's number, its first visible messages, and when the very first one expires or has expired."""
    row = connection.execute(_LOOK, (now, count, account, queue)).fetchone()
    if row is None:
        raise queue_not_found(queue)
    return row[0], json.loads(row[1]), row[2]


def _find(
    connection: sqlite3.Connection, account: str, now: int, sequences: Sequence[int]
) -> dict[int, tuple[str, int, int]]:
    """Return queue, nonce and receipt of messages that have not expired, by sequence."""
    (found,) = connection.execute(_FIND, (account, now, json.dumps(sequences))).fetchone()
    return {sequence: (queue, nonce, receipt) for sequence, queue, nonce, receipt in json.loads(found)}


def _refusal(
    connection: sqlite3.Connection, account: str, handle: Handle, nonce: int, found: tuple[str, int, int] | None
) -> StorageError | None:
    """Return why a message cannot be updated or deleted, None if it can."""
    if found is None or found[:2] != (handle.queue, nonce):
        if queue_id(connection, account, handle.queue) is None:
            return queue_not_found(handle.queue)
        return message_not_found(handle.id)
    return None if found[2] == receipt_number(handle.pop_receipt) else receipt_mismatch(handle.id)


@cache
def _insert(rows: int) -> str:
    row = f"({', '.join('?' * (_COLUMNS - 1))}, 0, ?)"
    return f"INSERT INTO messages VALUES {', '.join([row] * rows)}"  # noqa: S608 - question marks only


_COLUMNS = 9
"""Values of one new message."""

# Each of these is one row, for the thread that runs them lets go of the interpreter with every row, and may wait to get
# it back while other processes wait for the lock.
_FRONT = "messages INDEXED BY messages_visible WHERE queue = queues.id AND visible <= ?1"
_LOOK = f"""
SELECT id,
    (SELECT json_group_array(json_array(sequence, nonce, text, inserted, expires, dequeued)) FROM (
        SELECT * FROM {_FRONT} AND expires > ?1 ORDER BY visible, sequence LIMIT ?2)),
    (SELECT expires FROM {_FRONT} ORDER BY visible, sequence LIMIT 1)
FROM queues WHERE account = ?3 AND name = ?4
"""  # noqa: S608 - our own text
_FIND = """
SELECT json_group_array(json_array(sequence, name, nonce, receipt))
FROM messages CROSS JOIN queues ON queues.id = messages.queue
WHERE account = ?1 AND expires > ?2 AND sequence IN (SELECT value FROM json_each(?3))
"""
_REMOVE_EXPIRED = """
DELETE FROM messages WHERE sequence IN (
    SELECT sequence FROM (
        SELECT sequence, expires FROM messages INDEXED BY messages_visible
        WHERE queue = ? AND visible <= ? ORDER BY visible, sequence LIMIT ?)
    WHERE expires <= ?)
"""
