"""A worker process ends while it executes calls."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from funchost.testing import HostProcess, eventually
from tests.integration.faults.bystander import Bystander
from tests.integration.faults.faulty_app import APP, WAIT, Held, answered, is_well, worker, workers
from tests.integration.faults.leftovers import Family

LOST = (500, "")
HELD = (200, "held")


@pytest.fixture(scope="module")
def shared_host() -> Iterator[HostProcess]:
    with HostProcess(APP) as host:
        yield host


def test_kill_9_of_the_only_worker(tmp_path: Path, processes: Family, clients: ThreadPoolExecutor) -> None:
    """In-flight calls get 500, the replacement starts at once and answers what came meanwhile."""
    with HostProcess(APP, env=processes.env) as host:
        victim = worker(host)
        with Bystander(host) as bystander:
            held = [Held(host, clients, tmp_path, name, tmp_path / "go") for name in ("hold", "hold_thread") * 2]
            assert {call.worker() for call in held} == {victim}
            since = time.monotonic()
            os.kill(victim, signal.SIGKILL)
            assert [call.result() for call in held] == [LOST] * 4
            host.wait_for_line(f"Worker process {victim} was killed by signal 9 .SIGKILL.; its running .* failed")
            bystander.excuse(since)
            bystander.goes_on(10)
        assert worker(host) != victim
        assert len(processes.pids()) == 2
        host.wait_for_line(f"WorkerLostError: Python worker .pid {victim}. was killed by signal 9 .SIGKILL.")
        assert "Next start in" not in host.output
        assert is_well(host)


def test_kill_9_of_one_of_three_workers(tmp_path: Path, processes: Family, clients: ThreadPoolExecutor) -> None:
    """Only calls of the killed worker are lost, those of its siblings end well."""
    go = tmp_path / "go"
    with HostProcess(APP, env={**processes.env, "FUNCTIONS_WORKER_PROCESS_COUNT": "3"}) as host:
        before = workers(host, 3)
        with Bystander(host) as bystander:
            held = [Held(host, clients, tmp_path, name, go) for name in ("hold", "hold_thread") * 6]
            of = {call: call.worker() for call in held}
            assert set(of.values()) == before
            victim = of[held[0]]
            since = time.monotonic()
            os.kill(victim, signal.SIGKILL)
            assert {call.result() for call in held if of[call] == victim} == {LOST}
            host.wait_for_line(f"Worker process {victim} was killed by signal 9")
            bystander.excuse(since)
            eventually(lambda: len(processes.pids()) == 4, WAIT)
            go.touch()
            assert {call.result() for call in held if of[call] != victim} == {HELD}
            assert workers(host, 3) & before == before - {victim}
        assert is_well(host)


def test_kill_9_again_and_again_under_load(processes: Family) -> None:
    """Whoever asks while a worker is killed every now and then gets 200 or 500, never a hang or a broken connection."""
    with HostProcess(APP, env={**processes.env, "FUNCTIONS_WORKER_PROCESS_COUNT": "3"}) as host:
        workers(host, 3)
        with Bystander(host) as first, Bystander(host, "/api/innocent_thread") as second:
            for _ in range(3):
                since = time.monotonic()
                victim = worker(host)
                os.kill(victim, signal.SIGKILL)
                host.wait_for_line(f"Worker process {victim} was killed", WAIT)
                for bystander in (first, second):
                    bystander.excuse(since)
                    bystander.goes_on(5)
        workers(host, 3)
        eventually(lambda: is_well(host), WAIT)


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        ("exit_thread", "exited with code 3"),
        ("exit_loop", "exited with code 4"),
        ("crash", r"was killed by signal 11 \(SIGSEGV\)"),
        ("terminate_self", r"was killed by signal 15 \(SIGTERM\)"),
        ("interrupt_self", r"was killed by signal 2 \(SIGINT\)"),
        ("close_everything", "exited with code 71"),
    ],
)
def test_function_that_ends_its_process(function: str, reason: str, processes: Family) -> None:
    """Its client gets 500, the console says how the process ended, the next request is answered."""
    with HostProcess(APP, env={**processes.env, "FUNCTIONS_WORKER_PROCESS_COUNT": "2"}) as host:
        workers(host, 2)
        with Bystander(host) as bystander:
            since = time.monotonic()
            assert answered(host.get(f"/api/{function}", timeout=WAIT)) == LOST
            host.wait_for_line(f"Worker process \\d+ {reason}; its running invocations failed")
            bystander.excuse(since)
        workers(host, 2)
        assert is_well(host)
        if function == "exit_thread":
            host.wait_for_line("last words$")
        if function == "crash":
            host.wait_for_line(r"endings\.py.*in crash")


@pytest.mark.parametrize(
    ("function", "answer", "line"),
    [
        ("system_exit", LOST, "Exception: SystemExit: 5"),
        ("system_exit_async", LOST, "Exception: SystemExit: 6"),
        ("system_exit_task", (200, "still here"), "A task of the app tried to end the process."),
        ("keyboard_interrupt", LOST, "Exception: KeyboardInterrupt"),
        ("recurse", LOST, "Exception: RecursionError: maximum recursion depth exceeded"),
    ],
)
def test_exceptions_that_end_a_program_do_not_end_the_worker(
    shared_host: HostProcess, function: str, answer: tuple[int, str], line: str
) -> None:
    start = len(shared_host.lines)
    pid = worker(shared_host)
    with Bystander(shared_host):
        assert answered(shared_host.get(f"/api/{function}", timeout=WAIT)) == answer
    shared_host.wait_for_line(line, start=start)
    assert worker(shared_host) == pid
