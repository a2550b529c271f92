"""Messages in SQL: receiving, hiding, expiring, removing."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import pytest

from funchost.errors import StorageError
from funchost.storage.embedded import queue_messages, queues_schema
from funchost.storage.embedded.queue_messages import SECOND, Handle, NewMessage
from funchost.storage.embedded.schema import statements
from funchost.storage.queues import FOREVER, WEEK, QueueMessage

ACCOUNT = "account"
QUEUE = "jobs"
NOW = 1_800_000_000 * SECOND
"""Noon of these tests."""


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    for statement in statements(queues_schema.SCHEMA):
        connection.execute(statement)
    connection.execute("INSERT INTO queues VALUES (?, ?, 1, '{}'), (?, 'other', 2, '{}')", (ACCOUNT, QUEUE, ACCOUNT))
    yield connection
    connection.close()


def put(
    connection: sqlite3.Connection, *texts: str, now: int = NOW, visibility: float = 0, ttl: int = WEEK
) -> list[QueueMessage]:
    new = [NewMessage(QUEUE, text, visibility, ttl) for text in texts]
    results = queue_messages.put(connection, ACCOUNT, now, new)
    return [result for result in results if isinstance(result, QueueMessage)]


def get(connection: sqlite3.Connection, now: int, count: int = 1, visibility: float = 30) -> list[QueueMessage]:
    return queue_messages.get(connection, ACCOUNT, QUEUE, now, count, visibility)


def texts(messages: list[QueueMessage]) -> list[str]:
    return [message.text for message in messages]


def handle(message: QueueMessage) -> Handle:
    return Handle(QUEUE, message.id, message.pop_receipt)


def test_messages_come_in_the_order_they_were_put(connection: sqlite3.Connection) -> None:
    put(connection, "a", "b")
    put(connection, "c", now=NOW + 1)
    assert texts(get(connection, NOW + 1, count=2)) == ["a", "b"]
    assert texts(get(connection, NOW + 1, count=2)) == ["c"]
    assert get(connection, NOW + 1) == []


def test_received_message_returns_when_its_time_is_over(connection: sqlite3.Connection) -> None:
    put(connection, "a")
    (first,) = get(connection, NOW, visibility=0.5)
    assert get(connection, NOW + SECOND // 2 - 1) == []
    (second,) = get(connection, NOW + SECOND // 2)
    assert (first.dequeue_count, second.dequeue_count) == (1, 2)
    assert first.id == second.id
    assert first.pop_receipt != second.pop_receipt


def test_message_that_failed_stands_behind_those_that_came_before_it_returned(connection: sqlite3.Connection) -> None:
    put(connection, "a", "b")
    get(connection, NOW, visibility=5)
    put(connection, "late", now=NOW + 6 * SECOND)
    assert texts(get(connection, NOW + 7 * SECOND, count=3)) == ["b", "a", "late"]


def test_delayed_message_is_hidden_until_its_time(connection: sqlite3.Connection) -> None:
    put(connection, "later", visibility=10)
    assert get(connection, NOW + 10 * SECOND - 1) == []
    assert texts(get(connection, NOW + 10 * SECOND)) == ["later"]


def test_peek_changes_nothing(connection: sqlite3.Connection) -> None:
    put(connection, "a", "b")
    peeked = queue_messages.peek(connection, ACCOUNT, QUEUE, NOW, 5)
    assert [(m.text, m.dequeue_count, m.pop_receipt, m.next_visible) for m in peeked] == [
        ("a", 0, "", None),
        ("b", 0, "", None),
    ]
    assert get(connection, NOW)[0].dequeue_count == 1


def test_update_hides_and_replaces_and_gives_a_new_receipt(connection: sqlite3.Connection) -> None:
    put(connection, "a")
    (message,) = get(connection, NOW)
    receipt = queue_messages.update(connection, ACCOUNT, handle(message), NOW, 60, "changed")
    assert receipt.pop_receipt != message.pop_receipt
    assert receipt.next_visible == queue_messages.moment(NOW + 60 * SECOND)
    with pytest.raises(StorageError, match="PopReceiptMismatch"):
        queue_messages.update(connection, ACCOUNT, handle(message), NOW, 60, None)
    assert get(connection, NOW + 59 * SECOND) == []
    assert texts(get(connection, NOW + 60 * SECOND)) == ["changed"]


def test_update_to_zero_shows_the_message_at_once(connection: sqlite3.Connection) -> None:
    put(connection, "a")
    (message,) = get(connection, NOW)
    queue_messages.update(connection, ACCOUNT, handle(message), NOW, 0, None)
    assert texts(get(connection, NOW)) == ["a"]


def test_delete_needs_the_newest_receipt(connection: sqlite3.Connection) -> None:
    (added,) = put(connection, "a")
    (message,) = get(connection, NOW)
    unknown = message._replace(id="11111111-1111-1111-1111-111111111111")
    elsewhere = handle(message)._replace(queue="other")
    missing = handle(message)._replace(queue="missing")
    handles = [handle(added), handle(unknown), elsewhere, missing, handle(message), handle(message)]
    results = queue_messages.delete(connection, ACCOUNT, NOW, handles)
    assert [None if result is None else result.code for result in results] == [
        "PopReceiptMismatch",
        "MessageNotFound",
        "MessageNotFound",
        "QueueNotFound",
        None,
        "MessageNotFound",
    ]
    assert get(connection, NOW + 60 * SECOND) == []


def test_receipt_of_a_put_message_is_good_until_it_is_received(connection: sqlite3.Connection) -> None:
    (added,) = put(connection, "a", visibility=60)
    assert queue_messages.delete(connection, ACCOUNT, NOW, [handle(added)]) == [None]


def test_message_put_into_a_missing_queue_fails_alone(connection: sqlite3.Connection) -> None:
    new = [NewMessage("missing", "a", 0, WEEK), NewMessage("other", "b", 0, WEEK)]
    first, second = queue_messages.put(connection, ACCOUNT, NOW, new)
    assert isinstance(first, StorageError)
    assert first.code == "QueueNotFound"
    assert isinstance(second, QueueMessage)


@pytest.mark.parametrize("text", ["", "\0a\0", "\u2028 é 数 \U0001f600", '"quoted" \\ \n', "[1]", "null"])
def test_text_comes_out_as_it_went_in(connection: sqlite3.Connection, text: str) -> None:
    put(connection, text)
    assert texts(get(connection, NOW)) == [text]


def test_expired_messages_are_not_received_and_go(connection: sqlite3.Connection) -> None:
    put(connection, *(f"old {i}" for i in range(250)), ttl=1)
    put(connection, "kept", ttl=FOREVER)
    later = NOW + SECOND
    assert texts(queue_messages.peek(connection, ACCOUNT, QUEUE, later, 5)) == ["kept"]
    (message,) = get(connection, later, count=5)
    assert message.expires.year == 9999
    assert get(connection, later) == []
    assert connection.execute("SELECT count(*) FROM messages").fetchone() == (1,)


def test_expired_message_cannot_be_updated_or_deleted(connection: sqlite3.Connection) -> None:
    put(connection, "a", ttl=10)
    (message,) = get(connection, NOW)
    later = NOW + 10 * SECOND
    with pytest.raises(StorageError, match="MessageNotFound"):
        queue_messages.update(connection, ACCOUNT, handle(message), later, 0, None)
    (result,) = queue_messages.delete(connection, ACCOUNT, later, [handle(message)])
    assert result is not None
    assert result.code == "MessageNotFound"


def test_next_time_of_a_hidden_message_is_known(connection: sqlite3.Connection) -> None:
    def look(now: int) -> tuple[bool, int | None]:
        return queue_messages.next_visible(connection, ACCOUNT, QUEUE, now)

    assert look(NOW) == (False, None)
    put(connection, "later", visibility=10)
    put(connection, "sooner", visibility=5)
    put(connection, "never shown", visibility=2, ttl=3)
    (message,) = get(connection, NOW + 2 * SECOND)
    assert message.text == "never shown"
    assert look(NOW + 2 * SECOND) == (False, NOW + 5 * SECOND)
    assert look(NOW + 5 * SECOND) == (True, NOW + 10 * SECOND)


def test_emptied_queues_are_removed_in_steps(connection: sqlite3.Connection) -> None:
    put(connection, *(str(i) for i in range(25)))
    connection.execute("UPDATE queues SET id = 3 WHERE id = 1")
    connection.execute("INSERT INTO emptied_queues VALUES (1)")
    put(connection, "new")
    steps = 0
    while queue_messages.remove_emptied(connection, 10):
        steps += 1
    assert steps == 3
    assert texts(get(connection, NOW, count=5)) == ["new"]
    assert connection.execute("SELECT count(*) FROM messages").fetchone() == (1,)


def test_clock_that_was_set_back_hides_nothing_for_long(connection: sqlite3.Connection) -> None:
    put(connection, "waiting", "running", ttl=100)
    put(connection, "for ever", ttl=FOREVER)
    get(connection, NOW, visibility=60)
    put(connection, "delayed", visibility=20, ttl=100)
    earlier = NOW - 3600 * SECOND
    assert get(connection, earlier) == []
    queues_schema.clock_set_back(connection, earlier)
    assert texts(get(connection, earlier, count=5)) == ["running", "for ever"]
    assert texts(get(connection, earlier + 20 * SECOND, count=5)) == ["delayed"]
    later = get(connection, earlier + 60 * SECOND, count=5)
    assert "waiting" in texts(later)
    assert texts(get(connection, earlier + 100 * SECOND, count=5)) == ["for ever"]


def test_receiving_updating_and_deleting_look_at_few_of_many_messages(connection: sqlite3.Connection) -> None:
    put(connection, *("hidden" for _ in range(1000)), visibility=60)
    put(connection, *("visible" for _ in range(1000)))
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1
        return 0

    connection.set_progress_handler(count, 100)
    for _ in range(10):
        received = get(connection, NOW, count=16)
        assert len(received) == 16
        queue_messages.update(connection, ACCOUNT, handle(received[0]), NOW, 60, None)
        assert queue_messages.delete(connection, ACCOUNT, NOW, [handle(one) for one in received[1:]]) == [None] * 15
    connection.set_progress_handler(None, 0)
    assert steps * 100 / 10 < 4000, "instructions of SQLite's machine for one round; some 10 for each message it skips"
