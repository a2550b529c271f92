"""Departure: the one way out of the worker process."""

import os
import signal
import threading
import traceback

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable

INTERNAL_ERROR = 72
FLUSH_TIME = 0.5
"""Seconds that pending output gets; a pipe that nobody reads must not hold the process."""


def within(seconds: float, action: "Callable[[], None]") -> None:
    """Run `action` in a thread and wait for it no longer than `seconds`."""
    thread = threading.Thread(target=action, daemon=True)
    try:
        thread.start()
    except RuntimeError:  # no more threads
        return
    thread.join(seconds)


def leave(code: int, flush: "Callable[[], None]", kill_group: bool) -> None:
    """End the process now, without joining busy threads.

    Args:
        code: exit code.
        flush: writes what stdout and stderr hold.
        kill_group: take forked and spawned children along; only the leader of its own group does that.
    """
    within(FLUSH_TIME, flush)
    if kill_group and os.getpgrp() == os.getpid():
        os.killpg(os.getpgrp(), signal.SIGKILL)
    os._exit(code)


def give_up() -> None:
    """End the process because of the exception being handled: memory is gone even for our own code.

    Calls that cannot be answered must not be waited for; the host answers for a dead worker and starts another.
    """
    try:
        traceback.print_exc()
    finally:
        os._exit(INTERNAL_ERROR)
