"""Blobs while hosts and workers are killed: the last version of each is handled, none is poisoned for a kill."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from funchost.storage.account import StorageAccount
from funchost.testing import eventually
from funchost.triggers.blob.container_scan import AT_ONCE
from funchost.triggers.blob.message import POISON_QUEUE, read_blob_message
from tests.integration.faults.storage.blows import counted, longest_pause, longest_recovery, repeats, unexplained
from tests.integration.faults.storage.fleet import Fleet
from tests.integration.faults.storage.stores import EmbeddedFolder, Store, own_azurite, texts_of
from tests.integration.faults.storage.test_queue_kills import restart, strike

CONTAINER = "samples"
OPTIONS = {"queues": {"leaseDuration": "00:00:05", "maxPollingInterval": "00:00:01"}}
CODE = """
@app.blob_trigger(arg_name="blob", path="samples/{name}", connection="AzureWebJobsStorage")
async def take(blob: func.InputStream):
    content = blob.read().decode()
    with recorded(content, blob.name):
        await asyncio.sleep(random.uniform(0.0, LONGEST))
        if content.startswith("bad"):
            raise ValueError(content)
"""

Figure = Callable[[str, object], None]


def code(longest: float) -> str:
    return f"LONGEST = {longest}\n{CODE}"


class Shower:
    """Blobs that are written while a fleet works on them; the content of each version is its own.

    Args:
        good, bad: how many blobs; the function raises on every try of a bad one.
        changed: how many good ones are written a second time.
    """

    def __init__(self, store: Store, fleet: Fleet, good: int, bad: int, changed: int) -> None:
        self._store = store
        self._fleet = fleet
        self._etags: dict[str, str] = {}
        self._final: dict[str, str] = {}
        self._bad = [f"bad{number}" for number in range(bad)]
        names = [f"good{number}" for number in range(good)]
        fleet.random.shuffle(names)
        self._order = [*((name, "1") for name in (*names, *self._bad)), *((name, "2") for name in names[:changed])]
        self._good = names
        store.do(lambda account: account.blobs.create_container(CONTAINER))

    def parts(self, count: int) -> Iterator[int]:
        """Write the blobs in so many parts; yields the number of each after it was written."""
        size = -(-len(self._order) // count)
        for number in range(count):
            self._put(dict(self._order[number * size : (number + 1) * size]))
            yield number

    def _put(self, versions: Mapping[str, str]) -> None:
        async def put(account: StorageAccount, name: str, version: str) -> None:
            self._final[name] = content = f"{name} version {version}"
            self._etags[name] = (await account.blobs.put(CONTAINER, name, content.encode())).etag

        async def work(account: StorageAccount) -> None:
            items = list(versions.items())
            for start in range(0, len(items), 32):
                await asyncio.gather(*(put(account, *item) for item in items[start : start + 32]))

        self._store.do(work)

    @property
    def wanted(self) -> set[str]:
        """The contents that must have been handled."""
        return {self._final[name] for name in self._good if name in self._final}

    def missing(self) -> set[str]:
        return self.wanted - self._fleet.ledger.done()

    def check(self, figure: Figure, seconds: float) -> None:
        """Wait until all is handled; none lost, exactly the bad ones poisoned; and the figures."""
        fleet = self._fleet
        eventually(lambda: not self.missing(), seconds)
        messages: list[str] = []

        def poisoned() -> set[tuple[str, str]]:
            messages.extend(self._store.do(lambda account: texts_of(account, POISON_QUEUE)))
            return {(message.name, message.etag) for message in map(read_blob_message, messages)}

        wanted = {(name, self._etags[name]) for name in self._bad}
        eventually(lambda: poisoned() >= wanted, seconds)
        assert poisoned() == wanted
        assert len(messages) - len(wanted) <= fleet.kills
        good = [run for run in fleet.ledger.runs() if not run.text.startswith("bad")]
        twice_queued = unexplained(good, fleet.blows)
        # A scanner that is killed leaves what it has queued and not noted yet to be queued again.
        assert len(twice_queued) <= AT_ONCE * sum(len(blow.hosts) for blow in fleet.blows), twice_queued
        figure("blobs", len(self._good) + len(self._bad))
        figure("blows", counted(fleet.blows))
        figure("lost", len(self.missing()))
        figure("cut off", sum(not run.outcome for run in good))
        figure("done more than once", repeats(good))
        figure("queued twice", len(twice_queued))
        figure("in the poison queue", len(messages))
        figure("cut off and done after at most", f"{longest_recovery(good, fleet.blows):.1f} s")
        figure("longest pause", f"{longest_pause(good):.1f} s")


def test_kills_lose_no_blob(tmp_path: Path, figure: Figure) -> None:
    store = EmbeddedFolder(tmp_path / "store")
    with Fleet(tmp_path / "app", code(1.0), store, 3, OPTIONS) as fleet:
        shower = Shower(store, fleet, 200, 3, 20)
        for number in shower.parts(3):
            fleet.wait_until_busy()
            if number == 1:
                fleet.kill_worker(fleet.any_host())
            else:
                fleet.kill_hosts(fleet.any_host())
        shower.check(figure, 35)


@pytest.mark.long
@pytest.mark.timeout(600)
def test_2000_blobs_while_hosts_and_workers_are_killed(tmp_path: Path, figure: Figure) -> None:
    store = EmbeddedFolder(tmp_path / "store")
    with Fleet(tmp_path / "app", code(1.0), store, 3, OPTIONS, seed=4) as fleet:
        shower = Shower(store, fleet, 1_985, 15, 200)
        for _ in shower.parts(20):
            strike(fleet)
            time.sleep(fleet.random.uniform(0.2, 1.8) * 2.0)  # the interval of the blows, nothing is waited for
        shower.check(figure, 240)


@pytest.mark.long
@pytest.mark.timeout(600)
def test_1000_blobs_while_hosts_workers_and_azurite_end_and_start(tmp_path: Path, figure: Figure) -> None:
    with own_azurite() as store, Fleet(tmp_path, code(0.5), store, 3, OPTIONS, seed=5) as fleet:
        shower = Shower(store, fleet, 990, 10, 100)
        for number in shower.parts(10):
            strike(fleet)
            if number % 3 == 2:
                restart(store, fleet, fleet.random.uniform(0.0, 8.0))
        shower.check(figure, 240)
