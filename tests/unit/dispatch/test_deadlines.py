from __future__ import annotations

import asyncio

from funchost.dispatch.deadlines import Deadlines


def test_expired_entries_call_back_once_in_order() -> None:
    async def scenario() -> list[str]:
        deadlines = Deadlines(0.01)
        expired: list[str] = []
        done = asyncio.Event()

        def expire(key: str) -> None:
            expired.append(key)
            if len(expired) == 2:
                done.set()

        deadlines.add("a", lambda: expire("a"))
        deadlines.add("b", lambda: expire("b"))
        async with asyncio.timeout(5):
            await done.wait()
        assert len(deadlines) == 0
        return expired

    assert asyncio.run(scenario()) == ["a", "b"]


def test_discarded_entry_does_not_expire_and_later_ones_do() -> None:
    async def scenario() -> list[str]:
        deadlines = Deadlines(0.01)
        expired: list[str] = []
        done = asyncio.Event()
        deadlines.add("gone", lambda: expired.append("gone"))
        deadlines.discard("gone")
        deadlines.add("late", done.set)
        async with asyncio.timeout(5):
            await done.wait()
        return expired

    assert asyncio.run(scenario()) == []


def test_no_limit_keeps_nothing() -> None:
    async def scenario() -> int:
        deadlines = Deadlines(None)
        deadlines.add("a", lambda: None)
        return len(deadlines)

    assert asyncio.run(scenario()) == 0


def test_close_forgets_entries() -> None:
    async def scenario() -> list[str]:
        deadlines = Deadlines(0.0)
        expired: list[str] = []
        deadlines.add("a", lambda: expired.append("a"))
        deadlines.close()
        for _ in range(3):
            await asyncio.sleep(0)
        return expired

    assert asyncio.run(scenario()) == []
