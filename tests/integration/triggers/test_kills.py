"""Blobs and timers while hosts and workers are killed at random: nothing is lost, nothing runs where it must not."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from funchost.testing import HostProcess, eventually
from funchost.triggers.blob.message import POISON_QUEUE
from tests.integration.triggers.blob.test_blob_functions import put_all
from tests.integration.triggers.noting_app import NotingApp

BLOBS = """
@app.blob_trigger(arg_name="blob", path="samples/{name}", connection="AzureWebJobsStorage")
async def take(blob: func.InputStream):
    content = blob.read().decode()
    await asyncio.sleep(0.02)
    if content == "bad":
        raise ValueError(content)
    note(blob.name, "begin", content)
"""

TICK = 0.4
TIMER = f"""
@app.timer_trigger(schedule="* * * * * *", arg_name="timer")
async def tick(timer: func.TimerRequest):
    note("tick", "begin", timer.past_due)
    await asyncio.sleep({TICK})
    note("tick", "end", timer.past_due)
"""


class Hosts:
    """Hosts of one app, of which some are killed and started again."""

    def __init__(self, app: NotingApp, count: int) -> None:
        self._app = app
        self._random = random.Random(7)  # noqa: S311 - a test's choices
        self.hosts = [self._start() for _ in range(count)]
        self.kills: Counter[str] = Counter()

    def _start(self) -> HostProcess:
        return self._app.start().__enter__()

    def kill_one(self) -> None:
        """Kill a host, or a worker of one, with SIGKILL."""
        at = self._random.randrange(len(self.hosts))
        host = self.hosts[at]
        workers = host.worker_pids
        if workers and self._random.random() < 0.5:
            self.kills["worker"] += 1
            os.kill(self._random.choice(workers), signal.SIGKILL)
            return
        self.kills["host"] += 1
        os.kill(host.pid, signal.SIGKILL)
        host.kill()
        self.hosts[at] = self._start()

    def kill_until(self, is_done: Callable[[], bool], limit: float, pause: float) -> None:
        deadline = time.monotonic() + limit
        while not is_done() and time.monotonic() < deadline:
            time.sleep(self._random.uniform(0.5, 1.5) * pause)  # the interval of the kills, nothing is waited for
            self.kill_one()

    def end(self) -> None:
        for host in self.hosts:
            host.kill()


@pytest.mark.long
@pytest.mark.timeout(420)
def test_2000_blobs_are_all_handled_while_hosts_and_workers_are_killed(tmp_path: Path) -> None:
    app = NotingApp(tmp_path, BLOBS, {"queues": {"leaseDuration": "00:00:10"}})
    good = {f"good{number:04}": "good" for number in range(2000)}
    bad = {f"bad{number}": "bad" for number in range(5)}
    hosts = Hosts(app, 3)
    try:
        names = list(good)
        for start in range(0, 2000, 200):
            put_all(app, {name: good[name] for name in names[start : start + 200]})
            hosts.kill_one()
        put_all(app, bad)
        wanted = {f"samples/{name}" for name in good}
        hosts.kill_until(lambda: {note.text for note in app.notes()} >= wanted, 90, 3.0)
        eventually(lambda: {note.text for note in app.notes()} >= wanted, 120)
        eventually(lambda: app.storage.count(POISON_QUEUE) >= len(bad), 60)
        times = Counter(note.text for note in app.notes())
        poison = [message.decode() for message in app.storage.messages(POISON_QUEUE)]
        assert len(poison) == len(bad)
        assert all(any(f'"{name}"' in message for name in bad) for message in poison)
        print(f"{dict(hosts.kills)} killed, {sum(times.values()) - len(times)} of 2000 blobs handled more than once")
    finally:
        hosts.end()


@pytest.mark.long
@pytest.mark.timeout(300)
def test_no_tick_runs_on_two_hosts_at_once_whoever_is_killed(tmp_path: Path) -> None:
    app = NotingApp(tmp_path, TIMER)
    hosts = Hosts(app, 2)
    try:
        hosts.kill_until(lambda: hosts.kills["host"] >= 5, 150, 10.0)
        before = len(app.notes())
        eventually(lambda: len(app.notes()) > before + 3, 40)
        begins, ends = app.notes(), app.notes("end")
        times = sorted(note.time for note in begins)
        assert all(later - earlier >= TICK for earlier, later in zip(times, times[1:], strict=False))
        longest = max(later - earlier for earlier, later in zip(times, times[1:], strict=False))
        print(
            f"{dict(hosts.kills)} killed, {len(begins)} ticks, {len(begins) - len(ends)} cut off, {longest:.1f} s pause"
        )
        assert longest < 35
    finally:
        hosts.end()
