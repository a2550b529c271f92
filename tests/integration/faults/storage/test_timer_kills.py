"""Timers of several hosts that are killed and suspended: never two runs at once, no tick lost or begun for nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from funchost.testing import eventually
from tests.integration.faults.storage.blows import Blow, counted
from tests.integration.faults.storage.fleet import Fleet
from tests.integration.faults.storage.ledger import Run, by_text
from tests.integration.faults.storage.stores import EmbeddedFolder

REPLACED = 35.0
"""Seconds within which a dead holder of a lock is replaced."""

Figure = Callable[[str, object], None]

FREQUENT = """
@app.timer_trigger(schedule="* * * * * *", arg_name="timer")
async def frequent(timer: func.TimerRequest):
    with recorded("frequent", [timer.past_due, ""]):
        await asyncio.sleep(0.3)
"""
"""Every second; what is more frequent than once a minute keeps no status, so what is cut off does not come again."""

MONITORED = """
@app.timer_trigger(schedule="{schedule}", arg_name="timer")
async def {name}(timer: func.TimerRequest):
    with recorded("{name}", [timer.past_due, timer.schedule_status["Next"]]):
        await asyncio.sleep({seconds})
"""


def monitored(schedules: Mapping[str, str], seconds: float) -> str:
    """Timers by name; their status says to which tick a run belongs."""
    return "".join(
        MONITORED.format(name=name, schedule=schedule, seconds=seconds) for name, schedule in schedules.items()
    )


def past_due(run: Run) -> bool:
    assert isinstance(run.more, list)
    return bool(run.more[0])


def tick(run: Run) -> datetime:
    """The occurrence that a run of a monitored timer is for."""
    assert isinstance(run.more, list)
    return datetime.fromisoformat(run.more[1]).astimezone(UTC)


def end_of(run: Run, blows: Sequence[Blow]) -> float:
    """When a run was over, at the latest: a worker ends within three seconds of its host."""
    if run.ended is not None:
        return run.ended
    ends = [blow.ended for blow in blows if blow.hit(run) and "killed" in blow.kind and blow.ended >= run.began]
    return min(ends, default=float("inf"))


def assert_never_two_at_once(runs: Sequence[Run], blows: Sequence[Blow], slack: float = 0.0) -> None:
    for name, ours in by_text(runs).items():
        for earlier, later in pairwise(ours):
            assert end_of(earlier, blows) <= later.began + slack, f"two runs of {name} at once: {earlier}, {later}"


def assert_begun_again_only_for_blows(runs: Sequence[Run], blows: Sequence[Blow]) -> int:
    """Each tick of monitored timers begins once, and once more for each blow that hit a run of it, as past due.

    Returns:
        How many runs were repetitions.
    """
    repetitions = 0
    for ours in by_text(runs).values():
        ticks: dict[datetime, list[Run]] = {}
        for run in ours:
            ticks.setdefault(tick(run), []).append(run)
        for at, tried in ticks.items():
            hits = sum(any(blow.hit(run) for blow in blows) for run in tried)
            assert len(tried) - 1 <= hits, f"the tick of {at} began {len(tried)} times: {tried}"
            assert all(map(past_due, tried[1:])), tried
            repetitions += len(tried) - 1
    return repetitions


def lost_ticks(ours: Sequence[Run], period: timedelta) -> list[datetime]:
    """The ticks of one timer, from its first to its last, that no run is for and that no late run makes up for.

    Made up for are those that passed while an earlier tick had not been run: by the run of that one.
    """
    done = sorted({(tick(run), run.wall) for run in ours if run.outcome == "done"})
    lost = []
    for (earlier, wall), (later, _) in pairwise(done):
        at = earlier + period
        while at < later:
            if at.timestamp() > wall:
                lost.append(at)
            at += period
    return lost


def longest_gap(runs: Sequence[Run]) -> float:
    """The longest time without a beginning, of one timer."""
    return max((later.began - earlier.began for earlier, later in pairwise(runs)), default=0.0)


def soon(seconds: float) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds)


def hourly(at: datetime) -> str:
    """A schedule that comes at this time of this hour; rare enough to be monitored."""
    return f"{at.second} {at.minute} * * * *"


def test_a_killed_holder_is_replaced_and_its_ticks_begin_once_more(tmp_path: Path, figure: Figure) -> None:
    names = [f"timer{number}" for number in range(4)]
    times = [soon(12 + number * 0.5) for number in range(4)]
    code = FREQUENT + monitored(dict(zip(names, map(hourly, times), strict=True)), 2.5)
    store = EmbeddedFolder(tmp_path / "store")
    with Fleet(tmp_path / "app", code, store, 3) as fleet:
        eventually(lambda: {run.text for run in fleet.ledger.runs()} == {*names, "frequent"}, 30)
        holder = next(run.host for run in fleet.ledger.runs() if run.text == names[-1])
        fleet.kill_hosts(next(host for host in fleet.hosts if host.pid == holder))
        eventually(lambda: fleet.ledger.done() >= set(names), REPLACED)
        runs = fleet.ledger.runs()
        assert_never_two_at_once(runs, fleet.blows)
        ours = [run for run in runs if run.text != "frequent"]
        repetitions = assert_begun_again_only_for_blows(ours, fleet.blows)
        assert repetitions >= 1
        assert {tick(run) for run in ours} == {at.replace(microsecond=0) for at in times}
        figure("cut off and begun again", repetitions)
        figure("longest pause", f"{longest_gap(by_text(runs)['frequent']):.1f} s")


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("hosts", [2, 3])
def test_timers_for_five_minutes_of_kills_and_suspensions(hosts: int, tmp_path: Path, figure: Figure) -> None:
    schedules = {f"at{second:02}": f"{second} * * * * *" for second in range(0, 60, 5)}
    code = FREQUENT + monitored(schedules, 3.0)
    store = EmbeddedFolder(tmp_path / "store")
    with Fleet(tmp_path / "app", code, store, hosts, seed=hosts) as fleet:
        end = time.monotonic() + 270.0
        while time.monotonic() < end:
            chance = fleet.random.random()
            busy = [run.host for run in fleet.ledger.runs()[-20:] if run.ended is None]
            host = next((host for host in fleet.hosts if host.pid in busy), None) or fleet.any_host()
            if chance < 0.5:
                fleet.kill_hosts(host)
            elif chance < 0.75:
                fleet.kill_worker(host)
            else:
                fleet.suspend(host, 20.0)
            time.sleep(fleet.random.uniform(4.0, 20.0))  # the interval of the blows, nothing is waited for
        before = time.monotonic()
        eventually(lambda: {run.text for run in fleet.ledger.runs() if run.began > before} >= {*schedules}, 100)
        runs = fleet.ledger.runs()
        assert_never_two_at_once(runs, fleet.blows)
        ours = by_text(run for run in runs if run.text != "frequent")
        repetitions = assert_begun_again_only_for_blows([run for each in ours.values() for run in each], fleet.blows)
        lost = {name: lost_ticks(each, timedelta(minutes=1)) for name, each in ours.items()}
        assert not any(lost.values()), lost
        longest = longest_gap(by_text(runs)["frequent"])
        assert longest < REPLACED
        figure("blows", counted(fleet.blows))
        figure("runs", len(runs))
        figure("cut off", sum(not run.outcome for run in runs))
        figure("cut off and begun again", repetitions)
        figure("lost", sum(map(len, lost.values())))
        figure("longest pause of a timer of every second", f"{longest:.1f} s")
