"""Locks: one holder at a time, whatever happens to it; on a clock that nobody waits for."""

from __future__ import annotations

import asyncio

import pytest

from funchost.triggers.singleton import Hold, LocalLocks, LockTerms
from funchost.triggers.singleton_lease import renewal_period, trusted_time
from tests.unit.triggers.fake_blobs import Shared
from tests.unit.triggers.fake_clock import FakeClock, settle
from tests.unit.triggers.fakes import FakeHost

LOCK = ("azure-webjobs-hosts", "locks/hostid/work")
TERMS = LockTerms()


class Worker:
    """Work that notes when it holds the lock, and can be asked to end."""

    def __init__(self, host: FakeHost) -> None:
        self.host = host
        self.drained = asyncio.Event()
        self.holds: list[Hold] = []
        self.active = False
        self.cancelled = 0
        self.task = asyncio.create_task(host.locks.run_alone("work", self.work, self.drained, TERMS))

    async def work(self, hold: Hold) -> None:
        self.holds.append(hold)
        self.active = True
        try:
            await self.drained.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        finally:
            self.active = False

    async def stop(self) -> None:
        self.task.cancel()
        await asyncio.wait((self.task,))


def test_the_lock_is_a_lease_under_the_documented_path_with_its_owner() -> None:
    async def main() -> None:
        clock = FakeClock()
        shared = Shared(clock)
        first = Worker(FakeHost(clock, shared, name="first"))
        await settle()
        assert first.active
        properties, content = shared.blobs[LOCK]
        assert content == b""
        assert properties.metadata == {"FunctionInstance": "first"}
        assert shared.leases[LOCK][2] == 15
        await first.stop()

    asyncio.run(main())


def test_a_holder_keeps_its_lock_and_nobody_else_gets_it() -> None:
    async def main() -> None:
        clock = FakeClock()
        shared = Shared(clock)
        first = Worker(FakeHost(clock, shared, name="first"))
        await settle()
        second = Worker(FakeHost(clock, shared, name="second"))
        await clock.advance(100)
        assert first.active
        assert first.holds[0].is_held()
        assert not second.holds
        await first.stop()
        await second.stop()

    asyncio.run(main())


def test_a_drained_holder_hands_over_at_once() -> None:
    async def main() -> None:
        clock = FakeClock()
        shared = Shared(clock)
        first = Worker(FakeHost(clock, shared, name="first"))
        await settle()
        second = Worker(FakeHost(clock, shared, name="second"))
        await clock.advance(1)
        first.drained.set()
        await clock.advance(5.1)
        assert first.task.done()
        assert second.active
        await second.stop()

    asyncio.run(main())


def test_a_killed_holder_is_replaced_within_35_seconds() -> None:
    async def main() -> None:
        clock = FakeClock()
        shared = Shared(clock)
        first = Worker(FakeHost(clock, shared, name="first"))
        await settle()
        assert first.host.blobs is not None
        first.host.blobs.away = True  # a killed host renews nothing
        second = Worker(FakeHost(clock, shared, name="second"))
        await clock.advance(35)
        assert second.active
        await first.stop()
        await second.stop()

    asyncio.run(main())


def test_a_holder_that_is_cut_off_stops_its_work_before_the_lease_can_be_taken() -> None:
    async def main() -> None:
        clock = FakeClock()
        shared = Shared(clock)
        first = Worker(FakeHost(clock, shared, name="first"))
        second = Worker(FakeHost(clock, shared, name="second"))
        await clock.advance(20)
        holder, other = (first, second) if first.active else (second, first)
        assert holder.host.blobs is not None
        holder.host.blobs.away = True
        for _ in range(80):
            await clock.advance(0.5)
            assert not (first.active and second.active)
            assert not (holder.active and shared.leases[LOCK][1] - clock.steady() < 2.5)
        assert other.active
        assert holder.cancelled == 1
        assert "The lock 'work' could not be kept" in holder.host.lines.text
        await first.stop()
        await second.stop()

    asyncio.run(main())


def test_a_holder_that_was_suspended_knows_at_once_that_it_holds_nothing() -> None:
    async def main() -> None:
        clock = FakeClock()
        first = Worker(FakeHost(clock, Shared(clock)))
        await settle()
        assert first.holds[0].is_held()
        clock.suspend(90)
        assert not first.holds[0].is_held()
        await first.stop()

    asyncio.run(main())


def test_a_short_outage_costs_nobody_the_lock() -> None:
    async def main() -> None:
        clock = FakeClock()
        first = Worker(FakeHost(clock, Shared(clock)))
        await settle()
        assert first.host.blobs is not None
        first.host.blobs.away = True
        await clock.advance(9)
        first.host.blobs.away = False
        await clock.advance(60)
        assert first.active
        assert len(first.holds) == 1
        await first.stop()

    asyncio.run(main())


def test_a_lost_lock_is_taken_again_when_the_store_is_back() -> None:
    async def main() -> None:
        clock = FakeClock()
        first = Worker(FakeHost(clock, Shared(clock)))
        await settle()
        assert first.host.blobs is not None
        first.host.blobs.away = True
        await clock.advance(60)
        assert not first.active
        first.host.blobs.away = False
        await clock.advance(5)
        assert first.active
        assert len(first.holds) == 2
        await first.stop()

    asyncio.run(main())


def test_two_versions_in_one_process_take_turns_without_asking_the_store() -> None:
    async def main() -> None:
        clock = FakeClock()
        host = FakeHost(clock, Shared(clock))
        old, new = Worker(host), Worker(host)
        await settle()
        assert (old.active, new.active) == (True, False)
        old.drained.set()
        await settle()
        assert (old.active, new.active) == (False, True)
        await new.stop()

    asyncio.run(main())


def test_whoever_is_drained_while_waiting_never_begins() -> None:
    async def main() -> None:
        clock = FakeClock()
        shared = Shared(clock)
        first = Worker(FakeHost(clock, shared, name="first"))
        await settle()
        second = Worker(FakeHost(clock, shared, name="second"))
        third = Worker(second.host)
        await settle()
        second.drained.set()
        third.drained.set()
        await settle()
        assert second.task.done()
        assert third.task.done()
        assert not second.holds
        await first.stop()

    asyncio.run(main())


def test_a_fault_of_the_work_gets_out_and_frees_the_lock() -> None:
    async def broken(hold: Hold) -> None:
        raise ZeroDivisionError

    async def main() -> None:
        clock = FakeClock()
        shared = Shared(clock)
        host = FakeHost(clock, shared)
        with pytest.raises(ZeroDivisionError):
            await host.locks.run_alone("work", broken, asyncio.Event(), TERMS)
        assert LOCK not in shared.leases

    asyncio.run(main())


def test_without_storage_a_lock_counts_within_the_process() -> None:
    async def main() -> None:
        order: list[str] = []

        async def work(hold: Hold) -> None:
            assert hold.is_held()
            order.append("begin")
            await asyncio.sleep(0)
            order.append("end")

        locks = LocalLocks()
        await asyncio.gather(*(locks.run_alone("work", work, asyncio.Event(), TERMS) for _ in range(3)))
        assert order == ["begin", "end"] * 3

    asyncio.run(main())


@pytest.mark.parametrize("lease", [15.0, 30.0, 60.0])
def test_a_lease_is_renewed_about_its_half_and_trusted_for_less_than_it_lasts(lease: float) -> None:
    assert renewal_period(lease) < lease / 2
    assert renewal_period(lease) < trusted_time(lease) <= lease - 3
