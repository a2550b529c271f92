from __future__ import annotations

import asyncio

from funchost.platform.app_log_follower import LogFollower


async def rest(follower: LogFollower) -> list[bytes]:
    follower.close()
    return [lines async for lines in follower.lines()]


def test_lines_come_in_order_until_the_end() -> None:
    async def scenario() -> None:
        follower = LogFollower()
        follower.put(b"one\n")
        follower.put(b"two\nthree\n")
        assert await rest(follower) == [b"one\n", b"two\nthree\n"]

    asyncio.run(scenario())


def test_who_is_too_slow_is_told_how_much_is_missing_and_where() -> None:
    async def scenario() -> None:
        follower = LogFollower(limit=8)
        follower.put(b"one\n")
        follower.put(b"too much\nof it\n")
        follower.put(b"two\n")
        lines = follower.lines()
        assert await anext(lines) == b"one\n"
        assert b"3 lines are left out" in await anext(lines)
        follower.put(b"new\n")
        assert await anext(lines) == b"new\n"
        await lines.aclose()

    asyncio.run(scenario())


def test_a_reader_that_waits_is_woken() -> None:
    async def scenario() -> None:
        follower = LogFollower()
        lines = follower.lines()
        waiting = asyncio.ensure_future(anext(lines))
        await asyncio.sleep(0)
        follower.put(b"one\n")
        assert await waiting == b"one\n"
        await lines.aclose()

    asyncio.run(scenario())
