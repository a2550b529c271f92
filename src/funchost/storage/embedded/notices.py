"""Watchers: who in this process wants to know of which changes."""

from __future__ import annotations

from collections.abc import Callable, Iterable

Wake = Callable[[], None]


class Watchers:
    """Callbacks by topic; belongs to the event loop."""

    def __init__(self) -> None:
        self._wakes: dict[str, list[Wake]] = {}

    def watch(self, topic: str, wake: Wake) -> Callable[[], None]:
        """Have `wake` called when `topic` is announced; returns what ends that."""
        self._wakes.setdefault(topic, []).append(wake)

        def end() -> None:
            wakes = self._wakes.get(topic, [])
            if wake in wakes:
                wakes.remove(wake)
            if not wakes:
                self._wakes.pop(topic, None)

        return end

    def wake(self, topics: Iterable[str]) -> None:
        for topic in set(topics):
            for wake in tuple(self._wakes.get(topic, ())):
                wake()

    def wake_all(self) -> None:
        self.wake(tuple(self._wakes))
