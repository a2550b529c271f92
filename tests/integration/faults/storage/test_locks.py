"""What only one host does, while that host is killed or cut off from the store."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from funchost.testing import HostProcess, eventually
from tests.azurite import connection_string
from tests.integration.faults.storage.blows import Blow
from tests.integration.faults.storage.fleet import Fleet
from tests.integration.faults.storage.ledger import Run
from tests.integration.faults.storage.relay import Cut, Held, Open, State, relays
from tests.integration.faults.storage.stores import own_azurite
from tests.integration.faults.storage.test_timer_kills import FREQUENT, REPLACED, assert_never_two_at_once

Figure = Callable[[str, object], None]

LONG = """
@app.timer_trigger(schedule="0 0 0 1 1 *", arg_name="timer", run_on_startup=True)
async def endless(timer: func.TimerRequest):
    with recorded("endless"):
        await asyncio.sleep(600)
"""


def runs_of(fleet: Fleet, text: str, host: HostProcess | None = None, since: float = 0.0) -> list[Run]:
    return [
        run
        for run in fleet.ledger.runs()
        if run.text == text and run.began >= since and (host is None or run.host == host.pid)
    ]


def holder_of(fleet: Fleet, text: str) -> tuple[HostProcess, HostProcess]:
    """The host that runs a timer, and the other one."""
    last = eventually(lambda: runs_of(fleet, text))[-1]
    one, two = fleet.hosts
    return (one, two) if last.host == one.pid else (two, one)


@pytest.mark.long
def test_a_killed_holder_is_replaced_on_azurite(tmp_path: Path, figure: Figure) -> None:
    with own_azurite() as store, Fleet(tmp_path / "app", FREQUENT, store, 2) as fleet:
        eventually(lambda: len(runs_of(fleet, "frequent")) >= 2)
        holder, other = holder_of(fleet, "frequent")
        killed = time.monotonic()
        fleet.kill_hosts(holder)
        first = eventually(lambda: runs_of(fleet, "frequent", since=killed + 0.5), REPLACED)[0]
        assert first.began - killed < REPLACED
        assert_never_two_at_once(fleet.ledger.runs(), fleet.blows)
        figure("replaced after", f"{first.began - killed:.1f} s")


@pytest.mark.parametrize("state", [Held(), pytest.param(Cut(), marks=pytest.mark.long)], ids=["silent", "refused"])
def test_a_holder_that_is_cut_off_stops_before_another_begins(state: State, tmp_path: Path, figure: Figure) -> None:
    """Its run is given up while its lease still holds; when it has the store again it waits like anybody else."""
    with ExitStack() as stack:
        store = stack.enter_context(own_azurite())
        lines = [stack.enter_context(relays(store.server.ports)) for _ in range(2)]
        fleet = stack.enter_context(Fleet(tmp_path / "app", FREQUENT + LONG, store, 0))
        for line in lines:
            fleet.add({"AzureWebJobsStorage": connection_string(*line.ports)})
            eventually(lambda: runs_of(fleet, "endless"), 20)
        holder, other = holder_of(fleet, "endless")
        line = lines[fleet.hosts.index(holder)]
        line.become(state)
        began = time.monotonic()
        successor = eventually(lambda: runs_of(fleet, "endless", other), REPLACED)[0]
        given_up = next(run for run in runs_of(fleet, "endless") if run.host == holder.pid)
        assert given_up.outcome == "cancelled"
        assert given_up.ended is not None
        assert given_up.ended < successor.began
        eventually(lambda: runs_of(fleet, "frequent", other), REPLACED)
        fleet.blows.append(Blow("cut off", frozenset({holder.pid}), frozenset(), began, time.monotonic()))
        line.become(Open())
        back = time.monotonic()
        eventually(lambda: len(runs_of(fleet, "frequent", other, back)) >= 4, 20)
        assert runs_of(fleet, "frequent", holder, back) == []
        assert runs_of(fleet, "endless", since=successor.began) == [successor]
        assert_never_two_at_once(fleet.ledger.runs(), fleet.blows)
        figure("given up after", f"{given_up.ended - began:.1f} s")
        figure("taken over after", f"{successor.began - began:.1f} s")
