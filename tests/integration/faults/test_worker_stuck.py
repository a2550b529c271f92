"""Calls that go on after their time limit, or hold up their worker."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from funchost.testing import HostProcess, eventually
from tests.integration.faults.bystander import Bystander
from tests.integration.faults.faulty_app import APP, WAIT, Held, answered, is_well, worker, workers
from tests.integration.faults.leftovers import Family

LIMIT = 4.0
TIMED_OUT = (500, "")
TIMEOUT = {"AzureFunctionsJobHost__functionTimeout": "00:00:04"}


def in_two_workers(processes: Family) -> dict[str, str]:
    return {**processes.env, **TIMEOUT, "FUNCTIONS_WORKER_PROCESS_COUNT": "2"}


def started_on(path: Path) -> int:
    """Wait until a function has written its process id."""
    return int(eventually(lambda: path.exists() and path.read_text(), WAIT))


def test_blocked_event_loop_holds_up_its_own_worker_only(
    tmp_path: Path, processes: Family, clients: ThreadPoolExecutor
) -> None:
    """`time.sleep` in an `async def`: calls go to the other worker meanwhile, the blocked one is kept."""
    with HostProcess(APP, env={**processes.env, "FUNCTIONS_WORKER_PROCESS_COUNT": "2"}) as host:
        both = workers(host, 2)
        started, go = tmp_path / "started", tmp_path / "go"
        blocked = clients.submit(host.get, f"/api/block_loop?started={started}&until={go}", timeout=WAIT)
        busy = started_on(started)
        with Bystander(host) as bystander:
            bystander.goes_on(50)
            assert {int(seen.text) for seen in bystander.seen} == both - {busy}
            go.touch()
            assert answered(blocked.result(WAIT)) == (200, "blocked")
        assert workers(host, 2) == both
        assert is_well(host)


def test_loop_blocked_beyond_the_time_limit(tmp_path: Path, processes: Family, clients: ThreadPoolExecutor) -> None:
    """The caller gets 500 when the limit is over, and the worker is replaced though it cannot even be asked."""
    with HostProcess(APP, env=in_two_workers(processes)) as host:
        both = workers(host, 2)
        started = tmp_path / "started"
        began = time.monotonic()
        blocked = clients.submit(
            host.get, f"/api/block_loop?started={started}&until={tmp_path / 'never'}", timeout=WAIT
        )
        busy = started_on(started)
        with Bystander(host):
            assert answered(blocked.result(WAIT)) == TIMED_OUT
            assert time.monotonic() - began >= LIMIT
            host.wait_for_line("Timeout value of 00:00:04 exceeded by function 'Functions.block_loop'")
            host.wait_for_line(
                f"Python worker .pid {busy}. is replaced: a call in it goes on after its time limit", WAIT
            )
            assert workers(host, 2) & both == both - {busy}
        eventually(lambda: len(processes.pids()) == 3, WAIT)
        assert is_well(host)


@pytest.mark.parametrize("function", ["never_returns", "refuses_cancellation", "block_gil"])
def test_call_that_cannot_be_stopped(
    function: str, tmp_path: Path, processes: Family, clients: ThreadPoolExecutor
) -> None:
    """It is answered at its limit; then a replacement is there and the old process goes."""
    with HostProcess(APP, env=in_two_workers(processes)) as host:
        both = workers(host, 2)
        started = tmp_path / "started"
        began = time.monotonic()
        stuck = clients.submit(host.get, f"/api/{function}?started={started}&seconds=600", timeout=WAIT)
        busy = started_on(started)
        with Bystander(host):
            assert answered(stuck.result(WAIT)) == TIMED_OUT
            assert time.monotonic() - began >= LIMIT
            eventually(lambda: busy not in processes.pids(), WAIT)
            assert workers(host, 2) & both == both - {busy}
        eventually(lambda: len(processes.pids()) == 3, WAIT)
        assert "its running invocations failed" not in host.output
        assert is_well(host)


def test_siblings_of_a_stuck_thread_finish_on_the_old_worker(
    tmp_path: Path, processes: Family, clients: ThreadPoolExecutor
) -> None:
    """Calls that came later than the stuck one have their own time; new calls go to the replacement."""
    go = tmp_path / "go"
    limit = 8.0  # half of it for the siblings to begin in, half for the replacement to come
    with HostProcess(APP, env={**processes.env, "AzureFunctionsJobHost__functionTimeout": "00:00:08"}) as host:
        old = worker(host)
        started = tmp_path / "started"
        stuck = clients.submit(host.get, f"/api/never_returns?started={started}", timeout=WAIT)
        assert started_on(started) == old
        with Bystander(host):
            time.sleep(limit / 2)  # the siblings' own limits end that much later
            siblings = [Held(host, clients, tmp_path, name, go) for name in ("hold", "hold_thread")]
            assert {call.worker() for call in siblings} == {old}
            assert answered(stuck.result(WAIT)) == TIMED_OUT
            eventually(lambda: worker(host) != old, WAIT)
            assert old in processes.pids()
            go.touch()
            assert [call.result() for call in siblings] == [(200, "held")] * 2
            eventually(lambda: old not in processes.pids(), WAIT)
        assert is_well(host)


def test_coroutine_is_cancelled_at_its_limit(tmp_path: Path, processes: Family, clients: ThreadPoolExecutor) -> None:
    """Its `finally` runs and the worker is kept."""
    with HostProcess(APP, env={**processes.env, **TIMEOUT}) as host:
        pid = worker(host)
        cancelled = tmp_path / "cancelled"
        with Bystander(host):
            path = f"/api/never_answers?started={tmp_path / 'started'}&cancelled={cancelled}"
            assert answered(host.get(path, timeout=WAIT)) == TIMED_OUT
            eventually(cancelled.exists, WAIT)
        assert worker(host) == pid
        assert "was replaced" not in host.output
        assert is_well(host)


def test_many_stuck_threads_do_not_use_up_the_app(
    tmp_path: Path, processes: Family, clients: ThreadPoolExecutor
) -> None:
    """Every thread of the pool is stuck: new calls wait for their turn, then run in the replacement."""
    env = {**processes.env, **TIMEOUT, "PYTHON_THREADPOOL_THREAD_COUNT": "2"}
    with HostProcess(APP, env=env) as host:
        old = worker(host)
        stuck = [
            clients.submit(host.get, f"/api/never_returns?started={tmp_path / str(n)}", timeout=WAIT) for n in range(2)
        ]
        for n in range(2):
            assert started_on(tmp_path / str(n)) == old
        with Bystander(host):
            assert [answered(call.result(WAIT)) for call in stuck] == [TIMED_OUT] * 2
            eventually(lambda: worker(host) != old, WAIT)
            assert answered(host.get("/api/innocent_thread", timeout=WAIT))[0] == 200
        eventually(lambda: len(processes.pids()) == 2, WAIT)


def test_calls_after_the_only_worker_got_stuck_go_to_its_replacement(
    tmp_path: Path, processes: Family, clients: ThreadPoolExecutor
) -> None:
    """No call is handed to a worker that is in doubt, even in the second in which it may still answer."""
    # The limit is also that of the calls which wait for the replacement.
    with HostProcess(APP, env={**processes.env, "AzureFunctionsJobHost__functionTimeout": "00:00:08"}) as host:
        old = worker(host)
        started = tmp_path / "started"
        stuck = clients.submit(host.get, f"/api/block_loop?started={started}&until={tmp_path / 'never'}", timeout=WAIT)
        assert started_on(started) == old
        assert answered(stuck.result(WAIT)) == TIMED_OUT
        later = [clients.submit(host.get, "/api/innocent", timeout=WAIT) for _ in range(5)]
        answers = [answered(call.result(WAIT)) for call in later]
        assert {status for status, _ in answers} == {200}
        assert str(old) not in {text for _, text in answers}
        eventually(lambda: len(processes.pids()) == 2, WAIT)
        assert is_well(host)
