"""Notices that a process has ended, without reaping it and without asking its pipes."""

from __future__ import annotations

import asyncio
import errno
import os
import signal
import subprocess
import threading
from collections.abc import Callable

Watch = Callable[[asyncio.AbstractEventLoop, "subprocess.Popen[bytes]", Callable[[], None]], Callable[[], None]]
"""Calls the last argument when the process has ended; returns what stops watching."""


def watch_exit(
    loop: asyncio.AbstractEventLoop, process: subprocess.Popen[bytes], ended: Callable[[], None]
) -> Callable[[], None]:
    """Call `ended` once on the loop when the process has ended; returns what stops watching.

    Where the system allows, the process is still a zombie then, so its process group can be killed
    without the risk that the number already belongs to somebody else.

    Raises:
        OSError: the machine has neither a descriptor nor a thread to spare.
    """
    try:
        return watch_by_descriptor(loop, process, ended)
    except (AttributeError, OSError):  # macOS, or a sandbox that forbids the call
        return watch_by_thread(loop, process, ended)


def watch_by_descriptor(
    loop: asyncio.AbstractEventLoop, process: subprocess.Popen[bytes], ended: Callable[[], None]
) -> Callable[[], None]:
    """As watch_exit, with a descriptor that becomes readable. Raises: AttributeError, OSError."""
    fd = os.pidfd_open(process.pid)
    watching = True

    def stop() -> None:
        nonlocal watching
        if watching:
            watching = False
            loop.remove_reader(fd)
            os.close(fd)

    def readable() -> None:
        stop()
        ended()

    try:
        loop.add_reader(fd, readable)
    except OSError:
        os.close(fd)
        raise
    return stop


def watch_by_thread(
    loop: asyncio.AbstractEventLoop, process: subprocess.Popen[bytes], ended: Callable[[], None]
) -> Callable[[], None]:
    """As watch_exit, with a thread that waits. Raises: OSError."""
    watching = True

    def stop() -> None:
        nonlocal watching
        watching = False

    def notify() -> None:
        if watching:
            ended()

    def wait() -> None:
        if hasattr(os, "waitid"):
            os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        else:
            process.wait()
        if watching and not loop.is_closed():
            loop.call_soon_threadsafe(notify)

    try:
        threading.Thread(target=wait, name=f"worker-exit-{process.pid}", daemon=True).start()
    except RuntimeError as error:  # that is how Python says that the system gives no more
        raise OSError(errno.EAGAIN, str(error)) from error
    return stop


def describe_exit(returncode: int) -> str:
    """Complete "Python worker (pid N) ..." for a return code as `subprocess` gives it."""
    if returncode >= 0:
        return f"exited with code {returncode}"
    number = -returncode
    try:
        return f"was killed by signal {number} ({signal.Signals(number).name})"
    except ValueError:
        return f"was killed by signal {number}"
