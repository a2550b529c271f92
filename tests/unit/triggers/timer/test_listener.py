"""A timer function over hours and faults, on a clock that nobody waits for."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, cast

import pytest

from funchost.app.invocation import Invocation, InvocationResult
from funchost.triggers.timer.listener import TimerListener, listeners, manual
from tests.unit.triggers.fake_blobs import Shared
from tests.unit.triggers.fake_clock import FakeClock, settle
from tests.unit.triggers.fakes import DONE, FAILED, LOST, FakeHost, FakeInvoker, function

STATUS = ("azure-webjobs-hosts", "timers/hostid/Host.Functions.Tick/status")
EVERY_FIVE_MINUTES = "0 */5 * * * *"
NOTHING: Mapping[str, object] = MappingProxyType({})


class Timer:
    """One host with one timer function, called Tick."""

    def __init__(
        self,
        clock: FakeClock,
        shared: Shared | None,
        schedule: str = EVERY_FIVE_MINUTES,
        *,
        name: str = "a",
        script: tuple[InvocationResult, ...] = (),
        properties: Mapping[str, object] = NOTHING,
        environ: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self.clock = clock
        self.invoker = FakeInvoker(*script)
        tick = function("Tick", "timerTrigger", {"schedule": schedule, **properties})
        self.host = FakeHost(clock, shared, tick, name=name, invoker=self.invoker, environ=environ)
        self.began: list[tuple[str, bool]] = []
        self.listener = TimerListener(self.host.context, tick, clock)
        self.task = asyncio.create_task(self.listener.run())

    def runs(self) -> list[tuple[str, bool]]:
        """Time of day by the metadata, and whether it was past due, of every call so far."""
        return [(str(call.metadata["TimerTrigger"].value)[-8:], info(call)["IsPastDue"]) for call in self.invoker.calls]

    async def kill(self) -> None:
        """End without a chance to tidy up: the store is not reached any more."""
        if self.host.blobs is not None:
            self.host.blobs.away = True
        self.task.cancel()
        await asyncio.wait((self.task,))


def info(call: Invocation) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", json.loads(str(call.inputs[0][1].value)))


def status(shared: Shared) -> Mapping[str, str]:
    return cast("Mapping[str, str]", json.loads(shared.blobs[STATUS][1]))


def scenario(main: Callable[[FakeClock, Shared], Coroutine[None, None, None]]) -> None:
    async def run() -> None:
        clock = FakeClock(datetime(2026, 11, 21, 12, 1, tzinfo=UTC).timestamp())
        await main(clock, Shared(clock))

    asyncio.run(run())


def test_it_runs_at_each_occurrence_and_keeps_the_status_in_its_place() -> None:
    async def main(clock: FakeClock, shared: Shared) -> None:
        timer = Timer(clock, shared)
        await settle()
        assert status(shared) == {
            "Last": "0001-01-01T00:00:00",
            "Next": "2026-11-21T12:05:00+00:00",
            "LastUpdated": "2026-11-21T12:01:00+00:00",
            "Schedule": "Cron: '0 */5 * * * *' (UTC)",
        }
        await clock.advance(15 * 60)
        assert timer.runs() == [("12:05:00", False), ("12:10:00", False), ("12:15:00", False)]
        assert status(shared)["Last"] == "2026-11-21T12:15:00+00:00"
        assert status(shared)["Next"] == "2026-11-21T12:20:00+00:00"
        assert info(timer.invoker.calls[1]) == {
            "Schedule": {"AdjustForDST": True},
            "ScheduleStatus": {
                "Last": "2026-11-21T12:05:00+00:00",
                "Next": "2026-11-21T12:10:00+00:00",
                "LastUpdated": "2026-11-21T12:05:00+00:00",
            },
            "IsPastDue": False,
        }
        assert "The next 5 occurrences of the 'Tick' schedule (Cron: '0 */5 * * * *') will be:" in timer.host.lines.text
        assert "11/21/2026 12:05:00Z" in timer.host.lines.text
        await timer.kill()

    scenario(main)


def test_what_was_missed_while_nobody_was_there_is_one_run_that_is_past_due() -> None:
    async def main(clock: FakeClock, shared: Shared) -> None:
        first = Timer(clock, shared, name="first")
        await clock.advance(5 * 60)
        await first.kill()
        await clock.advance(3600)
        second = Timer(clock, shared, name="second", properties={"runOnStartup": True})
        await clock.advance(1)
        assert second.runs() == [("13:06:00", True)]
        assert second.invoker.calls[0].details == (
            "Trigger Details: UnscheduledInvocationReason: IsPastDue, OriginalSchedule: 2026-11-21T12:10:00+00:00"
        )
        await clock.advance(5 * 60)
        assert second.runs()[1:] == [("13:10:00", False)]
        await second.kill()

    scenario(main)


def test_a_run_that_is_cut_off_by_a_kill_begins_once_more_on_the_next_host() -> None:
    async def main(clock: FakeClock, shared: Shared) -> None:
        first, second = Timer(clock, shared, name="first"), Timer(clock, shared, name="second")
        first.invoker.hold = second.invoker.hold = asyncio.Event()
        await clock.advance(4 * 60)
        running, other = (first, second) if first.invoker.running else (second, first)
        assert running.runs() == [("12:05:00", False)]
        assert status(shared)["RunningSince"] == "2026-11-21T12:05:00+00:00"
        await running.kill()
        await clock.advance(35)
        assert [past_due for _, past_due in other.runs()] == [True]
        assert "was cut off" in other.host.lines.text
        assert other.invoker.hold is not None
        other.invoker.hold.set()
        await clock.advance(5 * 60)
        assert len(other.runs()) == 2
        assert "RunningSince" not in status(shared)
        await other.kill()

    scenario(main)


def test_a_host_that_is_cut_off_from_storage_stops_its_run_before_another_begins() -> None:
    async def main(clock: FakeClock, shared: Shared) -> None:
        timers = [Timer(clock, shared, name=name) for name in ("first", "second")]
        for timer in timers:
            timer.invoker.hold = asyncio.Event()
        await clock.advance(4 * 60)
        (running,) = [timer for timer in timers if timer.invoker.running]
        assert running.host.blobs is not None
        running.host.blobs.away = True
        for _ in range(70):
            await clock.advance(0.5)
            assert sum(timer.invoker.running for timer in timers) <= 1
        assert running.invoker.cancelled == 1
        (other,) = [timer for timer in timers if timer is not running]
        assert [past_due for _, past_due in other.runs()] == [True]
        for timer in timers:
            await timer.kill()

    scenario(main)


def test_an_occurrence_during_an_outage_runs_when_the_store_is_back() -> None:
    async def main(clock: FakeClock, shared: Shared) -> None:
        timer = Timer(clock, shared)
        await clock.advance(3 * 60)
        assert timer.host.blobs is not None
        timer.host.blobs.away = True
        await clock.advance(4 * 60)
        assert timer.runs() == []
        assert len(timer.host.availability.problems) == 1
        timer.host.blobs.away = False
        await clock.advance(10)
        assert [past_due for _, past_due in timer.runs()] == [True]
        assert not timer.host.availability.problems
        await timer.kill()

    scenario(main)


def test_runs_never_overlap_and_occurrences_during_one_are_one_run_after_it() -> None:
    async def main(clock: FakeClock, shared: Shared) -> None:
        timer = Timer(clock, shared)
        timer.invoker.hold = asyncio.Event()
        await clock.advance(16 * 60)
        assert timer.runs() == [("12:05:00", False)]
        timer.invoker.hold.set()
        await settle()
        assert timer.runs()[1:] == [("12:17:00", False)]
        await clock.advance(4 * 60)
        assert timer.runs()[2:] == [("12:20:00", False)]
        await timer.kill()

    scenario(main)


def test_another_schedule_begins_anew_without_a_past_due_run() -> None:
    async def main(clock: FakeClock, shared: Shared) -> None:
        first = Timer(clock, shared)
        await clock.advance(5 * 60)
        await first.kill()
        await clock.advance(3600)
        second = Timer(clock, shared, "0 0 * * * *", name="b")
        await clock.advance(60)
        assert second.runs() == []
        assert status(shared)["Next"] == "2026-11-21T14:00:00+00:00"
        await second.kill()

    scenario(main)


def test_a_status_of_the_existing_host_counts_and_tells_a_changed_schedule_by_its_times() -> None:
    async def main(clock: FakeClock, shared: Shared) -> None:
        shared.containers.add(STATUS[0])
        host = FakeHost(clock, shared)
        assert host.blobs is not None
        document = {
            "Last": "2026-11-21T11:50:00.0012345+00:00",
            "Next": "2026-11-21T11:55:00+00:00",
            "LastUpdated": "2026-11-21T11:50:00.0012345+00:00",
        }
        await host.blobs.put(*STATUS, json.dumps(document).encode())
        same = Timer(clock, shared)
        await settle()
        assert same.runs() == [("12:01:00", True)]
        await same.kill()
        await host.blobs.put(*STATUS, json.dumps(document).encode())
        await clock.advance(20)
        other = Timer(clock, shared, "0 */10 * * * *", name="b")
        await clock.advance(60)
        assert other.runs() == []
        await other.kill()

    scenario(main)


def test_run_on_startup_runs_once_on_each_host_that_gets_the_lock() -> None:
    async def main(clock: FakeClock, shared: Shared) -> None:
        first = Timer(clock, shared, properties={"runOnStartup": "true"})
        await settle()
        assert first.runs() == [("12:01:00", False)]
        assert "UnscheduledInvocationReason: RunOnStartup" in first.invoker.calls[0].details
        assert first.host.blobs is not None
        first.host.blobs.away = True
        await clock.advance(30)
        first.host.blobs.away = False
        await clock.advance(30)
        assert len(first.runs()) == 1
        await first.kill()

    scenario(main)


def test_a_machine_that_slept_runs_late_once_and_past_due() -> None:
    async def main(clock: FakeClock, shared: Shared) -> None:
        timer = Timer(clock, None)
        await clock.advance(60)
        clock.suspend(2 * 3600)
        await clock.advance(61)
        assert [past_due for _, past_due in timer.runs()] == [True]
        await timer.kill()

    scenario(main)


def test_a_clock_put_back_a_little_repeats_nothing_and_far_back_begins_anew() -> None:
    async def main(clock: FakeClock, shared: Shared) -> None:
        timer = Timer(clock, shared)
        await clock.advance(4 * 60)
        clock.put(-120)
        await clock.advance(4 * 60)
        assert timer.runs() == [("12:05:00", False)]
        clock.put(-3 * 3600)
        await clock.advance(5 * 60)
        assert timer.runs()[1:] == [("09:10:00", False)]
        await timer.kill()

    scenario(main)


def test_a_frequent_schedule_is_not_monitored() -> None:
    async def main(clock: FakeClock, shared: Shared) -> None:
        timer = Timer(clock, shared, "*/10 * * * * *")
        await clock.advance(30)
        assert len(timer.runs()) == 3
        assert STATUS not in shared.blobs
        assert info(timer.invoker.calls[0])["ScheduleStatus"] is None
        await timer.kill()
        await clock.advance(100)
        again = Timer(clock, shared, "*/10 * * * * *", name="b")
        await clock.advance(1)
        assert again.runs() == []
        await again.kill()

    scenario(main)


def test_a_time_span_ticks_from_its_start_and_from_each_run() -> None:
    async def main(clock: FakeClock, shared: Shared) -> None:
        timer = Timer(clock, shared, "00:02:30")
        await clock.advance(5 * 60)
        assert timer.runs() == [("12:03:30", False), ("12:06:00", False)]
        assert info(timer.invoker.calls[0])["Schedule"] == {"AdjustForDST": False}
        await timer.kill()

    scenario(main)


@pytest.mark.parametrize(("outcome", "runs"), [(DONE, 1), (FAILED, 1), (LOST, 2)])
def test_a_failure_changes_nothing_and_a_lost_worker_gives_one_more_try(outcome: InvocationResult, runs: int) -> None:
    async def main(clock: FakeClock, shared: Shared) -> None:
        timer = Timer(clock, shared, script=(outcome, outcome))
        await clock.advance(5 * 60)
        assert [past_due for _, past_due in timer.runs()] == [False, True][:runs]
        assert status(shared)["Next"] == "2026-11-21T12:10:00+00:00"
        await timer.kill()

    scenario(main)


def test_drained_it_ends_its_run_and_takes_no_more() -> None:
    async def main(clock: FakeClock, shared: Shared) -> None:
        timer = Timer(clock, shared)
        timer.invoker.hold = asyncio.Event()
        await clock.advance(4 * 60)
        timer.listener.drain()
        await settle()
        assert not timer.task.done()
        timer.invoker.hold.set()
        await settle()
        assert timer.task.done()
        assert status(shared)["Next"] == "2026-11-21T12:10:00+00:00"
        assert shared.leases == {}

    scenario(main)


def test_while_no_worker_takes_calls_it_waits() -> None:
    async def main(clock: FakeClock, shared: Shared) -> None:
        timer = Timer(clock, shared)
        timer.host.gate.close()
        await clock.advance(4 * 60 + 30)
        assert timer.runs() == []
        timer.host.gate.open()
        await clock.advance(2)
        assert [past_due for _, past_due in timer.runs()] == [False]
        await timer.kill()

    scenario(main)


def test_a_status_that_cannot_be_read_begins_anew_with_a_warning() -> None:
    async def main(clock: FakeClock, shared: Shared) -> None:
        shared.containers.add(STATUS[0])
        host = FakeHost(clock, shared)
        assert host.blobs is not None
        await host.blobs.put(*STATUS, b"\xff{")
        timer = Timer(clock, shared)
        await settle()
        assert status(shared)["Next"] == "2026-11-21T12:05:00+00:00"
        assert "cannot be read" in timer.host.lines.text
        await timer.kill()

    scenario(main)


def test_the_time_zone_of_the_settings_counts_and_the_function_sees_utc() -> None:
    async def main(clock: FakeClock, shared: Shared) -> None:
        timer = Timer(clock, shared, "0 30 13 * * *", environ={"WEBSITE_TIME_ZONE": "Europe/Berlin"})
        await clock.advance(30 * 60)
        assert timer.runs() == [("13:30:00", False)]
        assert info(timer.invoker.calls[0])["ScheduleStatus"]["Next"] == "2026-11-21T12:30:00+00:00"
        assert status(shared)["Next"] == "2026-11-22T13:30:00+01:00"
        assert "11/21/2026 13:30:00+01:00 (11/21/2026 12:30:00Z)" in timer.host.lines.text
        await timer.kill()

    scenario(main)


def test_a_call_by_hand_shows_the_stored_status() -> None:
    async def main(clock: FakeClock, shared: Shared) -> None:
        timer = Timer(clock, shared)
        await clock.advance(5 * 60)
        tick = timer.host.context.app.functions[0]
        call = await manual(timer.host.context, tick, "whatever")
        assert info(call)["ScheduleStatus"]["Last"] == "2026-11-21T12:05:00+00:00"
        assert info(call)["IsPastDue"] is False
        await timer.kill()

    scenario(main)


def test_with_storage_that_cannot_be_opened_no_timer_runs_unguarded() -> None:
    tick = function("Tick", "timerTrigger", {"schedule": EVERY_FIVE_MINUTES})
    meant = FakeHost(FakeClock(), None, tick, environ={"AzureWebJobsStorage": "UseDevelopmentStorage=true"})
    assert listeners(meant.context, [tick]) == []
    assert "Timers do not run while the host's own storage cannot be used: Tick" in meant.lines.text
    assert len(listeners(FakeHost(FakeClock(), None, tick).context, [tick])) == 1
