"""Timers of two hosts whose storage is Azurite, which only a connection joins them to."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from funchost.testing import eventually
from tests.azurite import azurite
from tests.integration.triggers.noting_app import NotingApp
from tests.integration.triggers.timer.test_two_hosts import (
    EVERY_SECOND,
    REPLACED,
    assert_never_two_at_once,
    other_of,
    ticks_of,
)

__all__ = ["azurite"]


def test_a_killed_holder_is_replaced(tmp_path: Path, azurite: str) -> None:
    app = NotingApp(tmp_path, EVERY_SECOND)
    settings = {"AzureWebJobsStorage": azurite}
    with app.start(env=settings) as one, app.start(env=settings) as two:
        eventually(lambda: len(app.notes()) >= 3)
        holder, other = other_of((one, two), app.notes()[0].host)
        os.kill(holder.pid, signal.SIGKILL)
        killed = time.time()
        eventually(lambda: ticks_of(app, other) >= 1, REPLACED)
        print(f"replaced {time.time() - killed:.1f} s after the kill")
        assert_never_two_at_once(app)
