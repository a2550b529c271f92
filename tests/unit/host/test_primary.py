"""One instance of an app is the primary one."""

from __future__ import annotations

import asyncio

from funchost.host.primary import PrimaryHost
from tests.unit.triggers.fake_blobs import Shared
from tests.unit.triggers.fake_clock import FakeClock, settle
from tests.unit.triggers.fakes import FakeHost


def test_one_instance_is_primary_and_the_next_when_that_leaves() -> None:
    async def main() -> None:
        clock = FakeClock()
        shared = Shared(clock)
        hosts = [FakeHost(clock, shared, name=name) for name in ("one", "two")]
        primaries = [PrimaryHost(host.locks, f"id of {number}", host.log) for number, host in enumerate(hosts)]
        tasks = [asyncio.create_task(primary.run()) for primary in primaries]
        await settle()
        assert [primary.is_primary for primary in primaries] == [True, False]
        assert ("azure-webjobs-hosts", "locks/hostid/host") in shared.blobs
        assert "Host lock lease acquired by instance ID 'id of 0'." in hosts[0].lines.text
        primaries[0].drain()
        await clock.advance(6)
        assert [primary.is_primary for primary in primaries] == [False, True]
        primaries[1].drain()
        await asyncio.wait(tasks)

    asyncio.run(main())
