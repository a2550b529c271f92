"""Functions that replace, stop or misuse the event loop of their worker."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from funchost.testing import HostProcess
from tests.integration.faults.bystander import Bystander
from tests.integration.faults.faulty_app import APP, WAIT, Held, answered, is_well, worker


@pytest.fixture(scope="module")
def host() -> Iterator[HostProcess]:
    with HostProcess(APP) as host:
        yield host


@pytest.mark.parametrize(
    ("function", "status", "text"),
    [
        ("set_loop", 200, "set"),
        ("set_no_loop", 200, "set"),
        ("stop_loop", 200, "stopped"),
        ("run_in_thread", 200, "ran"),
        ("run_on_loop", 500, ""),
        ("close_loop", 500, ""),
    ],
)
def test_loop_goes_on_whatever_a_function_does_to_it(
    host: HostProcess, function: str, status: int, text: str, tmp_path: Path, clients: ThreadPoolExecutor
) -> None:
    """The client gets the function's own answer or its own error; calls that wait on the same loop are not lost."""
    pid = worker(host)
    go = tmp_path / "go"
    waiting = Held(host, clients, tmp_path, "hold", go)
    assert waiting.worker() == pid
    with Bystander(host), Bystander(host, "/api/innocent_thread"):
        for _ in range(3):
            assert answered(host.get(f"/api/{function}", timeout=WAIT)) == (status, text)
    go.touch()
    assert waiting.result() == (200, "held")
    assert worker(host) == pid
    assert is_well(host)


def test_function_that_cancels_every_task(host: HostProcess, tmp_path: Path, clients: ThreadPoolExecutor) -> None:
    """Calls that ran on that loop get 500, nobody waits for ever, the worker stays."""
    pid = worker(host)
    waiting = [Held(host, clients, tmp_path, "hold", tmp_path / "never") for _ in range(3)]
    assert {call.worker() for call in waiting} == {pid}
    assert answered(host.get("/api/cancel_all", timeout=WAIT)) == (500, "")
    assert [call.result() for call in waiting] == [(500, "")] * 3
    assert worker(host) == pid
    assert is_well(host)
