"""How `func start` ends."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

import pytest

from funchost.testing import HostProcess, eventually
from tests.acceptance.small_app import hello_app, write_function

SLOW = """
import pathlib, time

def main(req):
    pathlib.Path(req.params["started"]).touch()
    time.sleep(float(req.params["seconds"]))
    return "finished"
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_ends_it_with_0_and_leaves_no_process(tmp_path: Path, number: signal.Signals) -> None:
    with HostProcess(hello_app(tmp_path / "app")) as host:
        workers = host.worker_pids
        assert workers
        os.kill(host.pid, number)
        eventually(lambda: host.exit_code is not None, 15)
        assert host.exit_code == 0
        eventually(lambda: not any(alive(pid) for pid in workers))


def test_requests_in_flight_are_finished_first(tmp_path: Path) -> None:
    app = hello_app(tmp_path / "app")
    write_function(app, "Slow", SLOW)
    answers: list[str] = []
    with HostProcess(app) as host:
        request = start_slow(host, tmp_path, 1.0, answers)
        os.kill(host.pid, signal.SIGTERM)
        eventually(lambda: host.exit_code is not None, 15)
        request.join(10)
        assert host.exit_code == 0
    assert answers == ["finished"]


def test_second_ctrl_c_does_not_wait(tmp_path: Path) -> None:
    app = hello_app(tmp_path / "app")
    write_function(app, "Slow", SLOW)
    with HostProcess(app) as host:
        workers = host.worker_pids
        request = start_slow(host, tmp_path, 30.0, [])
        os.kill(host.pid, signal.SIGINT)
        host.wait_for_line("SIGINT")
        os.kill(host.pid, signal.SIGINT)
        eventually(lambda: host.exit_code is not None, 5)
        assert host.exit_code != 0
        eventually(lambda: not any(alive(pid) for pid in workers))
        request.join(10)


def start_slow(host: HostProcess, folder: Path, seconds: float, answers: list[str]) -> threading.Thread:
    """Send a request that takes `seconds` and return once the function runs."""
    marker = folder / "started"

    def ask() -> None:
        try:
            answers.append(host.get(f"/api/Slow?started={marker}&seconds={seconds}").text)
        except OSError:
            return  # the connection ended with the host; the test looks at `answers`

    thread = threading.Thread(target=ask)
    thread.start()
    eventually(marker.exists)
    return thread


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
