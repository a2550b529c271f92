from __future__ import annotations

import asyncio

from funchost.dispatch.deadlines import Deadlines


def test_expired_entries_call_back_once_in_order() -> None:
    async def scenario() -> list[str]:
        expired: list[str] = []
        done = asyncio.Event()

        def expire(item: str) -> None:
            expired.append(item)
            if len(expired) == 2:
                done.set()

        deadlines = Deadlines(0.01, expire)
        deadlines.add("1", "a")
        deadlines.add("2", "b")
        async with asyncio.timeout(5):
            await done.wait()
        assert len(deadlines) == 0
        return expired

    assert asyncio.run(scenario()) == ["a", "b"]


def test_discarded_entry_does_not_expire_and_later_ones_do() -> None:
    async def scenario() -> list[str]:
        expired: list[str] = []
        done = asyncio.Event()

        def expire(item: str) -> None:
            expired.append(item)
            done.set()

        deadlines = Deadlines(0.01, expire)
        deadlines.add("1", "gone")
        deadlines.discard("1")
        deadlines.add("2", "late")
        async with asyncio.timeout(5):
            await done.wait()
        return expired

    assert asyncio.run(scenario()) == ["late"]


def test_no_limit_keeps_nothing() -> None:
    async def scenario() -> int:
        deadlines: Deadlines[str] = Deadlines(None, lambda _: None)
        deadlines.add("1", "a")
        return len(deadlines)

    assert asyncio.run(scenario()) == 0


def test_close_forgets_entries() -> None:
    async def scenario() -> list[str]:
        expired: list[str] = []
        deadlines = Deadlines(0.0, expired.append)
        deadlines.add("1", "a")
        deadlines.close()
        for _ in range(3):
            await asyncio.sleep(0)
        return expired

    assert asyncio.run(scenario()) == []
