"""Gate: whether listeners should take events just now. The host closes it while no worker takes calls."""

from __future__ import annotations

from collections.abc import Callable


class Gate:
    """Open at first; tells those who watch it when it opens."""

    def __init__(self) -> None:
        self.is_open = True
        self._watchers: set[Callable[[], None]] = set()

    def close(self) -> None:
        self.is_open = False

    def open(self) -> None:
        if not self.is_open:
            self.is_open = True
            for wake in tuple(self._watchers):
                wake()

    def watch(self, wake: Callable[[], None]) -> Callable[[], None]:
        """Have `wake` called when the gate opens; returns what ends that."""
        self._watchers.add(wake)
        return lambda: self._watchers.discard(wake)
