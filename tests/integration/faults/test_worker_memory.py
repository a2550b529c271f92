"""Functions that allocate until their process may have no more memory."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from funchost.testing import HostProcess
from tests.integration.faults.bystander import Bystander
from tests.integration.faults.faulty_app import APP, WAIT, answered, is_well, worker, workers

LIMIT = 640 * 1024 * 1024
"""RLIMIT_AS in bytes; address space that threads and the allocator only reserve counts too."""

GAVE_UP = r"Worker process \d+ exited with code 72"


@pytest.fixture(scope="module")
def host() -> Iterator[HostProcess]:
    env = {"MEMORY_LIMIT": str(LIMIT), "FUNCTIONS_WORKER_PROCESS_COUNT": "2"}
    with HostProcess(APP, env=env) as host:
        workers(host, 2)
        yield host


@pytest.mark.parametrize("function", ["allocate_blocks", "allocate_crumbs", "allocate_async", "allocate_answer"])
def test_memory_that_runs_out_fails_the_call_and_not_the_worker(host: HostProcess, function: str) -> None:
    """Its client gets 500; the worker has its memory back and answers on; nobody else notices.

    Now and then nothing is left for the worker's own code either. Then it ends itself, and another one starts.
    The bystander is asked through a worker that has the whole limit for itself most of the time; what a thread of
    the same process cannot allocate while the function holds everything is not the host's to give.
    """
    before = workers(host, 2)
    start = len(host.lines)
    with Bystander(host):
        assert answered(host.get(f"/api/{function}", timeout=WAIT)) == (500, "")
    found = host.wait_for_line(f"Exception: MemoryError|{GAVE_UP}", start=start)
    assert len(before & workers(host, 2)) == (1 if re.search(GAVE_UP, found[0]) else 2)
    assert is_well(host)


def test_it_can_happen_again_and_again(host: HostProcess) -> None:
    pid = worker(host)
    for _ in range(3):
        assert answered(host.get("/api/allocate_blocks", timeout=WAIT)) == (500, "")
    assert answered(host.post("/api/size", b"x" * (8 * 1024 * 1024))) == (200, f"{8 * 1024 * 1024} 0")
    assert pid in workers(host, 2)
