"""Whoever reads the console is slow, stuck or gone: requests go on, and the host stays small."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from funchost.testing import HostProcess, Response, eventually
from funchost.testing.process_tree import is_alive
from tests.integration.faults.bystander import Bystander
from tests.integration.workers.memory import MIB, Memory

APP = Path(__file__).parents[2] / "apps" / "fault_clients"
GROWTH = 40 * MIB
"""8 MiB of text in lines of 1 KB, some of it twice while it is written, and what the requests themselves take."""

NOTICE = r"^\((?:[\d,]+ host lines)?(?: and )?(?:(?P<app>[\d,]+) app lines)? dropped here: the console is read too slow"
KILOBYTES = 1000


@pytest.fixture
def host() -> Iterator[HostProcess]:
    with HostProcess(APP) as running:
        yield running


@pytest.mark.parametrize("way", ["chatter", "prints"])
@pytest.mark.parametrize("rate", [0, 1_000_000], ids=["stuck", "1 MB/s"])
def test_requests_go_on_and_the_host_stays_small(host: HostProcess, way: str, rate: int) -> None:
    host.get(f"/api/{way}/{KILOBYTES}")
    memory = Memory(host.pid)
    host.read_console_at(rate)
    answers = say_30_mb(host, way)
    assert answers == {(200, "said" if way == "chatter" else "printed")}
    assert memory.growth() <= GROWTH, f"the host grew by {memory.growth() / MIB:.1f} MiB"
    before = len(host.lines)
    host.read_console_at(None)
    host.wait_for_line(NOTICE, 60, start=before)
    eventually(lambda: shown_app_lines(host) + dropped_app_lines(host) == 31 * KILOBYTES, 60)
    if rate == 0:  # how many a slow reader leaves depends on the machine
        eventually(lambda: dropped_app_lines(host) > 1000, 60)
    after = len(host.lines)
    assert host.get("/api/innocent").status == 200
    host.wait_for_line(r"Executed 'Functions\.innocent' \(Succeeded", start=after)
    assert host.stop() == 0


@pytest.mark.parametrize("way", ["chatter", "prints"])
def test_no_line_is_cut_or_mixed_with_another(host: HostProcess, way: str) -> None:
    host.read_console_at(1_000_000)
    say_30_mb(host, way)
    host.read_console_at(None)
    host.wait_for_line(NOTICE, 60)
    assert host.stop() == 0
    stamp = r"\[\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\] "
    said = [line for line in host.lines if "xxx" in line]
    assert len(said) > 5000
    assert all(re.fullmatch(stamp + "x{1000}", line) for line in said)


def test_the_app_s_lines_are_dropped_after_the_host_s(host: HostProcess) -> None:
    host.read_console_at(0)
    host.get(f"/api/chatter/{5 * KILOBYTES}")
    with Bystander(host) as bystander:
        bystander.goes_on(50)
    host.get("/api/chatter/1")
    before = len(host.lines)
    host.read_console_at(None)
    notice = host.wait_for_line(NOTICE, 60, start=before)
    assert "host lines" in notice[0]
    assert notice["app"] is None
    eventually(lambda: sum("xxx" in line for line in host.lines) == 5 * KILOBYTES + 1)


def test_a_stuck_reader_does_not_keep_the_host_from_ending(host: HostProcess) -> None:
    host.read_console_at(0)
    say_30_mb(host, "chatter")
    workers = host.worker_pids
    os.kill(host.pid, signal.SIGTERM)
    eventually(lambda: host.exit_code is not None, 60)
    assert host.exit_code == 0
    eventually(lambda: not any(is_alive(pid) for pid in workers))


def test_a_reader_that_goes_away_ends_the_output_not_the_host(host: HostProcess) -> None:
    workers = host.worker_pids
    host.leave_console()
    host.get("/api/innocent")  # the reader leaves with the line that this writes
    memory = Memory(host.pid)
    assert say_30_mb(host, "chatter") == {(200, "said")}
    assert say_30_mb(host, "prints") == {(200, "printed")}
    assert host.status()["state"] == "Running"
    assert host.worker_pids == workers
    assert memory.growth() <= GROWTH
    assert "xxx" not in host.output
    assert host.stop() == 0


def shown_app_lines(host: HostProcess) -> int:
    return sum("xxx" in line for line in host.lines)


def dropped_app_lines(host: HostProcess) -> int:
    """How many the notices speak of; a reader that takes something now and then gets several."""
    notices = [match for line in host.lines if (match := re.search(NOTICE, line))]
    return sum(int(notice["app"].replace(",", "")) for notice in notices if notice["app"])


def say_30_mb(host: HostProcess, way: str) -> set[tuple[int, str]]:
    """Have the app write 30,000 lines of 1 KB while others use it; return the different answers."""

    def say() -> list[Response]:
        with ThreadPoolExecutor(3) as callers:
            return list(callers.map(lambda _: host.get(f"/api/{way}/{KILOBYTES}"), range(30)))

    with Bystander(host) as bystander:
        answers = bystander.is_answered_while(say)
    return {(answer.status, answer.text) for answer in answers}
