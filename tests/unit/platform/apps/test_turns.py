"""Whose turn it is to change a site."""

from __future__ import annotations

import asyncio

from funchost.platform.apps.turns import Turns
from funchost.platform.site import SiteName

ONE, OTHER = SiteName("shop"), SiteName("shop", "staging")


def test_changes_of_one_site_come_one_after_the_other_and_those_of_others_do_not_wait() -> None:
    async def main() -> None:
        turns = Turns()
        order: list[str] = []
        go_on = asyncio.Event()

        async def change(name: str, *sites: SiteName, wait: bool = False) -> None:
            async with turns.of(*sites):
                order.append(name)
                if wait:
                    await go_on.wait()
                order.append(f"{name} ended")

        first = asyncio.create_task(change("first", ONE, wait=True))
        await asyncio.sleep(0)
        second = asyncio.create_task(change("second", ONE))
        await change("other", OTHER)
        go_on.set()
        await asyncio.gather(first, second)
        assert order == ["first", "other", "other ended", "first ended", "second", "second ended"]

    asyncio.run(main())


def test_two_changes_of_the_same_two_sites_never_wait_for_each_other_forever() -> None:
    async def main() -> None:
        turns = Turns()

        async def change(*sites: SiteName) -> None:
            for _ in range(20):
                async with turns.of(*sites):
                    await asyncio.sleep(0)

        async with asyncio.timeout(5):
            await asyncio.gather(change(ONE, OTHER), change(OTHER, ONE), change(ONE, ONE))

    asyncio.run(main())


def test_who_gives_up_waiting_leaves_nothing_behind() -> None:
    async def main() -> None:
        turns = Turns()
        async with turns.of(ONE):
            waiting = asyncio.create_task(turns.of(OTHER, ONE).__aenter__())
            await asyncio.sleep(0)
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
        async with asyncio.timeout(1), turns.of(ONE, OTHER):
            pass

    asyncio.run(main())
