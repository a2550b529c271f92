from __future__ import annotations

import asyncio

from funchost.http.throttle import Throttle


async def test_requests_run_in_the_order_they_came() -> None:
    throttle = Throttle(None, 1)
    assert await throttle.enter()
    order: list[int] = []

    async def run(number: int) -> None:
        assert await throttle.enter()
        order.append(number)
        throttle.leave()

    waiting = [asyncio.create_task(run(number)) for number in range(3)]
    await asyncio.sleep(0)
    assert order == []
    throttle.leave()
    await asyncio.gather(*waiting)
    assert order == [0, 1, 2]


async def test_a_full_queue_refuses_at_once() -> None:
    throttle = Throttle(2, 1)
    assert await throttle.enter()
    second = asyncio.create_task(throttle.enter())
    await asyncio.sleep(0)
    assert not await throttle.enter()
    throttle.leave()
    assert await second
    throttle.leave()
    assert await throttle.enter()


async def test_one_who_gives_up_waiting_keeps_no_turn() -> None:
    throttle = Throttle(None, 1)
    assert await throttle.enter()
    waiting, given = asyncio.create_task(throttle.enter()), asyncio.create_task(throttle.enter())
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    throttle.leave()
    given.cancel()  # after its turn was given, before it ran
    await asyncio.gather(given, return_exceptions=True)
    async with asyncio.timeout(1):
        assert await throttle.enter()


async def test_without_a_limit_on_running_only_the_number_counts() -> None:
    throttle = Throttle(2, None)
    assert [await throttle.enter() for _ in range(3)] == [True, True, False]
