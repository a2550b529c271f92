"""Forks of the worker: a child must never read the wire, answer for its parent or keep the host's ends open."""

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable, List


class Forks:
    """Runs callbacks in every forked child. `in_child` is True there."""

    def __init__(self) -> None:
        self.in_child = False
        self._callbacks: "List[Callable[[], None]]" = []

    def watch(self) -> None:
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._after_in_child)
        else:
            self._wrap_fork()

    def on_child(self, callback: "Callable[[], None]") -> None:
        self._callbacks.append(callback)

    def _after_in_child(self) -> None:
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
