"""One app misbehaves in every way it can; another app on the same server answers as before, and about as fast."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from funchost.testing import ServerProcess, eventually
from tests.integration.faults.bystander import Bystander, Seen
from tests.integration.faults.server.package import app_package
from tests.integration.faults.server.queue_load import QueueClient
from tests.integration.faults.server.site import SUCCESS, WAIT, TestedSite
from tests.integration.faults.server.traces import app_log, processes_of
from tests.integration.faults.storage.ledger import Ledger

Figure = Callable[[str, object], None]
CALLS = 40
"""Of the bystander, before and during."""

CRASH = """
import os

def main(req):
    os._exit(7)
"""

CRASH_ALL = """
import os, signal

def main(req):
    os.kill(os.getppid(), signal.SIGKILL)
"""

ENDLESS = """
import asyncio, logging

async def main(req):
    for _ in range(2000):
        for _ in range(20):
            logging.error("y" * 500)
        await asyncio.sleep(0)
    return "said a lot"
"""

STUCK = """
import time

def main(msg):
    time.sleep(600)
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with ServerProcess(tmp_path_factory.mktemp("server")) as running:
        yield running
    assert processes_of(running.data) == {}


@pytest.fixture(scope="module")
def bystander(server: ServerProcess, tmp_path_factory: pytest.TempPathFactory) -> TestedSite:
    ledger = Ledger(tmp_path_factory.mktemp("bystander") / "ledger.jsonl")
    site = TestedSite(server, "bystander").create(**ledger.environment)
    site.deploy(app_package("bystander"))
    return site


@pytest.fixture
def bad(server: ServerProcess, tmp_path: Path) -> Iterator[TestedSite]:
    """An app that does what no app should do, on request."""
    site = TestedSite(server, "bad").create(**Ledger(tmp_path / "ledger.jsonl").environment)
    more = {"crash": CRASH, "crashall": CRASH_ALL, "endless": ENDLESS}
    assert site.deploy(app_package("bad", http=more, queue=STUCK))["status"] == SUCCESS
    site.scale(0, 2)
    yield site
    site.delete()


def latency(seen: list[Seen]) -> float:
    return statistics.median(one.ended - one.sent for one in seen)


def unharmed(site: TestedSite, harm: Callable[[], object], figure: Figure) -> None:
    """Do harm again and again while a site is asked: everything is answered 200, and none waits for the harm to end.

    The bounds are very wide: the machine has few cores, and others use it too. The figures are what tells more.
    """
    with Bystander(site, "who") as asking:
        asking.goes_on(CALLS)
        before = latency(asking.seen)
        start = len(asking.seen)
        end = time.monotonic() + WAIT
        while len(asking.seen) < start + CALLS:
            harm()
            assert time.monotonic() < end, "the bystander got no answers"
        during = latency(asking.seen[start:])
        slowest = max(one.ended - one.sent for one in asking.seen[start:])
    figure("median before and during", f"{before * 1000:.1f} and {during * 1000:.1f} ms")
    figure("slowest", f"{slowest * 1000:.0f} ms")
    assert during < max(10 * before, 3.0)
    assert slowest < WAIT / 2


@pytest.mark.parametrize(
    ("path", "says"),
    [("crash", "exited with code 7"), ("crashall", "ended: SIGKILL")],
    ids=["workers", "instances"],
)
def test_a_crash_loop(
    server: ServerProcess,
    bystander: TestedSite,
    bad: TestedSite,
    clients: ThreadPoolExecutor,
    path: str,
    says: str,
    figure: Figure,
) -> None:
    calls = [clients.submit(bad.get, path)]

    def crash() -> None:
        if calls[-1].done():
            calls.append(clients.submit(bad.get, path))

    unharmed(bystander, crash, figure)
    statuses = {call.result(2 * WAIT).status for call in calls}
    figure("crashes", len(calls))
    assert statuses <= {500, 502, 503}
    eventually(lambda: says in app_log(server, "bad"), WAIT)
    eventually(lambda: bad.get("who").status == 200, 2 * WAIT)


def test_endless_output(
    server: ServerProcess, bystander: TestedSite, bad: TestedSite, clients: ThreadPoolExecutor, figure: Figure
) -> None:
    talking = [clients.submit(bad.get, "endless")]

    def talk() -> None:
        if talking[-1].done():
            talking.append(clients.submit(bad.get, "endless"))

    unharmed(bystander, talk, figure)
    assert {call.result(2 * WAIT).status for call in talking} == {200}
    kept = sum(file.stat().st_size for file in (server.data / "sites" / "bad" / "logs").iterdir())
    figure("output", f"{len(talking) * 40000 * 500 // 2**20} MiB, of which {kept // 2**20} MiB are kept")
    assert kept < 64 * 2**20


def test_a_full_queue_whose_function_hangs(
    bystander: TestedSite, bad: TestedSite, clients: ThreadPoolExecutor, figure: Figure
) -> None:
    with QueueClient(bad) as queue:
        for number in range(500):
            queue.put(f"message-{number}")
        eventually(lambda: list(bad.instances().values()).count("READY") == 2, WAIT)
        unharmed(bystander, lambda: queue.put("more"), figure)
        assert queue.count() >= 500
