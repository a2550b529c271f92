"""EmbeddedQueues: the QueueStore of the embedded store."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import NamedTuple

from funchost.errors import StorageError
from funchost.storage.embedded import queue_messages
from funchost.storage.embedded.engine import Engine
from funchost.storage.embedded.queue_messages import Handle, NewMessage
from funchost.storage.embedded.queue_names import (
    check_count,
    check_life,
    check_name,
    check_visibility,
    queue_not_found,
)
from funchost.storage.embedded.queue_watch import RECHECK, QueueWatch, later_topic, topic
from funchost.storage.message_text import check_text
from funchost.storage.queues import WEEK, QueueMessage, QueueProperties, Receipt

MAX_PAGE = 5000
"""Most queues of one page of a listing, a rule of the service."""


REMOVED_AT_ONCE = 200


class QueuePage(NamedTuple):
    """One page of a listing, by name; `next` is the marker of the following page, None at the end.

    Counts of messages are not filled in.
    """

    queues: tuple[QueueProperties, ...]
    next: str | None


class EmbeddedQueues:
    """Queues of one account in the embedded store; see QueueStore.

    Args:
        engine: of the store.
        account: its name.
        url: base URL of the account's queues.
    """

    def __init__(self, engine: Engine, account: str, url: str) -> None:
        self.url = url
        self._engine = engine
        self._account = account
        self._putting = self._put_all
        self._deleting = self._delete_all

    async def create(self, queue: str, metadata: Mapping[str, str] | None = None) -> bool:
        """Return True if it was created, False if it was there.

        Raises:
            StorageError: ``QueueAlreadyExists`` if metadata is given and is not that of the queue that is there.
        """
        check_name(queue)
        return await self._engine.write(partial(_create, self._account, queue, metadata))

    async def delete(self, queue: str) -> None:
        check_name(queue)
        await self._engine.write(partial(_delete, self._account, queue))
        await remove_emptied(self._engine)

    async def properties(self, queue: str) -> QueueProperties:
        check_name(queue)
        return await self._engine.read(partial(_properties, self._account, queue, self._engine.now()))

    async def set_metadata(self, queue: str, metadata: Mapping[str, str]) -> None:
        check_name(queue)
        await self._engine.write(partial(_set_metadata, self._account, queue, metadata))

    async def list_queues(self, prefix: str = "") -> tuple[str, ...]:
        names: list[str] = []
        marker: str | None = None
        while True:
            page = await self.list_page(prefix, marker)
            names += [queue.name for queue in page.queues]
            marker = page.next
            if marker is None:
                return tuple(names)

    async def list_page(self, prefix: str = "", marker: str | None = None, limit: int = MAX_PAGE) -> QueuePage:
        """Return up to `limit` queues whose names begin with `prefix`, from the name `marker` on."""
        return await self._engine.read(partial(_list, self._account, prefix, marker or "", min(limit, MAX_PAGE)))

    async def put(self, queue: str, text: str, *, visibility: float = 0, ttl: int = WEEK) -> QueueMessage:
        check_name(queue)
        check_text(text)
        check_visibility(visibility)
        check_life(ttl, visibility)
        return await self._engine.write_merged(
            self._putting, NewMessage(queue, text, visibility, ttl), topics=(self._topic(queue, visibility),)
        )

    async def get(self, queue: str, count: int = 1, visibility: float = 30) -> list[QueueMessage]:
        check_name(queue)
        check_count(count)
        check_visibility(visibility)

        def operation(connection: sqlite3.Connection) -> list[QueueMessage]:
            messages = queue_messages.get(connection, self._account, queue, self._engine.now(), count, visibility)
            if messages and visibility < RECHECK:
                self._engine.announce(self._topic(queue, visibility))
            return messages

        return await self._engine.write(operation, durable=False)

    async def peek(self, queue: str, count: int = 1) -> list[QueueMessage]:
        check_name(queue)
        check_count(count)

        def operation(connection: sqlite3.Connection) -> list[QueueMessage]:
            return queue_messages.peek(connection, self._account, queue, self._engine.now(), count)

        return await self._engine.read(operation)

    async def update(
        self, queue: str, message_id: str, pop_receipt: str, visibility: float, text: str | None = None
    ) -> Receipt:
        check_name(queue)
        check_visibility(visibility)
        if text is not None:
            check_text(text)
        handle = Handle(queue, message_id, pop_receipt)

        def operation(connection: sqlite3.Connection) -> Receipt:
            return queue_messages.update(connection, self._account, handle, self._engine.now(), visibility, text)

        topics = () if visibility >= RECHECK else (self._topic(queue, visibility),)
        return await self._engine.write(operation, durable=text is not None, topics=topics)

    async def delete_message(self, queue: str, message_id: str, pop_receipt: str) -> None:
        check_name(queue)
        await self._engine.write_merged(self._deleting, Handle(queue, message_id, pop_receipt), durable=False)

    async def delete_messages(self, queue: str, messages: Sequence[tuple[str, str]]) -> list[StorageError | None]:
        check_name(queue)
        handles = [Handle(queue, message_id, pop_receipt) for message_id, pop_receipt in messages]
        return await self._engine.write(lambda connection: self._delete_all(connection, handles), durable=False)

    async def clear(self, queue: str) -> None:
        check_name(queue)
        await self._engine.write(partial(_clear, self._account, queue))
        await remove_emptied(self._engine)

    def watch(self, queue: str, wake: Callable[[], None]) -> Callable[[], None]:
        return QueueWatch(self._engine, self._account, queue, wake).end

    def _topic(self, queue: str, visibility: float) -> str:
        return later_topic(self._account, queue) if visibility else topic(self._account, queue)

    def _put_all(
        self, connection: sqlite3.Connection, messages: Sequence[NewMessage]
    ) -> list[QueueMessage | StorageError]:
        return queue_messages.put(connection, self._account, self._engine.now(), messages)

    def _delete_all(self, connection: sqlite3.Connection, handles: Sequence[Handle]) -> list[StorageError | None]:
        return queue_messages.delete(connection, self._account, self._engine.now(), handles)


async def remove_emptied(engine: Engine) -> None:
    """Remove the messages of queues that were cleared or deleted, in steps between which others write."""
    step = partial(queue_messages.remove_emptied, limit=REMOVED_AT_ONCE)
    while await engine.write(step, durable=False):
        pass


async def resume_removal(engine: Engine) -> None:
    """Do what a process that ended meanwhile has left of it."""
    try:
        await remove_emptied(engine)
    except StorageError:
        return  # the next one who clears or deletes a queue goes on


def _create(account: str, queue: str, metadata: Mapping[str, str] | None, connection: sqlite3.Connection) -> bool:
    row = connection.execute("SELECT metadata FROM queues WHERE account = ? AND name = ?", (account, queue)).fetchone()
    if row is None:
        connection.execute(
            "INSERT INTO queues VALUES (?, ?, ?, ?)",
            (account, queue, _new_id(connection), json.dumps(dict(metadata or {}))),
        )
        return True
    if metadata is not None and json.loads(row[0]) != dict(metadata):
        raise StorageError("QueueAlreadyExists", f"The queue {queue!r} exists with other metadata", 409)
    return False


def _delete(account: str, queue: str, connection: sqlite3.Connection) -> None:
    number = queue_messages.existing_queue(connection, account, queue)
    connection.execute("INSERT INTO emptied_queues VALUES (?)", (number,))
    connection.execute("DELETE FROM queues WHERE id = ?", (number,))


def _clear(account: str, queue: str, connection: sqlite3.Connection) -> None:
    number = queue_messages.existing_queue(connection, account, queue)
    new = _new_id(connection)
    connection.execute("INSERT INTO emptied_queues VALUES (?)", (number,))
    connection.execute("UPDATE queues SET id = ? WHERE id = ?", (new, number))


def _new_id(connection: sqlite3.Connection) -> int:
    (number,) = connection.execute(
        "SELECT max(coalesce((SELECT max(id) FROM queues), 0), coalesce((SELECT max(id) FROM emptied_queues), 0)) + 1"
    ).fetchone()
    return int(number)


def _properties(account: str, queue: str, now: int, connection: sqlite3.Connection) -> QueueProperties:
    row = connection.execute(
        "SELECT metadata, (SELECT count(*) FROM messages INDEXED BY messages_visible"
        " WHERE queue = queues.id AND expires > ?) FROM queues WHERE account = ? AND name = ?",
        (now, account, queue),
    ).fetchone()
    if row is None:
        raise queue_not_found(queue)
    return QueueProperties(queue, row[1], MappingProxyType(json.loads(row[0])))


def _set_metadata(account: str, queue: str, metadata: Mapping[str, str], connection: sqlite3.Connection) -> None:
    number = queue_messages.existing_queue(connection, account, queue)
    connection.execute("UPDATE queues SET metadata = ? WHERE id = ?", (json.dumps(dict(metadata)), number))


def _list(account: str, prefix: str, marker: str, limit: int, connection: sqlite3.Connection) -> QueuePage:
    rows = connection.execute(
        "SELECT name, metadata FROM queues WHERE account = ? AND name >= ? AND name < ? ORDER BY name LIMIT ?",
        (account, max(prefix, marker), prefix + "\U0010ffff", limit + 1),
    ).fetchall()
    found = tuple(QueueProperties(name, 0, MappingProxyType(json.loads(text))) for name, text in rows[:limit])
    return QueuePage(found, rows[limit][0] if len(rows) > limit else None)
