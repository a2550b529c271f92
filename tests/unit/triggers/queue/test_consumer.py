from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from funchost.app.queue_options import QueueOptions
from funchost.logs import HostLog, LogFilter
from funchost.storage.queues import QueueMessage
from funchost.triggers.availability import Availability
from funchost.triggers.gate import Gate
from funchost.triggers.queue.consumer import MessageNotTakenError, QueueConsumer, UnreadableMessageError
from tests.unit.http.apps import Lines
from tests.unit.triggers.queue.store import MemoryQueues


class Site:
    """A consumer of the queue `orders` and what is around it; pauses take next to no time."""

    def __init__(
        self,
        handle: Callable[[QueueMessage], Awaitable[bool]],
        options: QueueOptions,
        poison: str | None = "orders-poison",
    ) -> None:
        self.store = MemoryQueues("orders")
        self.console = Lines()
        self.gate = Gate()
        log = HostLog(self.console, LogFilter({"default": "Debug"}))
        self.availability = Availability(log)
        self.consumer = QueueConsumer(
            self.store,
            "orders",
            options,
            handle,
            poison=poison,
            log=log,
            name="take",
            availability=self.availability,
            gate=self.gate,
            local=True,
            spread=lambda: 0.01,
        )

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(5):
            while not condition():
                await asyncio.sleep(0)

    def is_settled(self) -> bool:
        return not self.store.queues["orders"] and not self.store.hidden and not self.consumer.running


@asynccontextmanager
async def consuming(
    handle: Callable[[QueueMessage], Awaitable[bool]],
    *texts: str,
    poison: str | None = "orders-poison",
    options: QueueOptions | None = None,
) -> AsyncIterator[Site]:
    site = Site(handle, options or QueueOptions(batch_size=4, new_batch_threshold=2), poison)
    site.store.add("orders", *texts)
    running = asyncio.create_task(site.consumer.run())
    try:
        yield site
        site.consumer.drain()
        async with asyncio.timeout(5):
            await running
    finally:
        running.cancel()


class Handler:
    """Keeps what it gets; `answer` decides, and messages wait while `hold` is not set."""

    def __init__(self, answer: Callable[[QueueMessage], bool] = lambda _: True) -> None:
        self.answer = answer
        self.got: list[str] = []
        self.counts: list[int] = []
        self.running = self.most = 0
        self.hold = asyncio.Event()
        self.hold.set()

    async def __call__(self, message: QueueMessage) -> bool:
        self.got.append(message.text)
        self.counts.append(message.dequeue_count)
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            await self.hold.wait()
            return self.answer(message)
        finally:
            self.running -= 1


async def test_messages_are_handled_once_and_deleted() -> None:
    handler = Handler()
    texts = [str(number) for number in range(20)]
    async with consuming(handler, *texts) as site:
        await site.until(site.is_settled)
        site.store.add("orders", "late")
        await site.until(lambda: "late" in handler.got and site.is_settled())
    assert handler.got == [*texts, "late"]
    assert site.store.largest_batch == 4


async def test_the_next_batch_is_received_as_soon_as_few_enough_run() -> None:
    handler = Handler()
    handler.hold.clear()
    async with consuming(handler, *"abcdefghijkl") as site:
        await site.until(lambda: handler.running == 4)
        for _ in range(20):
            await asyncio.sleep(0)
        assert handler.running == 4
        handler.hold.set()
        await site.until(site.is_settled)
    assert handler.most <= 6


async def test_a_failed_message_comes_again_and_goes_to_the_poison_queue_after_its_last_time() -> None:
    handler = Handler(lambda message: message.text != "bad")
    async with consuming(handler, "bad", "good") as site:
        await site.until(lambda: site.store.texts("orders-poison") == ["bad"] and site.is_settled())
    assert [count for text, count in zip(handler.got, handler.counts, strict=True) if text == "bad"] == [1, 2, 3, 4, 5]
    assert "Message has reached MaxDequeueCount of 5. Moving message to queue 'orders-poison'." in site.console.text


async def test_a_message_received_too_often_is_not_handled_any_more() -> None:
    handler = Handler()
    site = Site(handler, QueueOptions())
    site.store.add("orders", "killer")
    site.store.queues["orders"][0] = site.store.queues["orders"][0]._replace(dequeue_count=5)
    running = asyncio.create_task(site.consumer.run())
    await site.until(lambda: site.store.texts("orders-poison") == ["killer"] and site.is_settled())
    site.consumer.drain()
    await running
    assert handler.got == []


async def test_a_message_that_cannot_be_read_goes_to_the_poison_queue_at_once() -> None:
    def refuse(message: QueueMessage) -> bool:
        raise UnreadableMessageError("Message decoding has failed!")

    handler = Handler(refuse)
    async with consuming(handler, "?") as site:
        await site.until(lambda: site.store.texts("orders-poison") == ["?"] and site.is_settled())
    assert handler.got == ["?"]
    assert "Message decoding has failed!" in site.console.text
    assert "MaxDequeueCount" not in site.console.text


async def test_without_a_poison_queue_a_failed_message_stays_hidden_for_its_time() -> None:
    handler = Handler(lambda _: False)
    async with consuming(handler, "bad", poison=None) as site:
        await site.until(lambda: bool(handler.got) and not site.consumer.running)
    assert list(site.store.hidden) == ["m0"]
    assert site.store.calls.count("update") == 0


async def test_a_fault_of_the_handler_is_told_and_loses_nothing() -> None:
    def fail(message: QueueMessage) -> bool:
        if message.dequeue_count == 1:
            raise RuntimeError("broken")
        return True

    async with consuming(Handler(fail), "x") as site:
        await site.until(site.is_settled)
    assert "RuntimeError('broken')" in site.console.text


async def test_a_message_that_is_not_taken_is_given_back() -> None:
    def leave(message: QueueMessage) -> bool:
        raise MessageNotTakenError

    site = Site(Handler(leave), QueueOptions())
    site.store.add("orders", "x")
    running = asyncio.create_task(site.consumer.run())
    await site.until(lambda: "update" in site.store.calls)
    site.consumer.drain()
    await running
    assert site.store.texts("orders") == ["x"]


async def test_a_drained_consumer_finishes_what_runs_and_takes_no_more() -> None:
    handler = Handler()
    handler.hold.clear()
    async with consuming(handler, *"abcdef") as site:
        await site.until(lambda: handler.running == 4)
        site.consumer.drain()
        handler.hold.set()
    assert handler.got == list("abcd")
    assert site.store.texts("orders") == ["e", "f"]
    assert not site.store.hidden


async def test_messages_that_come_after_the_drain_are_given_back() -> None:
    handler = Handler()
    site = Site(handler, QueueOptions())
    site.store.add("orders", "a", "b")
    running = asyncio.create_task(site.consumer.run())
    await site.until(lambda: "get" in site.store.calls)
    site.consumer.drain()
    await running
    assert handler.got == []
    assert site.store.texts("orders") == ["a", "b"]


async def test_nothing_is_received_while_no_worker_takes_calls() -> None:
    handler = Handler()
    site = Site(handler, QueueOptions())
    site.gate.close()
    site.store.add("orders", "a")
    running = asyncio.create_task(site.consumer.run())
    for _ in range(20):
        await asyncio.sleep(0)
    assert site.store.calls == []
    site.gate.open()
    await site.until(site.is_settled)
    site.consumer.drain()
    await running
    assert handler.got == ["a"]


async def test_a_queue_that_does_not_exist_is_empty_and_not_created() -> None:
    handler = Handler()
    site = Site(handler, QueueOptions())
    del site.store.queues["orders"]
    running = asyncio.create_task(site.consumer.run())
    await site.until(lambda: site.store.calls.count("get") > 2)
    assert "create" not in site.store.calls
    assert site.availability.problems == ()
    site.store.queues["orders"] = []
    site.store.add("orders", "a")
    await site.until(lambda: handler.got == ["a"] and site.is_settled())
    site.consumer.drain()
    await running


@pytest.mark.parametrize("operation", ["get", "delete"])
async def test_a_store_that_is_away_is_said_once_each_way_and_loses_nothing(operation: str) -> None:
    handler = Handler()
    async with consuming(handler) as site:
        site.store.away = {operation}
        site.store.add("orders", "a", "b")
        await site.until(lambda: site.store.calls.count(operation) > 6)
        (problem,) = site.availability.problems
        assert "memory://queues" in problem
        assert "The server is busy." in problem
        site.store.away = set()
        await site.until(site.is_settled)
        await site.until(lambda: site.availability.problems == ())
    assert handler.got == ["a", "b"]
    assert site.console.text.count("cannot be used") == 1
    assert site.console.text.count("can be used again") == 1


async def test_a_poisoned_message_is_moved_when_the_store_is_back() -> None:
    handler = Handler(lambda _: False)
    async with consuming(handler, "bad", options=QueueOptions(max_dequeue_count=1)) as site:
        site.store.away = {"put"}
        await site.until(lambda: site.store.calls.count("put") > 3)
        assert list(site.store.hidden) == ["m0"]
        site.store.away = set()
        await site.until(lambda: site.store.texts("orders-poison") == ["bad"] and site.is_settled())


async def test_a_finished_message_that_somebody_else_has_meanwhile_is_left_to_them() -> None:
    handler = Handler()
    handler.hold.clear()
    async with consuming(handler, "a") as site:
        await site.until(lambda: handler.running == 1)
        site.store.take_away("m0")
        handler.hold.set()
    assert list(site.store.hidden) == ["m0"]
    assert site.availability.problems == ()


async def test_messages_that_are_handled_together_are_deleted_together() -> None:
    handler = Handler()
    handler.hold.clear()
    async with consuming(handler, *"abcd", options=QueueOptions(batch_size=4, new_batch_threshold=0)) as site:
        await site.until(lambda: handler.running == 4)
        handler.hold.set()
        await site.until(site.is_settled)
    assert site.store.deleted_together == [4]


async def test_a_handled_message_is_deleted_soon_although_others_still_run() -> None:
    slow = asyncio.Event()

    async def handle(message: QueueMessage) -> bool:
        if message.text == "slow":
            await slow.wait()
        return True

    async with consuming(handle, "slow", "quick") as site:
        await site.until(lambda: list(site.store.hidden) == ["m0"])
        assert site.consumer.running == 1
        slow.set()
        await site.until(site.is_settled)


async def test_a_drained_consumer_deletes_what_was_handled_although_the_last_one_fails() -> None:
    handler = Handler(lambda message: message.text != "bad")
    handler.hold.clear()
    async with consuming(handler, "good", "bad") as site:
        await site.until(lambda: handler.running == 2)
        site.consumer.drain()
        handler.hold.set()
    assert site.store.texts("orders") == ["bad"]
    assert not site.store.hidden


async def test_of_messages_deleted_together_each_fails_for_itself() -> None:
    handler = Handler()
    handler.hold.clear()
    async with consuming(handler, "a", "b", "c") as site:
        await site.until(lambda: handler.running == 3)
        site.store.take_away("m1")
        handler.hold.set()
    assert list(site.store.hidden) == ["m1"]
    assert site.availability.problems == ()


async def test_a_running_message_is_hidden_for_longer_and_deleted_by_its_newest_receipt() -> None:
    handler = Handler()
    handler.hold.clear()
    async with consuming(handler, "a", options=QueueOptions(lease=0.012)) as site:
        await site.until(lambda: site.store.calls.count("update") >= 3)
        handler.hold.set()
        await site.until(site.is_settled)
    assert handler.got == ["a"]


async def test_a_renewal_that_fails_is_tried_again() -> None:
    handler = Handler()
    handler.hold.clear()
    async with consuming(handler, "a", options=QueueOptions(lease=0.012)) as site:
        site.store.away = {"update"}
        await site.until(lambda: site.availability.problems != ())
        site.store.away = set()
        await site.until(lambda: site.availability.problems == ())
        handler.hold.set()
        await site.until(site.is_settled)


async def test_a_message_that_could_not_be_renewed_and_then_is_deleted_shows_that_the_store_is_back() -> None:
    handler = Handler()
    handler.hold.clear()
    async with consuming(handler, "a", options=QueueOptions(lease=0.012)) as site:
        site.store.away = {"update"}
        await site.until(lambda: site.availability.problems != ())
        handler.hold.set()
        await site.until(lambda: site.is_settled() and site.availability.problems == ())


async def test_a_running_message_that_was_taken_away_is_told_and_not_renewed_again() -> None:
    handler = Handler()
    handler.hold.clear()
    async with consuming(handler, "a", options=QueueOptions(lease=0.012)) as site:
        await site.until(lambda: handler.running == 1)
        site.store.take_away("m0")
        await site.until(lambda: "no longer held by this host" in site.console.text)
        handler.hold.set()
    assert site.console.text.count("no longer held") == 1
