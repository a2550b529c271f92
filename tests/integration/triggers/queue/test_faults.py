"""Workers and hosts die at random while messages flow."""

from __future__ import annotations

import base64
import os
import random
import signal
from contextlib import ExitStack, suppress
from pathlib import Path

from funchost.storage.account import StorageAccount
from funchost.testing import HostProcess, eventually
from tests.integration.triggers.queue_app import CODE, QueueApp

MESSAGES = 600
KILLS = 5

BREAKABLE = CODE + "\nif (here / 'broken').exists():\n    os._exit(3)\n"


async def poisoned(account: StorageAccount) -> set[str]:
    if "orders-poison" not in await account.queues.list_queues():
        return set()
    bodies: set[str] = set()
    while messages := await account.queues.get("orders-poison", 32, 600):
        bodies |= {base64.b64decode(message.text).decode() for message in messages}
    return bodies


def kill_a_worker(host: HostProcess) -> None:
    with suppress(ProcessLookupError, IndexError):
        os.kill(host.worker_pids[0], signal.SIGKILL)


def test_every_message_runs_and_only_those_that_always_fail_are_poisoned(tmp_path: Path) -> None:
    app = QueueApp(tmp_path, {"leaseDuration": "00:00:05", "batchSize": 8, "newBatchThreshold": 0})
    good = {f"short {number}" for number in range(MESSAGES)}
    bad = {f"bad {number}" for number in range(10)}
    app.put(*good, *bad)
    chance = random.Random(5)  # noqa: S311 - the same kills in every run, as far as time allows
    with ExitStack() as hosts:
        first = hosts.enter_context(app.start())
        second = hosts.enter_context(app.start())
        for number in range(KILLS):
            goal = len(app.notes()) + 40
            eventually(lambda goal=goal: len(app.notes()) >= min(goal, MESSAGES))  # type: ignore[misc]
            if number == KILLS // 2:
                second.kill()
                second = hosts.enter_context(app.start())
            kill_a_worker(chance.choice((first, second)))
        eventually(lambda: set(app.times()) == good, 60)
        eventually(lambda: app.count() == 0)
    assert app.storage.do(poisoned) == bad
    twice = sum(count - 1 for count in app.times().values())
    print(f"{twice} of {MESSAGES} messages ended more than once")


def test_no_message_is_taken_while_no_worker_can_start(tmp_path: Path) -> None:
    app = QueueApp(tmp_path, code=BREAKABLE)
    with app.start() as host:
        (tmp_path / "broken").touch()
        kill_a_worker(host)
        host.wait_for_line("No Python worker takes calls")
        app.put("later")
        host.wait_for_line("No Python worker takes calls", 60, start=len(host.lines))
        (tmp_path / "broken").unlink()
        eventually(lambda: app.notes() and app.notes()[0][:2] == ("later", 1), 60)
