"""Timers of two hosts: one runs them at a time, whatever happens to it."""

from __future__ import annotations

import json
import os
import signal
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from funchost.testing import HostProcess, eventually
from tests.integration.triggers.noting_app import NotingApp

REPLACED = 35.0
"""Seconds within which a dead holder is replaced."""

LOCKED = 15.0
"""Seconds for which a dead holder still has the lock."""

EVERY_SECOND = """
@app.timer_trigger(schedule="* * * * * *", arg_name="timer")
async def tick(timer: func.TimerRequest):
    note("tick", "begin", timer.past_due)
    await asyncio.sleep(0.2)
    note("tick", "end", timer.past_due)
"""

LONG = """
@app.timer_trigger(schedule="0 0 HOUR * * *", arg_name="timer")
async def long(timer: func.TimerRequest):
    note("long", "begin", timer.past_due)
    while not (here / "go").exists():
        await asyncio.sleep(0.02)
    note("long", "end", timer.past_due)
"""


def other_of(hosts: tuple[HostProcess, HostProcess], holder: int) -> tuple[HostProcess, HostProcess]:
    """The host that holds the timer, and the other one."""
    first, second = hosts
    return (first, second) if first.pid == holder else (second, first)


def ticks_of(app: NotingApp, host: HostProcess, since: float = 0.0) -> int:
    return sum(note.host == host.pid and note.time > since for note in app.notes())


def assert_never_two_at_once(app: NotingApp) -> None:
    begins = sorted(note.time for note in app.notes())
    assert all(later - earlier > 0.2 for earlier, later in zip(begins, begins[1:], strict=False))


def test_a_killed_holder_is_replaced_and_a_stopped_one_at_once(tmp_path: Path) -> None:
    app = NotingApp(tmp_path, EVERY_SECOND)
    with app.start() as one, app.start() as two:
        eventually(lambda: len(app.notes()) >= 3)
        assert len({note.host for note in app.notes()}) == 1
        holder, other = other_of((one, two), app.notes()[0].host)
        os.kill(holder.pid, signal.SIGKILL)
        killed = time.time()
        eventually(lambda: ticks_of(app, other) >= 1, REPLACED)
        print(f"replaced {time.time() - killed:.1f} s after the kill")
        with app.start() as third:
            time_of_stop = time.time()
            other.stop()
            eventually(lambda: ticks_of(app, third) >= 1, LOCKED)
            print(f"replaced {time.time() - time_of_stop:.1f} s after the stop")
        assert_never_two_at_once(app)


def test_a_suspended_holder_notices_that_it_was_replaced(tmp_path: Path) -> None:
    app = NotingApp(tmp_path, EVERY_SECOND)
    with app.start() as one, app.start() as two:
        eventually(lambda: len(app.notes()) >= 2)
        holder, other = other_of((one, two), app.notes()[0].host)
        os.kill(holder.pid, signal.SIGSTOP)
        try:
            eventually(lambda: ticks_of(app, other) >= 2, REPLACED)
        finally:
            os.kill(holder.pid, signal.SIGCONT)
        resumed = time.time()
        holder.wait_for_line("The lock 'Host.Functions.tick.Listener' could not be kept")
        eventually(lambda: ticks_of(app, other, resumed) >= 3)
        assert ticks_of(app, holder, resumed) == 0
        assert_never_two_at_once(app)


def test_a_run_that_a_kill_cuts_off_begins_once_more_as_past_due(tmp_path: Path) -> None:
    last = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=12)  # far from any other
    app = NotingApp(tmp_path, LONG.replace("HOUR", str(last.hour)))
    with app.start() as one:
        path = f"timers/{host_id(one)}/Host.Functions.long/status"
        eventually(lambda: app.storage.content("azure-webjobs-hosts", path) is not None)
    before = last - timedelta(days=1)
    status = {"Last": before, "Next": last, "LastUpdated": before}
    content = json.dumps({name: at.isoformat() for name, at in status.items()}).encode()
    app.storage.put("azure-webjobs-hosts", path, content)
    with app.start() as one, app.start() as two:
        eventually(lambda: len(app.notes()) == 1)
        holder, other = other_of((one, two), app.notes()[0].host)
        os.kill(holder.pid, signal.SIGKILL)
        eventually(lambda: len(app.notes()) == 2, REPLACED)
        assert [(note.host, note.more) for note in app.notes()] == [(holder.pid, True), (other.pid, True)]
        other.wait_for_line("The last run of function 'long' was cut off. It runs once more.")
        app.release()
        eventually(lambda: len(app.notes("end")) == 1)
        eventually(lambda: b"RunningSince" not in (app.storage.content("azure-webjobs-hosts", path) or b""))
        stored = json.loads(app.storage.content("azure-webjobs-hosts", path) or b"{}")
        assert datetime.fromisoformat(stored["Next"]) > datetime.now(UTC)


def host_id(host: HostProcess) -> str:
    return str(host.status()["id"])
