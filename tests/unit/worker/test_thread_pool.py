from __future__ import annotations

import os
import threading

import pytest

from funchost_worker.thread_pool import SETTING, ThreadPool, thread_count

DEFAULT = min(32, (os.cpu_count() or 1) + 4)


def never() -> None:
    raise AssertionError("no job of the test has raised")


@pytest.mark.parametrize(("text", "count"), [("1", 1), (" 7 ", 7), ("1000", 1000), ("", DEFAULT)])
def test_thread_count(text: str, count: int) -> None:
    assert thread_count({SETTING: text}) == (count, "")
    assert thread_count({}) == (DEFAULT, "")


@pytest.mark.parametrize(
    ("text", "said"),
    [("many", "must be an integer"), ("1.5", "must be an integer"), ("0", "between 1"), ("-3", "between")],
)
def test_a_bad_thread_count_warns_and_falls_back(text: str, said: str) -> None:
    count, warning = thread_count({SETTING: text})
    assert count == DEFAULT
    assert SETTING in warning
    assert said in warning


def test_threads_start_on_demand_and_no_more_than_the_size() -> None:
    pool = ThreadPool(3, never)
    release = threading.Event()
    started = threading.Semaphore(0)
    names: set[str] = set()

    def job() -> None:
        names.add(threading.current_thread().name)
        started.release()
        release.wait(10)

    pool.submit(job)
    assert started.acquire(timeout=10)
    assert names == {"function-1"}
    for _ in range(5):
        pool.submit(job)
    assert started.acquire(timeout=10)
    assert started.acquire(timeout=10)
    assert not started.acquire(timeout=0.05)
    release.set()
    for _ in range(3):
        assert started.acquire(timeout=10)
    assert names == {"function-1", "function-2", "function-3"}


def test_a_job_that_raises_is_told_and_its_thread_goes_on() -> None:
    broken = threading.Event()
    done = threading.Event()
    pool = ThreadPool(1, broken.set)
    pool.submit(lambda: 1 // 0)  # type: ignore[arg-type]
    pool.submit(done.set)
    assert done.wait(10)
    assert broken.is_set()
