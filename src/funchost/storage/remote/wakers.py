"""Wakers: who wants to know of this process's own writes to a remote store, which tells of nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class Wakers:
    """Callbacks by the name of a queue or container."""

    def __init__(self) -> None:
        self._wakers: dict[str, list[Callable[[], None]]] = {}

    def add(self, name: str, wake: Callable[[], None]) -> Callable[[], None]:
        """Have `wake` called after writes to `name`; returns what ends that, and may be called again."""
        self._wakers.setdefault(name, []).append(wake)

        def remove() -> None:
            wakers = self._wakers.get(name, [])
            if wake in wakers:
                wakers.remove(wake)
            if not wakers:
                self._wakers.pop(name, None)

        return remove

    def announce(self, name: str) -> None:
        """Wake those who watch `name`, in the next turn of the loop."""
        wakers = self._wakers.get(name)
        if wakers:
            loop = asyncio.get_running_loop()
            for wake in wakers:
                loop.call_soon(wake)
