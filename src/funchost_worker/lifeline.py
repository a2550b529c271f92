"""Lifeline: how the worker notices that the host is gone, whatever the app's code is doing.

The host holds the other end of a pipe and of the wire. When it dies both close. The loop sees the end of the wire; if
the loop is blocked a daemon thread sees it; if C code holds the GIL the kernel itself kills the process group (Linux).
"""

import fcntl
import os
import select
import signal
import threading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable

HOST_GONE = select.POLLHUP | select.POLLERR | select.POLLNVAL


def arm(descriptor: int) -> None:
    """Let the kernel send SIGKILL to our process group when the pipe's other end closes. Linux only, else nothing.

    F_SETSIG with O_ASYNC; not PR_SET_PDEATHSIG, which fires when the thread that started us ends.
    """
    if not hasattr(fcntl, "F_SETSIG"):
        return
    owner = -os.getpgrp() if os.getpgrp() == os.getpid() else os.getpid()
    fcntl.fcntl(descriptor, fcntl.F_SETOWN, owner)
    fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGKILL)
    fcntl.fcntl(descriptor, fcntl.F_SETFL, fcntl.fcntl(descriptor, fcntl.F_GETFL) | os.O_ASYNC)


def watch(lifeline: int, wire: int, on_gone: "Callable[[], None]") -> None:
    """Call `on_gone` in a daemon thread as soon as the host's end of either descriptor is closed."""
    ends = select.poll()
    ends.register(lifeline, 0)  # hang-ups are always reported
    ends.register(wire, 0)

    def wait() -> None:
        while not any(event & HOST_GONE for _, event in ends.poll()):
            pass
        on_gone()

    threading.Thread(target=wait, name="funchost-lifeline", daemon=True).start()
