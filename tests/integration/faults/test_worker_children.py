"""Functions that start processes: what they inherit must not hold anything up, and they must not outlive the worker."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from funchost.testing import HostProcess, eventually
from tests.integration.faults.bystander import Bystander
from tests.integration.faults.faulty_app import APP, WAIT, answered, is_well, worker
from tests.integration.faults.leftovers import Family

MUCH = b"x" * (3 * 1024 * 1024)
KINDS = ("fork", "spawn", "multiprocessing")


@pytest.fixture
def host(processes: Family) -> Iterator[HostProcess]:
    with HostProcess(APP, env=processes.env) as host:
        yield host


def bodies_arrive(host: HostProcess) -> bool:
    """Whether bodies of 3 MiB, sent one after the other, arrive whole and unmixed."""
    return all(answered(host.post("/api/size", MUCH)) == (200, f"{len(MUCH)} 0") for _ in range(3))


@pytest.mark.parametrize("function", ["leave_child", "leave_child_async"])
@pytest.mark.parametrize("kind", KINDS)
def test_child_left_running(function: str, kind: str, host: HostProcess, processes: Family) -> None:
    """The call is answered, calls after it too; the child lives on and ends with the host."""
    pid = worker(host)
    with Bystander(host):
        child = int(host.get(f"/api/{function}?kind={kind}").text)
        assert bodies_arrive(host)
        assert worker(host) == pid
    assert child in processes.pids()
    assert is_well(host)
    assert host.stop() == 0
    eventually(lambda: not processes.pids())


@pytest.mark.parametrize("kind", KINDS)
def test_worker_dies_and_its_child_keeps_socket_and_stdout_open(
    kind: str, host: HostProcess, processes: Family
) -> None:
    """The death is noticed at once all the same, the replacement serves, the child is taken along."""
    victim = worker(host)
    child = int(host.get(f"/api/leave_child?kind={kind}").text)
    with Bystander(host) as bystander:
        since = time.monotonic()
        os.kill(victim, signal.SIGKILL)
        host.wait_for_line(f"Worker process {victim} was killed by signal 9")
        bystander.excuse(since)
    eventually(lambda: child not in processes.pids())
    assert worker(host) != victim
    assert len(processes.pids()) == 2
    assert is_well(host)


def test_child_in_a_session_of_its_own_does_not_hold_up_anything(host: HostProcess, processes: Family) -> None:
    """It has left the worker's group on purpose and lives on; neither worker death nor the host's end wait for it."""
    victim = worker(host)
    child = int(host.get("/api/leave_child?kind=session").text)
    with Bystander(host) as bystander:
        since = time.monotonic()
        os.kill(victim, signal.SIGKILL)
        host.wait_for_line(f"Worker process {victim} was killed by signal 9")
        bystander.excuse(since)
    second = int(host.get("/api/leave_child?kind=session").text)
    os.kill(host.pid, signal.SIGTERM)
    eventually(lambda: host.exit_code == 0, WAIT)
    eventually(lambda: set(processes.pids()) == {child, second})
    processes.kill()


@pytest.mark.parametrize("function", ["fork_and_return", "fork_and_return_async"])
def test_forked_child_that_returns_into_the_handler(function: str, host: HostProcess, processes: Family) -> None:
    """Only the parent answers, once; the child ends there; bodies of 3 MiB arrive correctly afterwards."""
    pid = worker(host)
    with Bystander(host):
        for _ in range(3):
            assert answered(host.get(f"/api/{function}")) == (200, "from the parent")
        assert answered(host.get(f"/api/{function}?wait=1")) == (200, "from the parent, the child ended with 0")
        assert bodies_arrive(host)
    assert worker(host) == pid
    eventually(lambda: len(processes.pids()) == 2)
    assert is_well(host)


def test_forked_child_that_raises(host: HostProcess, processes: Family) -> None:
    """Its traceback is shown, its exit code is 1, and only the parent answers."""
    with Bystander(host):
        answer = host.get("/api/fork_and_raise?wait=1")
        assert answered(answer) == (200, "from the parent, the child ended with 1")
        host.wait_for_line("RuntimeError: the child's own trouble")
        assert bodies_arrive(host)
    eventually(lambda: len(processes.pids()) == 2)


def test_output_of_a_forked_child_is_shown(host: HostProcess, tmp_path: Path) -> None:
    assert answered(host.get(f"/api/fork_and_talk?done={tmp_path / 'done'}")) == (200, "from the parent")
    assert (tmp_path / "done").exists()
    host.wait_for_line("the child prints$")
    host.wait_for_line("the child logs$")
