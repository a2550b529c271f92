"""Threads, coroutines, context variables and worker processes."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from funchost.testing import HostProcess, HostStartError, eventually
from tests.compat.app_folders import APPS


@pytest.fixture(scope="module")
def host() -> Iterator[HostProcess]:
    with HostProcess(APPS / "concurrency") as host:
        yield host


def both(host: HostProcess, *paths: str) -> list[str]:
    """Return the answers of requests that are on their way at the same time."""
    with ThreadPoolExecutor(len(paths)) as clients:
        return [answer.text for answer in clients.map(host.get, paths)]


def test_plain_functions_run_at_the_same_time_in_threads(host: HostProcess) -> None:
    answers = both(host, *["/api/MeetInThreads?seconds=60"] * 2)
    assert all(answer.startswith("met in ") for answer in answers)
    assert len(set(answers)) == 2
    assert "met in MainThread" not in answers


def test_coroutines_run_at_the_same_time_on_the_main_thread(host: HostProcess) -> None:
    assert both(host, *["/api/MeetInCoroutines?seconds=60"] * 2) == ["met in MainThread"] * 2


def test_one_thread_is_one_call_at_a_time() -> None:
    with HostProcess(APPS / "concurrency", env={"PYTHON_THREADPOOL_THREAD_COUNT": "1"}) as host:
        answers = both(host, *["/api/MeetInThreads?seconds=0.2"] * 2)
        assert all(answer.startswith("alone in ") for answer in answers)


def test_a_thread_count_that_is_no_number_warns_and_is_ignored() -> None:
    with HostProcess(APPS / "concurrency", env={"PYTHON_THREADPOOL_THREAD_COUNT": "many"}) as host:
        host.wait_for_line("PYTHON_THREADPOOL_THREAD_COUNT must be an integer")
        assert all(answer.startswith("met in ") for answer in both(host, *["/api/MeetInThreads?seconds=60"] * 2))


def test_context_variables_go_into_threads_and_do_not_mix(host: HostProcess) -> None:
    tenants = [f"tenant{number}" for number in range(8)]
    assert both(host, *(f"/api/ContextVariable?tenant={tenant}" for tenant in tenants)) == tenants


def test_calls_are_spread_evenly_over_the_worker_processes() -> None:
    with HostProcess(APPS / "concurrency", env={"FUNCTIONS_WORKER_PROCESS_COUNT": "3"}) as host:
        eventually(lambda: len({host.get("/api/Pid").text for _ in range(9)}) == 3)
        calls = Counter(host.get("/api/Pid").text for _ in range(30))
        assert sorted(calls.values()) == [10, 10, 10]


@pytest.mark.parametrize("count", ["11", "several"])
def test_a_wrong_number_of_worker_processes_is_an_error_that_names_the_setting(count: str) -> None:
    host = HostProcess(APPS / "concurrency", env={"FUNCTIONS_WORKER_PROCESS_COUNT": count})
    with pytest.raises(HostStartError, match=rf"FUNCTIONS_WORKER_PROCESS_COUNT: '?{count}"), host:
        pass
    assert host.exit_code == 1


def test_less_than_one_worker_process_counts_as_one() -> None:
    with HostProcess(APPS / "concurrency", env={"FUNCTIONS_WORKER_PROCESS_COUNT": "0"}) as host:
        assert len({host.get("/api/Pid").text for _ in range(4)}) == 1
