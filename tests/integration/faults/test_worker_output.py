"""Functions that close their standard streams, or print far more than anybody reads."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from funchost.testing import HostProcess
from tests.integration.faults.bystander import Bystander
from tests.integration.faults.faulty_app import APP, WAIT, answered, is_well, worker
from tests.integration.faults.leftovers import Family

MIB = 1024 * 1024


@pytest.fixture(scope="module")
def host() -> Iterator[HostProcess]:
    with HostProcess(APP) as host:
        yield host


@pytest.mark.parametrize("function", ["close_stdout", "close_stderr", "close_descriptors"])
def test_closed_streams_are_open_again_for_the_next_call(host: HostProcess, function: str) -> None:
    pid = worker(host)
    with Bystander(host):
        for number in range(2):
            assert answered(host.get(f"/api/{function}")) == (200, "closed")
            start = len(host.lines)
            text = f"after-{function}-{number}"
            assert answered(host.get(f"/api/say?text={text}")) == (200, "said")
            host.wait_for_line(f"{text}$", start=start)
            host.wait_for_line(f"{text} on stderr$", start=start)
    assert worker(host) == pid
    assert is_well(host)


def test_streams_replaced_by_nothing(processes: Family) -> None:
    """What the app prints into nothing is lost, as it wanted; calls and logs go on."""
    with HostProcess(APP, env=processes.env) as host:
        pid = worker(host)
        with Bystander(host):
            assert answered(host.get("/api/replace_stdout")) == (200, "replaced")
            assert answered(host.get("/api/say?text=unheard")) == (200, "said")
            assert answered(host.get("/api/system_exit")) == (500, "")
        host.wait_for_line("SystemExit: 5")
        assert worker(host) == pid
        assert is_well(host)


@pytest.mark.parametrize("function", ["print_much", "print_one_line"])
def test_100_mib_on_stdout(function: str, processes: Family) -> None:
    """The host's memory stays bounded and everybody else is answered meanwhile."""
    with HostProcess(APP, env=processes.env) as host:
        pid = worker(host)
        host.get(f"/api/{function}?mib=2", timeout=WAIT)
        before = peak_memory(host.pid)
        with Bystander(host) as bystander:
            path = f"/api/{function}?mib=100"
            assert answered(bystander.is_answered_while(lambda: host.get(path, timeout=WAIT))) == (200, "printed")
        if before is not None:
            grown = (peak_memory(host.pid) or 0) - before
            assert grown < 48 * MIB
        assert worker(host) == pid
        start = len(host.lines)
        host.get("/api/say?text=goodbye")
        host.wait_for_line("goodbye$", WAIT, start=start)
        assert is_well(host)


def peak_memory(pid: int) -> int | None:
    """Bytes that the process had in memory at most; None where the system does not tell."""
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        return None
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024
