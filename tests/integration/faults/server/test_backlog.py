"""A backlog of messages or blobs: the app gets more instances, everything is processed, and the instances go again."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from azure.storage.blob import BlobServiceClient

from funchost.testing import ServerProcess, eventually
from tests.integration.faults.bystander import Bystander
from tests.integration.faults.server.package import app_package, blob_package
from tests.integration.faults.server.queue_load import QueueClient, done_again
from tests.integration.faults.server.site import WAIT, TestedSite
from tests.integration.faults.server.traces import instance_folders
from tests.integration.faults.storage.ledger import Ledger

Figure = Callable[[str, object], None]
CLIENTS = 4


@pytest.mark.parametrize(
    ("messages", "seconds", "most"),
    [
        pytest.param(900, 0.25, 3, id="900"),
        pytest.param(20_000, 0.05, 5, id="20000", marks=[pytest.mark.long, pytest.mark.timeout(600)]),
    ],
)
def test_a_backlog_brings_instances_and_they_go_again(
    tmp_path: Path, clients: ThreadPoolExecutor, messages: int, seconds: float, most: int, figure: Figure
) -> None:
    ledger = Ledger(tmp_path / "ledger.jsonl")
    with ServerProcess(tmp_path / "server", "--scale-in-seconds", "1", "--idle-seconds", "2") as server:
        other = TestedSite(server, "other").create(**ledger.environment)
        other.deploy(app_package("other"))
        shop = TestedSite(server, "shop").create(**ledger.environment)
        go_on = tmp_path / "go-on"
        shop.deploy(app_package("one", seconds=seconds, until=go_on))
        shop.scale(0, most)
        with Bystander(other, "who"):
            shop.manage("POST", "/stop")
            for put in [clients.submit(put_messages, shop, range(n, messages, CLIENTS)) for n in range(CLIENTS)]:
                put.result()
            began = time.monotonic()
            shop.manage("POST", "/start")
            watch = Watch(shop, began)
            eventually(lambda: watch.look() >= most, WAIT)
            go_on.touch()
            eventually(lambda: watch.look() >= 0 and len(ledger.done()) >= messages, 4 * WAIT)
            done = time.monotonic()
            eventually(lambda: watch.look() == 0, WAIT)
            gone = time.monotonic()
        figure("instances after", ", ".join(f"{count}: {after:.1f} s" for count, after in watch.reached.items()))
        figure("all done after", f"{done - began:.1f} s")
        figure("no instance any more", f"{gone - done:.1f} s later")
        figure("done more than once", done_again(ledger.runs(), {f"message-{number}" for number in range(messages)}))
        assert ledger.done() == {f"message-{number}" for number in range(messages)}
        with QueueClient(shop) as queue:
            eventually(lambda: queue.count() == 0, WAIT)
        eventually(lambda: len(instance_folders(server)) == len(other.instances()), WAIT)
        assert shop.version() == "one"


class Watch:
    """Looks at how many instances a site has, and remembers when there were so many for the first time.

    Args:
        site: whose.
        began: monotonic seconds.
    """

    def __init__(self, site: TestedSite, began: float) -> None:
        self.reached: dict[int, float] = {}
        self._site = site
        self._began = began

    def look(self) -> int:
        """Return how many instances are ready."""
        states = list(self._site.instances().values())
        ready = states.count("READY")
        self.reached.setdefault(ready, time.monotonic() - self._began)
        return ready if states else 0


def put_messages(site: TestedSite, numbers: range) -> None:
    with QueueClient(site) as queue:
        for number in numbers:
            queue.put(f"message-{number}")


def test_blobs_that_wait_bring_instances_and_one_stays(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.jsonl")
    names = {f"blob-{number}" for number in range(150)}
    with ServerProcess(tmp_path / "server", "--scale-in-seconds", "1", "--idle-seconds", "2") as server:
        shop = TestedSite(server, "shop").create(**ledger.environment)
        go_on = tmp_path / "go-on"
        shop.deploy(blob_package(until=go_on))
        shop.scale(0, 3)
        with BlobServiceClient.from_connection_string(shop.settings()["AzureWebJobsStorage"]) as blobs:
            container = blobs.create_container("incoming")
            for name in names:
                container.upload_blob(name, b"x")
        watch = Watch(shop, time.monotonic())
        eventually(lambda: watch.look() >= 3, WAIT)
        go_on.touch()
        eventually(lambda: ledger.done() == names, WAIT)
        eventually(lambda: watch.look() == 1, WAIT)
