"""Each version of each blob is queued once, on a store in memory and a clock that nobody waits for."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine

from funchost.triggers.blob.container_scan import ContainerScan, HostStores, Watched
from funchost.triggers.blob.message import read_blob_message
from funchost.triggers.blob.path_pattern import parse_path_pattern
from funchost.triggers.blob.scanner import LOCK, BlobScanner
from funchost.triggers.singleton import LockTerms
from tests.unit.triggers.fake_blobs import Shared
from tests.unit.triggers.fake_clock import FakeClock, settle
from tests.unit.triggers.fake_queues import FakeQueues
from tests.unit.triggers.fakes import FakeHost

HOSTS = "azure-webjobs-hosts"
STATE = (HOSTS, "blobscaninfo/hostid/fake/samples/scanInfo")
POLL = 2.0


class Scanning:
    """One host that scans for functions on the container `samples`."""

    def __init__(self, clock: FakeClock, shared: Shared, queues: FakeQueues, *paths: str, name: str = "a") -> None:
        self.queues = queues
        self.host = FakeHost(clock, shared, name=name, queues=queues)
        assert self.host.blobs is not None
        assert self.host.account is not None
        self.blobs = self.host.blobs
        watched = [Watched(f"Host.Functions.F{n}", parse_path_pattern(path)) for n, path in enumerate(paths)]
        stores = HostStores(self.host.account, "hostid", "blobs")
        self.scan = ContainerScan(self.host.account, "samples", watched, stores, self.host.availability, clock)
        self.scanner = BlobScanner([self.scan], self.host.locks, LockTerms())
        self.task = asyncio.create_task(self.scanner.run())

    def queued(self) -> list[str]:
        """Function number and blob of every message so far."""
        messages = [read_blob_message(text) for text in self.queues.texts.get("blobs", [])]
        return [f"{message.function_id[-2:]} {message.name}" for message in messages]

    async def stop(self) -> None:
        self.scanner.drain()
        await settle()
        assert self.task.done()


def scenario(main: Callable[[FakeClock, Shared, FakeQueues], Coroutine[None, None, None]]) -> None:
    async def run() -> None:
        clock = FakeClock()
        shared = Shared(clock)
        shared.containers.add("samples")
        await main(clock, shared, FakeQueues())

    asyncio.run(run())


def test_the_first_scan_finds_all_and_later_ones_what_is_new_or_changed() -> None:
    async def main(clock: FakeClock, shared: Shared, queues: FakeQueues) -> None:
        one = Scanning(clock, shared, queues, "samples/{name}")
        for name in ("a", "b"):
            await one.blobs.put("samples", name, b"1")
        await settle()
        assert sorted(one.queued()) == ["F0 a", "F0 b"]
        await clock.advance(300)
        await one.blobs.put("samples", "a", b"2")
        await one.blobs.put("samples", "c", b"1")
        await clock.advance(POLL)
        assert sorted(one.queued()) == ["F0 a", "F0 a", "F0 b", "F0 c"]
        await clock.advance(600)
        assert len(one.queued()) == 4
        await one.stop()

    scenario(main)


def test_receipts_and_state_stand_under_the_documented_paths() -> None:
    async def main(clock: FakeClock, shared: Shared, queues: FakeQueues) -> None:
        one = Scanning(clock, shared, queues, "samples/{name}")
        etag = (await one.blobs.put("samples", "x/a", b"1")).etag
        await settle()
        receipt, _ = shared.blobs[HOSTS, f"blobreceipts/hostid/Host.Functions.F0/{etag}/samples/x/a"]
        assert list(receipt.metadata) == ["Completed"]
        assert list(json.loads(shared.blobs[STATE][1])) == ["LatestScan"]
        assert (HOSTS, f"locks/hostid/{LOCK}") in shared.blobs
        await one.stop()

    scenario(main)


def test_a_second_scanner_queues_nothing_again() -> None:
    async def main(clock: FakeClock, shared: Shared, queues: FakeQueues) -> None:
        one = Scanning(clock, shared, queues, "samples/{name}", name="one")
        await one.blobs.put("samples", "a", b"1")
        await settle()
        two = Scanning(clock, shared, queues, "samples/{name}", name="two")
        await one.stop()
        await clock.advance(10)
        await one.blobs.put("samples", "b", b"1")
        await clock.advance(POLL)
        assert two.queued() == ["F0 a", "F0 b"]
        await two.stop()

    scenario(main)


def test_functions_on_one_container_share_the_scan_and_get_each_what_they_are_for() -> None:
    async def main(clock: FakeClock, shared: Shared, queues: FakeQueues) -> None:
        one = Scanning(clock, shared, queues, "samples/{name}.txt", "samples", "samples/x/{name}")
        await one.blobs.put("samples", "a.txt", b"1")
        await one.blobs.put("samples", "x/b", b"1")
        await settle()
        assert sorted(one.queued()) == ["F0 a.txt", "F1 a.txt", "F1 x/b", "F2 x/b"]
        await one.stop()

    scenario(main)


def test_a_function_that_is_new_on_a_scanned_container_does_not_get_old_blobs() -> None:
    async def main(clock: FakeClock, shared: Shared, queues: FakeQueues) -> None:
        one = Scanning(clock, shared, queues, "samples/{name}")
        await one.blobs.put("samples", "old", b"1")
        await clock.advance(300)
        await one.blobs.put("samples", "touch", b"1")
        await clock.advance(300)
        await one.stop()
        two = Scanning(clock, shared, queues, "samples/{name}", "samples/{other}", name="two")
        await clock.advance(10)
        assert "F1 old" not in two.queued()
        await two.blobs.put("samples", "new", b"1")
        await clock.advance(POLL)
        assert {"F0 new", "F1 new"} <= set(two.queued())
        await two.stop()

    scenario(main)


def test_deleting_a_receipt_makes_the_next_host_queue_that_version_again() -> None:
    async def main(clock: FakeClock, shared: Shared, queues: FakeQueues) -> None:
        one = Scanning(clock, shared, queues, "samples/{name}", name="one")
        etags = {name: (await one.blobs.put("samples", name, b"1")).etag for name in ("a", "b")}
        await clock.advance(600)
        await one.stop()
        await one.blobs.delete(HOSTS, f"blobreceipts/hostid/Host.Functions.F0/{etags['a']}/samples/a")
        two = Scanning(clock, shared, queues, "samples/{name}", name="two")
        await clock.advance(10)
        assert sorted(two.queued()) == ["F0 a", "F0 a", "F0 b"]
        await two.stop()

    scenario(main)


def test_setting_the_scan_state_back_replays_at_once_what_has_no_receipt() -> None:
    async def main(clock: FakeClock, shared: Shared, queues: FakeQueues) -> None:
        one = Scanning(clock, shared, queues, "samples/{name}")
        etag = (await one.blobs.put("samples", "a", b"1")).etag
        await clock.advance(400)
        await one.blobs.put("samples", "b", b"1")
        await clock.advance(20)
        await one.blobs.delete(HOSTS, f"blobreceipts/hostid/Host.Functions.F0/{etag}/samples/a")
        await one.blobs.put(*STATE, b'{"LatestScan": "2020-01-01T00:00:00+00:00"}')
        await clock.advance(15)
        assert sorted(one.queued()) == ["F0 a", "F0 a", "F0 b"]
        await one.stop()

    scenario(main)


def test_a_kill_between_message_and_receipt_repeats_and_never_loses() -> None:
    async def main(clock: FakeClock, shared: Shared, queues: FakeQueues) -> None:
        one = Scanning(clock, shared, queues, "samples/{name}", name="one")
        etag = (await one.blobs.put("samples", "a", b"1")).etag
        await settle()
        one.task.cancel()
        await asyncio.wait((one.task,))
        del shared.blobs[HOSTS, f"blobreceipts/hostid/Host.Functions.F0/{etag}/samples/a"]
        two = Scanning(clock, shared, queues, "samples/{name}", name="two")
        await clock.advance(20)
        assert two.queued() == ["F0 a", "F0 a"]
        await two.stop()

    scenario(main)


def test_a_receipt_that_an_existing_host_did_not_complete_does_not_count() -> None:
    async def main(clock: FakeClock, shared: Shared, queues: FakeQueues) -> None:
        one = Scanning(clock, shared, queues, "samples/{name}", name="one")
        one.task.cancel()
        shared.containers.add(HOSTS)
        etag = (await one.blobs.put("samples", "a", b"1")).etag
        await one.blobs.put(HOSTS, f"blobreceipts/hostid/Host.Functions.F0/{etag}/samples/a", b"")
        two = Scanning(clock, shared, queues, "samples/{name}", name="two")
        await clock.advance(20)
        assert two.queued() == ["F0 a"]
        await two.stop()

    scenario(main)


def test_blobs_of_the_second_in_which_a_scan_ran_are_not_missed() -> None:
    async def main(clock: FakeClock, shared: Shared, queues: FakeQueues) -> None:
        one = Scanning(clock, shared, queues, "samples/{name}")
        await settle()
        for n in range(40):
            await one.blobs.put("samples", f"b{n:02}", b"1")
            await clock.advance(0.3)
        await clock.advance(POLL)
        assert one.queued() == [f"F0 b{n:02}" for n in range(40)]
        await one.stop()

    scenario(main)


def test_a_missing_container_is_taken_up_when_it_appears() -> None:
    async def main(clock: FakeClock, shared: Shared, queues: FakeQueues) -> None:
        shared.containers.clear()
        one = Scanning(clock, shared, queues, "samples/{name}")
        await clock.advance(30)
        assert not one.host.availability.problems
        await one.blobs.create_container("samples")
        await one.blobs.put("samples", "a", b"1")
        await clock.advance(POLL)
        assert one.queued() == ["F0 a"]
        await one.stop()

    scenario(main)


def test_while_the_store_is_away_the_scan_waits_and_loses_nothing() -> None:
    async def main(clock: FakeClock, shared: Shared, queues: FakeQueues) -> None:
        one = Scanning(clock, shared, queues, "samples/{name}")
        await settle()
        other = FakeHost(clock, shared)
        assert other.blobs is not None
        one.blobs.away = True
        await other.blobs.put("samples", "a", b"1")
        await clock.advance(8)
        assert one.host.availability.problems
        one.blobs.away = False
        await clock.advance(6)
        assert one.queued() == ["F0 a"]
        assert not one.host.availability.problems
        await one.stop()

    scenario(main)


def test_a_queue_that_fails_leaves_no_receipt() -> None:
    async def main(clock: FakeClock, shared: Shared, queues: FakeQueues) -> None:
        queues.away = True
        one = Scanning(clock, shared, queues, "samples/{name}")
        await one.blobs.put("samples", "a", b"1")
        await clock.advance(10)
        assert not [name for _, name in shared.blobs if name.startswith("blobreceipts/")]
        queues.away = False
        queues.texts["blobs"] = []
        await clock.advance(6)
        assert one.queued() == ["F0 a"]
        await one.stop()

    scenario(main)


def test_a_scanner_that_lost_its_lock_queues_nothing() -> None:
    async def main(clock: FakeClock, shared: Shared, queues: FakeQueues) -> None:
        one = Scanning(clock, shared, queues, "samples/{name}")
        await settle()
        await one.blobs.put("samples", "a", b"1")
        clock.suspend(60)
        await settle()
        assert one.queued() == []
        await clock.advance(5)
        assert one.queued() == ["F0 a"]
        await one.stop()

    scenario(main)


def test_long_names_have_receipts_too() -> None:
    async def main(clock: FakeClock, shared: Shared, queues: FakeQueues) -> None:
        one = Scanning(clock, shared, queues, "samples/{name}")
        await one.blobs.put("samples", "n" * 1024, b"1")
        await settle()
        assert all(len(name) <= 1024 for _, name in shared.blobs)
        assert len(one.queued()) == 1
        await one.stop()

    scenario(main)
