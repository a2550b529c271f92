"""Hosts that start while their store cannot be opened: nothing runs unguarded, and all runs when the store is there."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from funchost.storage.embedded.folder import StoreFolder
from funchost.storage.embedded.lock import StoreLock
from funchost.testing import HostProcess, eventually
from tests.integration.faults.storage.fleet import Fleet
from tests.integration.faults.storage.stores import EmbeddedFolder
from tests.integration.faults.storage.test_timer_kills import FREQUENT

Figure = Callable[[str, object], None]

CODE = (
    FREQUENT
    + """
@app.route("innocent")
async def innocent(req: func.HttpRequest) -> str:
    return "here"

@app.queue_trigger("msg", "orders", "AzureWebJobsStorage")
async def take(msg: func.QueueMessage):
    with recorded(msg.get_body().decode()):
        pass
"""
)
OPTIONS = {"queues": {"messageEncoding": "none"}}


@pytest.mark.timeout(180)
@pytest.mark.parametrize("seconds", [8.0, pytest.param(40.0, marks=pytest.mark.long)])
def test_a_store_that_is_locked_when_a_host_starts_is_used_when_it_is_free(
    seconds: float, tmp_path: Path, figure: Figure
) -> None:
    store = EmbeddedFolder(tmp_path / "store")
    store.do(lambda account: account.queues.create("orders"))
    store.do(lambda account: account.queues.put("orders", "first"))
    lock = StoreLock(StoreFolder(store.folder).lock_stages)
    assert lock.acquire_within(5)
    began = time.monotonic()
    with Fleet(tmp_path / "app", CODE, store, 2, OPTIONS) as fleet:
        while time.monotonic() < began + seconds:
            assert {host.get("/api/innocent").text for host in fleet.hosts} == {"here"}
            time.sleep(0.2)  # between requests
        assert fleet.ledger.runs() == []
        eventually(lambda: all(map(complains, fleet.hosts)))
        lock.release()
        free = time.monotonic()
        eventually(lambda: {run.text for run in fleet.ledger.runs()} == {"frequent", "first"}, 10)
        figure("listeners began after", f"{time.monotonic() - free:.1f} s")
        eventually(lambda: not any(map(complains, fleet.hosts)), 20)
        assert len({run.host for run in fleet.ledger.runs() if run.text == "frequent"}) == 1
    lock.close()


def test_timers_do_not_run_unguarded_while_the_store_is_damaged(tmp_path: Path) -> None:
    """Another host may be well and run them: both would."""
    store = EmbeddedFolder(tmp_path / "store")
    store.folder.mkdir()
    (store.folder / "store.db").write_bytes(b"this is no database" * 500)
    with Fleet(tmp_path / "app", CODE, store, 1) as fleet:
        (host,) = fleet.hosts
        problem = "The host's own storage cannot be used"
        eventually(lambda: problem in str(host.status().get("errors")))
        host.wait_for_line("Timers do not run")
        up = host.status()["processUptime"]
        assert isinstance(up, int)
        eventually(lambda: int(str(host.status()["processUptime"])) > up + 2_500)  # two ticks
        assert fleet.ledger.runs() == []


def complains(host: HostProcess) -> bool:
    return "errors" in host.status()
