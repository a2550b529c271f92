"""A disk that is full: writes fail and say so, the host lives, and all goes on when there is room again."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from funchost.testing import HostProcess, eventually
from tests.integration.faults.bystander import Bystander
from tests.integration.faults.storage.fleet import Fleet
from tests.integration.faults.storage.stores import EmbeddedFolder, count_of
from tests.small_disk import MIB, fill, small_disk

CODE = """
@app.route("innocent")
async def innocent(req: func.HttpRequest) -> str:
    return str(os.getpid())

@app.route("blob/{name}/{size:int}")
@app.blob_output("out", "samples/{name}", "AzureWebJobsStorage")
def blob(req: func.HttpRequest, out: func.Out[bytes]) -> str:
    out.set(b"x" * int(req.route_params["size"]))
    return "written"

@app.route("enqueue/{size:int}")
@app.queue_output("out", "orders", "AzureWebJobsStorage")
def enqueue(req: func.HttpRequest, out: func.Out[str]) -> str:
    out.set("m" + "x" * int(req.route_params["size"]))
    return "put"

@app.queue_trigger("msg", "orders", "AzureWebJobsStorage")
async def take(msg: func.QueueMessage):
    with recorded(str(msg.id)):
        await asyncio.sleep(0.05)

@app.timer_trigger(schedule="* * * * * *", arg_name="timer")
async def tick(timer: func.TimerRequest):
    with recorded("tick"):
        pass
"""


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path / "disk", 24 * MIB) as folder:
        yield folder


def status(host: HostProcess, path: str) -> int:
    return host.get(f"/api/{path}", timeout=60).status


def is_refused(host: HostProcess, path: str) -> bool:
    return status(host, path) == 500


def test_a_full_disk_fails_what_is_written_and_nothing_else(disk: Path, tmp_path: Path) -> None:
    store = EmbeddedFolder(disk / "store")
    with Fleet(tmp_path / "app", CODE, store, 2) as fleet:
        first, second = fleet.hosts
        assert status(first, "blob/kept/1000000") == 200
        assert status(first, "enqueue/100") == 200
        eventually(lambda: len([run for run in fleet.ledger.runs() if run.text != "tick"]) == 1)
        with Bystander(first), Bystander(second):
            ballast = fill(disk)
            start = len(first.lines)
            for host in fleet.hosts:
                eventually(lambda host=host: is_refused(host, "blob/large/3000000"), 20)  # type: ignore[misc]
                eventually(lambda host=host: is_refused(host, "enqueue/40000"), 20)  # type: ignore[misc]
            first.wait_for_line("(?i)disk.* full|no space", start=start)
            before = len(os.listdir(disk))
            ballast.unlink()
            assert before == 2
            for host in fleet.hosts:
                eventually(lambda host=host: status(host, "blob/large/3000000") == 200, 10)  # type: ignore[misc]
                eventually(lambda host=host: status(host, "enqueue/40000") == 200, 10)  # type: ignore[misc]
        ran = len(fleet.ledger.runs())
        eventually(lambda: len([run for run in fleet.ledger.runs()[ran:] if run.text == "tick"]) >= 2, 30)
        eventually(lambda: store.do(lambda account: count_of(account, "orders")) == 0, 30)
        assert store.do(lambda account: account.blobs.properties("samples", "kept")).size == 1_000_000
        for host in fleet.hosts:
            eventually(lambda host=host: "errors" not in host.status(), 20)  # type: ignore[misc]
        assert {host.exit_code for host in fleet.hosts} == {None}


def test_a_host_that_starts_on_a_full_disk_begins_when_there_is_room(disk: Path, tmp_path: Path) -> None:
    ballast = fill(disk)
    with Fleet(tmp_path / "app", CODE, EmbeddedFolder(disk / "store"), 1) as fleet:
        (host,) = fleet.hosts
        assert status(host, "innocent") == 200
        assert is_refused(host, "enqueue/100")
        eventually(lambda: "no space is left" in str(host.status().get("errors")), 20)
        ballast.unlink()
        eventually(lambda: status(host, "enqueue/100") == 200, 30)
        eventually(lambda: {run.text == "tick" for run in fleet.ledger.runs()} == {True, False}, 30)
        eventually(lambda: "errors" not in host.status(), 20)
