"""Storage that goes away, slows down or fails, and comes back: whoever does not need it notices nothing."""

from __future__ import annotations

import asyncio
import base64
import os
import re
import signal
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from funchost.storage.account import StorageAccount
from funchost.testing import HostProcess, eventually
from tests.azurite import connection_string
from tests.integration.faults.bystander import Bystander, Seen
from tests.integration.faults.storage.fleet import Fleet
from tests.integration.faults.storage.relay import Cut, Failing, Open, Relays, relays
from tests.integration.faults.storage.stores import Azurite, count_of, own_azurite

RESUMED = 30.0
"""Seconds within which listeners go on when the store is back: ten, and what a busy machine adds. The figures tell."""

UNHARMED = 1.0
"""Seconds that an HTTP call may take at most, on a busy machine; requests to the store time out after ten."""

CODE = """
@app.route("innocent")
async def innocent(req: func.HttpRequest) -> str:
    return str(os.getpid())

@app.queue_trigger("msg", "orders", "AzureWebJobsStorage")
async def take(msg: func.QueueMessage):
    with recorded(msg.get_body().decode()):
        await asyncio.sleep(0.1)

@app.blob_trigger(arg_name="blob", path="samples/{name}", connection="AzureWebJobsStorage")
async def read(blob: func.InputStream):
    with recorded(blob.read().decode()):
        pass

@app.timer_trigger(schedule="* * * * * *", arg_name="timer")
async def tick(timer: func.TimerRequest):
    with recorded("tick"):
        pass
"""
LEASE = 15.0
OPTIONS = {"queues": {"leaseDuration": "00:00:15", "maxPollingInterval": "00:00:01"}}

Figure = Callable[[str, object], None]


class Rig(NamedTuple):
    """A host that reaches an Azurite through relays; `store` is the test's own way to it."""

    store: Azurite
    relays: Relays
    fleet: Fleet
    host: HostProcess


@contextmanager
def rig(folder: Path) -> Iterator[Rig]:
    with own_azurite() as store, relays(store.server.ports) as lines, Fleet(folder, CODE, store, 0, OPTIONS) as fleet:
        store.do(prepare)
        host = fleet.add({"AzureWebJobsStorage": connection_string(*lines.ports)})
        yield Rig(store, lines, fleet, host)


async def prepare(account: StorageAccount) -> None:
    await account.queues.create("orders")
    await account.blobs.create_container("samples")


def put(rig: Rig, stage: str, count: int = 20) -> set[str]:
    """Write messages and blobs; returns what the functions will note for them."""
    messages = [f"message {number} {stage}" for number in range(count)]
    blobs = [f"blob {number} {stage}" for number in range(3)]

    async def work(account: StorageAccount) -> None:
        texts = (base64.b64encode(text.encode()).decode() for text in messages)
        await asyncio.gather(
            *(account.queues.put("orders", text) for text in texts),
            *(account.blobs.put("samples", f"{stage}{number}", text.encode()) for number, text in enumerate(blobs)),
        )

    rig.store.do(work)
    return {*messages, *blobs}


def stopped(rig: Rig, while_away: Callable[[], None]) -> None:
    rig.store.server.stop()
    while_away()
    rig.store.server.start()


def suspended(rig: Rig, while_away: Callable[[], None]) -> None:
    os.kill(rig.store.server.pid, signal.SIGSTOP)
    try:
        while_away()
    finally:
        os.kill(rig.store.server.pid, signal.SIGCONT)


def cut(rig: Rig, while_away: Callable[[], None]) -> None:
    rig.relays.become(Cut())
    while_away()
    rig.relays.become(Open())


def failing(rig: Rig, while_away: Callable[[], None]) -> None:
    rig.relays.become(Failing(500, "InternalError"))
    while_away()
    rig.relays.become(Open())


def throttled(rig: Rig, while_away: Callable[[], None]) -> None:
    rig.relays.become(Failing(503, "ServerBusy"))
    while_away()
    rig.relays.become(Open())


Outage = Callable[[Rig, Callable[[], None]], None]


def latency(seen: list[Seen]) -> float:
    """The median, in milliseconds."""
    return 1000 * statistics.median(each.ended - each.sent for each in seen)


def said(host: HostProcess, text: str, start: int) -> list[str]:
    """The services of which the console said so, as often as it did."""
    found = (re.search(rf"The storage at (\S+) {text}", line) for line in host.lines[start:])
    return sorted(match[1] for match in found if match)


def go_through(rig: Rig, outage: Outage, seconds: float, figure: Figure) -> None:
    """An outage of so many seconds, before which the host is at work, and everything that must hold then."""
    host, ledger = rig.host, rig.fleet.ledger
    wanted = put(rig, "before")
    eventually(lambda: ledger.done() >= wanted, 30)
    start = len(host.lines)
    with Bystander(host) as bystander:
        bystander.goes_on(30)
        calm = len(bystander.seen)
        later = put(rig, "at the beginning", 60)

        def while_away() -> None:
            began = time.monotonic()
            eventually(lambda: said(host, "cannot be used", start), 30)
            eventually(lambda: "cannot be used" in str(host.status().get("errors")), 5)
            while time.monotonic() - began < seconds:
                bystander.goes_on(10)

        outage(rig, while_away)
        back = time.monotonic()
        away = bystander.seen[calm:]
        after = put(rig, "after")
        eventually(lambda: ledger.done() >= after, RESUMED)
        # Messages may be hidden for a request whose answer did not arrive.
        eventually(lambda: ledger.done() >= later, LEASE + RESUMED)
        resumed = min(run.began for run in ledger.runs() if run.text in after | later and run.began > back) - back
        done = time.monotonic() - back
        ticked = eventually(lambda: [run for run in ledger.runs() if run.text == "tick" and run.began > back], 15)
        slowest = bystander.slowest
    assert slowest < UNHARMED
    eventually(lambda: "errors" not in host.status(), RESUMED)
    eventually(lambda: rig.store.do(lambda account: count_of(account, "orders")) == 0, 30)
    lost = said(host, "cannot be used", start)
    assert len(lost) == len(set(lost)), lost
    assert said(host, "can be used again", start) == lost
    figure("latency before and during, median", f"{latency(bystander.seen[:calm]):.1f} and {latency(away):.1f} ms")
    figure("slowest call", f"{1000 * slowest:.0f} ms")
    figure("messages and blobs again after", f"{resumed:.1f} s")
    figure("all of them done after", f"{done:.1f} s")
    figure("timer again after", f"{ticked[0].began - back:.1f} s")


@pytest.mark.parametrize("outage", [failing], ids=["failing"])
def test_a_short_outage_costs_nothing_but_time(outage: Outage, tmp_path: Path, figure: Figure) -> None:
    with rig(tmp_path / "app") as found:
        go_through(found, outage, 1.0, figure)


@pytest.mark.long
@pytest.mark.timeout(300)
@pytest.mark.parametrize("outage", [stopped, suspended, cut, failing, throttled], ids=lambda outage: outage.__name__)
def test_outages_of_half_a_minute_cost_nothing_but_time(outage: Outage, tmp_path: Path, figure: Figure) -> None:
    with rig(tmp_path / "app") as found:
        go_through(found, outage, 30.0, figure)


def test_a_slow_store_slows_nobody_who_does_not_use_it(tmp_path: Path, figure: Figure) -> None:
    with rig(tmp_path / "app") as found:
        host = found.host
        with Bystander(host) as bystander:
            bystander.goes_on(30)
            calm = len(bystander.seen)
            found.relays.become(Open(0.3))
            wanted = put(found, "slow", 10)
            eventually(lambda: found.fleet.ledger.done() >= wanted, 40)
            figure(
                "latency before and during, median",
                f"{latency(bystander.seen[:calm]):.1f} and {latency(bystander.seen[calm:]):.1f} ms",
            )
            assert bystander.slowest < UNHARMED
        assert said(host, "cannot be used", 0) == []
