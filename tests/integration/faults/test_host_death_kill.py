"""The host is killed with SIGKILL: its workers, and what they started, must be gone soon."""

from __future__ import annotations

import http.client
import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from funchost.testing import HostProcess, eventually
from tests.integration.faults.faulty_app import APP, WAIT, Held, answered, workers
from tests.integration.faults.leftovers import Family

SECONDS = 20.0
"""Within which nothing may be left; a second is enough on a machine that has nothing else to do."""


def ask(host: HostProcess, path: str) -> object:
    """Send a request that most likely ends with the host."""
    try:
        return answered(host.get(path, timeout=WAIT))
    except (OSError, http.client.HTTPException) as error:
        return error


def is_broken_off(result: object) -> bool:
    return isinstance(result, (OSError, http.client.HTTPException))


def kill_and_look(host: HostProcess, processes: Family) -> None:
    """Kill the host; the whole family must be gone in time."""
    assert len(processes.pids()) > 1
    os.kill(host.pid, signal.SIGKILL)
    eventually(lambda: not processes.pids(), SECONDS)
    eventually(lambda: host.exit_code is not None)


@pytest.fixture
def host(processes: Family) -> Iterator[HostProcess]:
    with HostProcess(APP, env=processes.env) as host:
        yield host


def test_idle_workers(processes: Family) -> None:
    with HostProcess(APP, env={**processes.env, "FUNCTIONS_WORKER_PROCESS_COUNT": "3"}) as host:
        workers(host, 3)
        kill_and_look(host, processes)


@pytest.mark.parametrize("function", ["block_loop", "block_gil", "block_match", "never_returns", "never_answers"])
def test_worker_that_is_busy_in_every_way(
    function: str, host: HostProcess, processes: Family, tmp_path: Path, clients: ThreadPoolExecutor
) -> None:
    """Its loop is blocked, C code holds the GIL, a thread or a coroutine never returns: all the same."""
    started = tmp_path / "started"
    never = f"cancelled={tmp_path / 'cancelled'}&until={tmp_path / 'never'}&seconds=600"
    path = f"/api/{function}?started={started}&{never}"
    stuck = clients.submit(ask, host, path)
    eventually(started.exists, WAIT)
    kill_and_look(host, processes)
    assert is_broken_off(stuck.result(WAIT))


def test_busy_threads_and_children_at_once(
    host: HostProcess, processes: Family, tmp_path: Path, clients: ThreadPoolExecutor
) -> None:
    held = [Held(host, clients, tmp_path, name, tmp_path / "never") for name in ("hold_thread",) * 4 + ("hold",) * 2]
    assert len({call.worker() for call in held}) == 1
    for kind in ("fork", "spawn", "multiprocessing"):
        assert host.get(f"/api/leave_child?kind={kind}").status == 200
    kill_and_look(host, processes)
    for call in held:
        assert isinstance(call.answer.exception(WAIT), (OSError, http.client.HTTPException))


@pytest.mark.parametrize("kind", ["fork", "spawn", "multiprocessing"])
def test_grandchildren_that_keep_socket_and_stdout_open(kind: str, host: HostProcess, processes: Family) -> None:
    assert host.get(f"/api/leave_child?kind={kind}").status == 200
    assert len(processes.pids()) == 3
    kill_and_look(host, processes)


def test_worker_that_prints(host: HostProcess, processes: Family, clients: ThreadPoolExecutor) -> None:
    """Nobody reads its stdout any more."""
    printing = clients.submit(ask, host, "/api/print_much?mib=100000")
    host.wait_for_line("xxxxxxxx")
    kill_and_look(host, processes)
    assert is_broken_off(printing.result(WAIT))


def test_worker_that_still_imports(tmp_path: Path, processes: Family) -> None:
    app = tmp_path / "app"
    app.mkdir()
    (app / "host.json").write_text('{"version": "2.0"}')
    (app / "function_app.py").write_text("print('importing')\nimport threading\nthreading.Event().wait()\n")
    with HostProcess(app, env=processes.env, state=None) as host:
        host.wait_for_line("importing$", WAIT)
        kill_and_look(host, processes)


def test_old_version_that_still_finishes_its_calls(
    tmp_path: Path, processes: Family, clients: ThreadPoolExecutor
) -> None:
    """Two generations of workers run after a reload; both go."""
    app = tmp_path / "app"
    app.mkdir()
    for file in APP.iterdir():
        if file.is_file():
            (app / file.name).write_bytes(file.read_bytes())
    with HostProcess(app, env=processes.env) as host:
        held = Held(host, clients, tmp_path, "hold", tmp_path / "never")
        old = held.worker()
        (app / "host.json").write_text('{"version": "2.0", "extensions": {}}')
        eventually(lambda: workers(host, 1) != {old}, WAIT)
        assert old in processes.pids()
        kill_and_look(host, processes)
        assert isinstance(held.answer.exception(WAIT), (OSError, http.client.HTTPException))
