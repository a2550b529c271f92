"""What every QueueStore does."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta

import pytest

from funchost.errors import StorageError
from funchost.storage.account import StorageAccount
from funchost.storage.queues import FOREVER, QueueMessage, QueueStore
from tests.integration.storage.contract.stores import contract

LATE = 30.0


async def _get_when_visible(queues: QueueStore, queue: str) -> QueueMessage:
    deadline = time.monotonic() + LATE
    while time.monotonic() < deadline:
        messages = await queues.get(queue)
        if messages:
            return messages[0]
        await asyncio.sleep(0.1)
    raise AssertionError("the message did not become visible")


@contract()
async def test_a_queue_is_created_once(account: StorageAccount, name: str) -> None:
    assert await account.queues.create(name, {"owner": "shop"})
    assert not await account.queues.create(name, {"owner": "shop"})
    assert not await account.queues.create(name)
    with pytest.raises(StorageError) as caught:
        await account.queues.create(name, {"owner": "another"})
    assert (caught.value.code, caught.value.status) == ("QueueAlreadyExists", 409)
    properties = await account.queues.properties(name)
    assert (properties.name, properties.approximate_count, dict(properties.metadata)) == (name, 0, {"owner": "shop"})


@contract()
async def test_a_deleted_queue_is_gone_with_its_messages(account: StorageAccount, name: str) -> None:
    await account.queues.create(name)
    await account.queues.put(name, "x")
    await account.queues.delete(name)
    with pytest.raises(StorageError) as caught:
        await account.queues.properties(name)
    assert (caught.value.code, caught.value.status) == ("QueueNotFound", 404)


@contract()
async def test_every_operation_on_a_missing_queue_says_so(account: StorageAccount, name: str) -> None:
    queues = account.queues
    for operation in (
        queues.properties(name),
        queues.delete(name),
        queues.set_metadata(name, {}),
        queues.put(name, "x"),
        queues.get(name),
        queues.peek(name),
        queues.clear(name),
    ):
        with pytest.raises(StorageError) as caught:
            await operation
        assert (caught.value.code, caught.value.status) == ("QueueNotFound", 404)


@contract()
async def test_metadata_is_replaced_as_a_whole(account: StorageAccount, name: str) -> None:
    await account.queues.create(name, {"a": "1", "b": "2"})
    await account.queues.set_metadata(name, {"c": "3 and more"})
    assert dict((await account.queues.properties(name)).metadata) == {"c": "3 and more"}


@contract()
async def test_queues_are_listed_by_prefix_in_order(account: StorageAccount, name: str) -> None:
    names = [f"{name}-b", f"{name}-a", f"{name}"]
    for each in names:
        await account.queues.create(each)
    try:
        assert await account.queues.list_queues(name) == tuple(sorted(names))
        assert name in await account.queues.list_queues()
        assert await account.queues.list_queues(f"{name}-c") == ()
    finally:
        for each in names[:2]:
            await account.queues.delete(each)


@contract()
async def test_a_name_that_breaks_the_rules_is_refused(account: StorageAccount, name: str) -> None:
    with pytest.raises(StorageError) as caught:
        await account.queues.create("Not_A_Name")
    assert caught.value.status == 400


@contract()
async def test_a_message_goes_out_as_it_came_in(account: StorageAccount, name: str) -> None:
    await account.queues.create(name)
    text = "<a>&amp; \"'\r\n\tÄ 😀 </a>  "
    put = await account.queues.put(name, text)
    assert put.text == text
    assert put.pop_receipt
    assert abs(put.expires - put.inserted - timedelta(days=7)) < timedelta(seconds=2)
    (got,) = await account.queues.get(name)
    assert (got.id, got.text, got.dequeue_count, got.inserted) == (put.id, text, 1, put.inserted)
    assert got.pop_receipt != put.pop_receipt
    assert got.next_visible is not None
    assert timedelta(seconds=20) < got.next_visible - datetime.now(UTC) < timedelta(seconds=40)


@contract()
async def test_the_receipt_of_the_put_deletes_the_message(account: StorageAccount, name: str) -> None:
    await account.queues.create(name)
    put = await account.queues.put(name, "x")
    await account.queues.delete_message(name, put.id, put.pop_receipt)
    assert await account.queues.get(name) == []


@contract()
async def test_messages_come_in_batches_in_the_order_they_were_put(account: StorageAccount, name: str) -> None:
    await account.queues.create(name)
    for number in range(5):
        await account.queues.put(name, str(number))
    first = await account.queues.get(name, 3)
    rest = await account.queues.get(name, 32)
    assert [message.text for message in first + rest] == list("01234")
    assert await account.queues.get(name, 32) == []
    assert (await account.queues.properties(name)).approximate_count == 5


@contract(azurite="it answers 400 without a code")
async def test_a_batch_of_more_than_the_most_is_refused(account: StorageAccount, name: str) -> None:
    await account.queues.create(name)
    for operation in (account.queues.get(name, 33), account.queues.peek(name, 0)):
        with pytest.raises(StorageError) as caught:
            await operation
        assert (caught.value.code, caught.value.status) == ("OutOfRangeQueryParameterValue", 400)


@contract()
async def test_peeking_changes_nothing(account: StorageAccount, name: str) -> None:
    await account.queues.create(name)
    await account.queues.put(name, "a")
    await account.queues.put(name, "b")
    for _ in range(2):
        peeked = await account.queues.peek(name, 5)
        assert [(message.text, message.dequeue_count) for message in peeked] == [("a", 0), ("b", 0)]
        assert (peeked[0].pop_receipt, peeked[0].next_visible) == ("", None)
    (got,) = await account.queues.get(name, 1)
    assert (got.text, got.dequeue_count) == ("a", 1)
    assert [message.text for message in await account.queues.peek(name, 5)] == ["b"]


@contract()
async def test_a_received_message_comes_back_and_counts(account: StorageAccount, name: str) -> None:
    await account.queues.create(name)
    await account.queues.put(name, "x")
    begun = time.monotonic()
    (first,) = await account.queues.get(name, 1, 1)
    second = await _get_when_visible(account.queues, name)
    assert time.monotonic() - begun > 0.9
    assert (second.id, second.dequeue_count) == (first.id, 2)
    assert second.pop_receipt != first.pop_receipt
    with pytest.raises(StorageError) as caught:
        await account.queues.delete_message(name, first.id, first.pop_receipt)
    assert caught.value.code in ("PopReceiptMismatch", "MessageNotFound")


@contract()
async def test_a_message_can_be_put_for_later(account: StorageAccount, name: str) -> None:
    await account.queues.create(name)
    begun = time.monotonic()
    await account.queues.put(name, "x", visibility=1)
    peeked = await account.queues.peek(name)
    assert peeked == [] or time.monotonic() - begun > 0.9
    assert (await _get_when_visible(account.queues, name)).dequeue_count == 1
    assert time.monotonic() - begun > 0.9


@contract()
async def test_a_message_that_outlived_its_time_is_gone(account: StorageAccount, name: str) -> None:
    await account.queues.create(name)
    put = await account.queues.put(name, "x", ttl=1)
    assert put.expires - put.inserted <= timedelta(seconds=2)
    deadline = time.monotonic() + LATE
    while await account.queues.peek(name):
        assert time.monotonic() < deadline
        await asyncio.sleep(0.1)
    assert await account.queues.get(name) == []


@contract()
async def test_a_message_can_live_for_ever(account: StorageAccount, name: str) -> None:
    await account.queues.create(name)
    put = await account.queues.put(name, "x", ttl=FOREVER)
    assert put.expires.year == 9999


@contract()
async def test_an_update_shows_the_message_again_with_another_text(account: StorageAccount, name: str) -> None:
    await account.queues.create(name)
    await account.queues.put(name, "old")
    (got,) = await account.queues.get(name)
    receipt = await account.queues.update(name, got.id, got.pop_receipt, 0, "new")
    assert receipt.pop_receipt != got.pop_receipt
    again = await _get_when_visible(account.queues, name)
    assert (again.text, again.dequeue_count) == ("new", 2)


@contract()
async def test_an_update_without_text_keeps_it_and_makes_the_old_receipt_void(
    account: StorageAccount, name: str
) -> None:
    await account.queues.create(name)
    await account.queues.put(name, "text")
    (got,) = await account.queues.get(name, 1, 2)
    receipt = await account.queues.update(name, got.id, got.pop_receipt, 60)
    assert receipt.next_visible - datetime.now(UTC) > timedelta(seconds=40)
    with pytest.raises(StorageError) as caught:
        await account.queues.update(name, got.id, got.pop_receipt, 60)
    assert caught.value.code == "PopReceiptMismatch"
    with pytest.raises(StorageError) as caught:
        await account.queues.delete_message(name, got.id, got.pop_receipt)
    assert caught.value.code == "PopReceiptMismatch"
    await account.queues.delete_message(name, got.id, receipt.pop_receipt)
    assert (await account.queues.properties(name)).approximate_count == 0


@contract()
async def test_a_message_that_is_gone_is_not_found(account: StorageAccount, name: str) -> None:
    await account.queues.create(name)
    put = await account.queues.put(name, "x")
    await account.queues.delete_message(name, put.id, put.pop_receipt)
    for operation in (
        account.queues.delete_message(name, put.id, put.pop_receipt),
        account.queues.update(name, put.id, put.pop_receipt, 1),
    ):
        with pytest.raises(StorageError) as caught:
            await operation
        assert (caught.value.code, caught.value.status) == ("MessageNotFound", 404)


@contract()
async def test_messages_are_deleted_together_and_each_failure_is_told(account: StorageAccount, name: str) -> None:
    queues = account.queues
    await queues.create(name)
    for number in range(4):
        await queues.put(name, str(number))
    first, second, third, fourth = await queues.get(name, 4)
    receipt = await queues.update(name, third.id, third.pop_receipt, 60)
    handles = [(each.id, each.pop_receipt) for each in (first, third, fourth)]
    failures = await queues.delete_messages(name, handles)
    assert [failure and failure.code for failure in failures] == [None, "PopReceiptMismatch", None]
    again = [(first.id, first.pop_receipt), (second.id, second.pop_receipt), (third.id, receipt.pop_receipt)]
    failures = await queues.delete_messages(name, again)
    assert [failure and failure.code for failure in failures] == ["MessageNotFound", None, None]
    assert (await queues.properties(name)).approximate_count == 0


@contract()
async def test_a_cleared_queue_is_empty(account: StorageAccount, name: str) -> None:
    await account.queues.create(name)
    for number in range(3):
        await account.queues.put(name, str(number))
    await account.queues.get(name)
    await account.queues.clear(name)
    assert (await account.queues.properties(name)).approximate_count == 0


@contract()
async def test_the_longest_message_fits_and_no_longer_one(account: StorageAccount, name: str) -> None:
    await account.queues.create(name)
    longest = "x" * (64 * 1024)
    await account.queues.put(name, longest)
    (got,) = await account.queues.get(name)
    assert got.text == longest
    for too_long in (longest + "x", "ä" * (32 * 1024 + 1)):
        with pytest.raises(StorageError) as caught:
            await account.queues.put(name, too_long)
        assert (caught.value.code, caught.value.status) == ("RequestBodyTooLarge", 413)
    with pytest.raises(StorageError) as caught:
        await account.queues.update(name, got.id, got.pop_receipt, 1, longest + "x")
    assert (caught.value.code, caught.value.status) == ("RequestBodyTooLarge", 413)


@contract()
async def test_an_empty_message_is_a_message(account: StorageAccount, name: str) -> None:
    await account.queues.create(name)
    await account.queues.put(name, "")
    (got,) = await account.queues.get(name)
    assert got.text == ""


@contract()
async def test_a_text_that_xml_cannot_carry_is_refused(account: StorageAccount, name: str) -> None:
    await account.queues.create(name)
    for text in ("a\0", "\x1b[0m", "\ud800", "\uffff"):
        with pytest.raises(StorageError) as caught:
            await account.queues.put(name, text)
        assert caught.value.status == 400
    assert await account.queues.get(name) == []


@contract()
async def test_a_watcher_is_woken_by_a_put_until_it_stops_watching(account: StorageAccount, name: str) -> None:
    await account.queues.create(name)
    woken = asyncio.Event()
    stop = account.queues.watch(name, woken.set)
    await account.queues.put(name, "x")
    await asyncio.wait_for(woken.wait(), LATE)
    stop()
    woken.clear()
    await account.queues.put(name, "y")
    await asyncio.sleep(0)
    assert not woken.is_set()
