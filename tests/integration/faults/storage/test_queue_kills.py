"""Queue messages while hosts, workers and stores come and go: none is lost, none is poisoned for that."""

from __future__ import annotations

import asyncio
import base64
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from funchost.storage.account import StorageAccount
from funchost.testing import eventually
from tests.integration.faults.storage.blows import Blow, counted, longest_pause, longest_recovery, repeats, unexplained
from tests.integration.faults.storage.fleet import Fleet
from tests.integration.faults.storage.stores import (
    Azurite,
    EmbeddedFolder,
    Store,
    count_of,
    own_azurite,
    texts_of,
)

QUEUE = "orders"
POISON = "orders-poison"
FIVE_SECONDS = "00:00:05"

CODE = """
@app.queue_trigger("msg", "orders", "AzureWebJobsStorage")
async def take(msg: func.QueueMessage):
    text = msg.get_body().decode()
    with recorded(text, msg.dequeue_count):
        await asyncio.sleep(random.uniform(0.0, {longest}))
        if text.startswith("bad"):
            raise ValueError(text)
"""

Figure = Callable[[str, object], None]


def put_all(store: Store, texts: Sequence[str]) -> None:
    async def work(account: StorageAccount) -> None:
        await account.queues.create(QUEUE)
        for start in range(0, len(texts), 64):
            part = texts[start : start + 64]
            await asyncio.gather(
                *(account.queues.put(QUEUE, base64.b64encode(text.encode()).decode()) for text in part)
            )

    store.do(work)


def poisoned(store: Store) -> Counter[str]:
    """What is in the poison queue, which is empty then."""
    return Counter(base64.b64decode(text).decode() for text in store.do(lambda account: texts_of(account, POISON)))


class Flood:
    """Messages that are put while a fleet works on them.

    Args:
        good, bad: how many messages; the function raises on every try of a bad one.
    """

    def __init__(self, store: Store, fleet: Fleet, good: int, bad: int) -> None:
        self.good = [f"good {number}" for number in range(good)]
        self.bad = [f"bad {number}" for number in range(bad)]
        self._store = store
        self._fleet = fleet
        order = [*self.good, *self.bad]
        fleet.random.shuffle(order)
        self._order = order

    def parts(self, count: int) -> Iterator[int]:
        """Put the messages in so many parts; yields the number of each after it was put."""
        size = -(-len(self._order) // max(count, 1))
        for number in range(count):
            put_all(self._store, self._order[number * size : (number + 1) * size])
            yield number

    def worked_off(self, share: float) -> bool:
        """Whether that share of the good messages has been done."""
        return len(self._fleet.ledger.done()) >= share * len(self.good)

    def wait(self, seconds: float) -> None:
        """Wait until nothing is left."""
        eventually(lambda: self._fleet.ledger.done() >= set(self.good), seconds)
        eventually(lambda: self._store.do(lambda account: count_of(account, QUEUE)) == 0, seconds)

    def check(self, figure: Figure) -> None:
        """None lost, exactly the bad ones poisoned, nothing repeated but through blows; and the figures."""
        fleet = self._fleet
        runs = fleet.ledger.runs()
        found = poisoned(self._store)
        assert set(found) == set(self.bad)
        assert fleet.ledger.done() == set(self.good)
        good = [run for run in runs if run.text in fleet.ledger.done()]
        assert unexplained(good, fleet.blows) == []
        assert sum(found.values()) - len(self.bad) <= fleet.kills
        figure("messages", len(self.good) + len(self.bad))
        figure("blows", counted(fleet.blows))
        figure("lost", len(set(self.good) - fleet.ledger.done()))
        figure("cut off", sum(not run.outcome for run in good))
        figure("done more than once", repeats(good))
        figure("begun more than once", len(good) - len(self.good))
        figure("in the poison queue", sum(found.values()))
        figure("cut off and done after at most", f"{longest_recovery(good, fleet.blows):.1f} s")
        figure("longest pause", f"{longest_pause(good):.1f} s")


def strike(fleet: Fleet) -> None:
    """Hit somebody at random."""
    chance = fleet.random.random()
    if chance < 0.4:
        fleet.kill_hosts(fleet.any_host())
    elif chance < 0.75:
        fleet.kill_worker(fleet.any_host())
    elif chance < 0.85:
        fleet.kill_hosts(*fleet.hosts)
    else:
        fleet.suspend(fleet.any_host(), fleet.random.uniform(0.5, 8.0))


def strike_until_nearly_done(fleet: Fleet, flood: Flood, parts: int, pause: float) -> None:
    """Put the messages and strike meanwhile; the last tenth is left in peace, so that it shows what recovery takes."""
    for _ in flood.parts(parts):
        strike(fleet)
        time.sleep(fleet.random.uniform(0.2, 1.8) * pause)  # the interval of the blows, nothing is waited for
    while not flood.worked_off(0.9):
        strike(fleet)
        time.sleep(fleet.random.uniform(0.2, 1.8) * pause)  # as above


def test_kills_lose_no_message(tmp_path: Path, figure: Figure) -> None:
    store = EmbeddedFolder(tmp_path / "store")
    options = {"queues": {"leaseDuration": FIVE_SECONDS}}
    with Fleet(tmp_path / "app", CODE.replace("{longest}", "0.2"), store, 3, options) as fleet:
        flood = Flood(store, fleet, 400, 5)
        blows = iter(
            (
                lambda: fleet.kill_hosts(fleet.any_host()),
                lambda: fleet.kill_worker(fleet.any_host()),
                lambda: fleet.suspend(fleet.any_host(), 2.0),
            )
        )
        for _ in flood.parts(3):
            fleet.wait_until_busy()
            next(blows)()
        flood.wait(20)
        flood.check(figure)


def test_kills_and_a_restart_of_azurite_lose_no_message(tmp_path: Path, figure: Figure) -> None:
    options = {"queues": {"leaseDuration": FIVE_SECONDS, "maxPollingInterval": "00:00:01"}}
    with own_azurite() as store, Fleet(tmp_path, CODE.replace("{longest}", "0.2"), store, 2, options) as fleet:
        flood = Flood(store, fleet, 200, 3)
        for number in flood.parts(2):
            fleet.wait_until_busy()
            if number == 0:
                fleet.kill_hosts(fleet.any_host())
            else:
                restart(store, fleet, 1.0)
        flood.wait(25)
        flood.check(figure)


def restart(store: Azurite, fleet: Fleet, away: float) -> None:
    """End Azurite and start it again after some seconds."""
    began = time.monotonic()
    store.server.stop()
    time.sleep(away)  # that is the fault
    store.server.start()
    # A client may notice only when its next request or renewal fails.
    fleet.blows.append(Blow("restarts of the store", frozenset(), frozenset(), began, time.monotonic()))


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("lease", [FIVE_SECONDS, None], ids=["held 5 s", "held as by default"])
def test_10000_messages_while_hosts_and_workers_are_killed(lease: str | None, tmp_path: Path, figure: Figure) -> None:
    store = EmbeddedFolder(tmp_path / "store")
    options = {"queues": {} if lease is None else {"leaseDuration": lease}}
    with Fleet(tmp_path / "app", CODE.replace("{longest}", "1.0"), store, 3, options, seed=2) as fleet:
        flood = Flood(store, fleet, 9_980, 20)
        strike_until_nearly_done(fleet, flood, 10, 3.0)
        flood.wait(240)
        flood.check(figure)


@pytest.mark.long
@pytest.mark.timeout(600)
def test_3000_messages_while_hosts_workers_and_azurite_end_and_start(tmp_path: Path, figure: Figure) -> None:
    options = {"queues": {"leaseDuration": FIVE_SECONDS, "maxPollingInterval": "00:00:01"}}
    with own_azurite() as store, Fleet(tmp_path, CODE.replace("{longest}", "1.0"), store, 3, options, seed=3) as fleet:
        flood = Flood(store, fleet, 2_990, 10)
        for number in flood.parts(10):
            strike(fleet)
            if number % 3 == 2:
                restart(store, fleet, fleet.random.uniform(0.0, 8.0))
        strike_until_nearly_done(fleet, flood, 0, 3.0)
        flood.wait(240)
        flood.check(figure)
