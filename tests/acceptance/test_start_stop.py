"""How `func start` ends."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

import pytest

from funchost.testing import HostProcess, eventually
from funchost.testing.process_tree import is_alive
from tests.acceptance.small_app import TIMEOUT, hello_app, write_function

SLOW = """
import pathlib, time

def main(req):
    pathlib.Path(req.params["started"]).touch()
    while not pathlib.Path(req.params["until"]).exists():
        time.sleep(0.01)
    return "finished"
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_ends_it_with_0_and_leaves_no_process(tmp_path: Path, number: signal.Signals) -> None:
    with HostProcess(hello_app(tmp_path / "app")) as host:
        workers = host.worker_pids
        assert workers
        os.kill(host.pid, number)
        eventually(lambda: host.exit_code is not None, TIMEOUT)
        assert host.exit_code == 0
        eventually(lambda: not any(is_alive(pid) for pid in workers))


def test_requests_in_flight_are_finished_first(tmp_path: Path) -> None:
    app = hello_app(tmp_path / "app")
    write_function(app, "Slow", SLOW)
    answers: list[str] = []
    with HostProcess(app) as host:
        request = start_slow(host, tmp_path, answers)
        os.kill(host.pid, signal.SIGTERM)
        host.wait_for_line("SIGTERM")
        (tmp_path / "go-on").touch()
        eventually(lambda: host.exit_code is not None, TIMEOUT)
        request.join(TIMEOUT)
        assert host.exit_code == 0
    assert answers == ["finished"]


def test_second_ctrl_c_does_not_wait(tmp_path: Path) -> None:
    app = hello_app(tmp_path / "app")
    write_function(app, "Slow", SLOW)
    with HostProcess(app) as host:
        workers = host.worker_pids
        request = start_slow(host, tmp_path, [])
        os.kill(host.pid, signal.SIGINT)
        host.wait_for_line("SIGINT")
        os.kill(host.pid, signal.SIGINT)
        eventually(lambda: host.exit_code is not None, TIMEOUT)
        assert host.exit_code != 0
        eventually(lambda: not any(is_alive(pid) for pid in workers))
        request.join(TIMEOUT)


def start_slow(host: HostProcess, folder: Path, answers: list[str]) -> threading.Thread:
    """Send a request that goes on until there is a file ``go-on``, and return once the function runs."""
    marker = folder / "started"

    def ask() -> None:
        try:
            answers.append(host.get(f"/api/Slow?started={marker}&until={folder / 'go-on'}").text)
        except OSError:
            return  # the connection ended with the host; the test looks at `answers`

    thread = threading.Thread(target=ask)
    thread.start()
    eventually(marker.exists)
    return thread
