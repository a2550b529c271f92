"""Two hosts of one app, each with settings of its own: the store's well-known ports go from one to the other."""

from __future__ import annotations

import json
import os
import signal
import socket
from collections.abc import Mapping
from pathlib import Path

import pytest
from azure.storage.queue import QueueClient

from funchost.storage.endpoints import DEVELOPMENT_PORTS
from funchost.testing import HostProcess, eventually
from tests.integration.faults.storage.ledger import PREAMBLE, Ledger

CONNECTION = "UseDevelopmentStorage=true"
CODE = """
@app.route("setting")
async def setting(req: func.HttpRequest) -> str:
    return os.environ["MINE"]

@app.queue_trigger("msg", "orders", "AzureWebJobsStorage")
async def take(msg: func.QueueMessage):
    with recorded(msg.get_body().decode(), os.environ["MINE"]):
        pass
"""


def ports_in_use() -> list[int]:
    found = []
    for port in DEVELOPMENT_PORTS.values():
        with socket.socket() as probe:
            probe.settimeout(1.0)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                found.append(port)
    return found


@pytest.fixture
def app(tmp_path: Path) -> Path:
    if taken := ports_in_use():
        pytest.skip(f"somebody listens on the storage emulators' ports {taken}")
    extensions = {"queues": {"messageEncoding": "none"}}
    (tmp_path / "host.json").write_text(json.dumps({"version": "2.0", "extensions": extensions}))
    (tmp_path / "function_app.py").write_text(PREAMBLE + CODE)
    return tmp_path


def host_of(app: Path, ledger: Ledger, mine: str) -> HostProcess:
    env: Mapping[str, str | None] = {
        **ledger.environment,
        "AzureWebJobsStorage": CONNECTION,
        "FUNCHOST_STORAGE_PORTS": None,
        "MINE": mine,
    }
    return HostProcess(app, env=env)


def put(text: str) -> None:
    """By a client that knows nothing of hosts."""
    with QueueClient.from_connection_string(CONNECTION, "orders", retry_total=0) as client:
        client.send_message(text)


def test_the_ports_go_to_another_host_when_their_holder_ends(app: Path) -> None:
    ledger = Ledger(app / "ledger.jsonl")
    with host_of(app, ledger, "one") as one:
        one.wait_for_line("served on ports 10000, 10001, 10002")
        with host_of(app, ledger, "two") as two:
            two.wait_for_line("another process serves it on ports 10000, 10001, 10002")
            assert (one.get("/api/setting").text, two.get("/api/setting").text) == ("one", "two")
            with QueueClient.from_connection_string(CONNECTION, "orders") as client:
                client.create_queue()
            put("first")
            eventually(lambda: "first" in ledger.done())
            one.stop()
            two.wait_for_line("this one does now", 5)
            put("second")
            eventually(lambda: "second" in ledger.done())
            with host_of(app, ledger, "three") as three:
                three.wait_for_line("another process serves it")
                os.kill(two.pid, signal.SIGKILL)
                three.wait_for_line("this one does now", 5)
                put("third")
                eventually(lambda: "third" in ledger.done())
                assert three.get("/api/setting").text == "three"
            two.kill()
    assert [run.text for run in ledger.runs()] == ["first", "second", "third"]
    assert ledger.runs()[2].more == "three"
