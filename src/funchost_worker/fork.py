"""Forks of the worker: a child must never read the wire, answer for its parent or keep the host's ends open."""

import asyncio
import os
import select
import sys
import traceback

TYPE_CHECKING = False
if TYPE_CHECKING:
    import selectors
    from typing import Any, Callable, List, Optional


class Forks:
    """Runs callbacks in every forked child. `in_child` is True there."""

    def __init__(self) -> None:
        self.in_child = False
        self._callbacks: "List[Callable[[], None]]" = []

    def watch(self) -> None:
        if hasattr(os, "register_at_fork"):  # Python 3.7
            os.register_at_fork(after_in_child=self._after_in_child)  # novm
        else:
            self._wrap_fork()

    def on_child(self, callback: "Callable[[], None]") -> None:
        self._callbacks.append(callback)

    def _after_in_child(self) -> None:
        if not self.in_child:
            self.in_child = True
            for callback in self._callbacks:
                callback()

    def _wrap_fork(self) -> None:
        """Python 3.6 has no register_at_fork; extension modules that fork by themselves are not seen there."""
        fork = os.fork

        def watched_fork() -> int:
            pid = fork()
            if pid == 0:
                self._after_in_child()
            return pid

        os.fork = watched_fork


FORKS = Forks()


def replace_by_null(descriptors: "List[int]") -> None:
    """Point descriptors to /dev/null: they stay valid numbers, the connection behind them is let go."""
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in descriptors:
        os.dup2(null, descriptor, False)
    os.close(null)


def detach_loop(loop: "asyncio.AbstractEventLoop", selector: "selectors.BaseSelector") -> None:
    """In a child that was forked on the loop: let it run the forking function to its end, and nothing else.

    The epoll set is shared with the parent: the child gets one of its own under the same number. What was ready to
    run belongs to other invocations, which the parent runs. asyncio forgets the running loop in a child.
    """
    asyncio._set_running_loop(loop)
    if hasattr(select, "epoll"):
        fresh = select.epoll()
        os.dup2(fresh.fileno(), selector.fileno(), False)  # type: ignore[attr-defined]
        fresh.close()
    for queue in ("_ready", "_scheduled"):
        waiting: "Any" = getattr(loop, queue, None)
        if waiting is not None:
            waiting.clear()


def leave_child(error: "Optional[BaseException]", flush: "Callable[[], None]") -> None:
    """End a forked child that came out of the app's code; does nothing in the worker itself.

    The exit code is what a process of its own would have: of SystemExit, 1 after any other exception, else 0.
    """
    if not FORKS.in_child:
        return
    code = 0
    if isinstance(error, SystemExit):
        code = error.code if isinstance(error.code, int) else int(error.code is not None)
    elif error is not None:
        traceback.print_exception(type(error), error, error.__traceback__, file=sys.stderr)
        code = 1
    flush()
    os._exit(code)
