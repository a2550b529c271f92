"""FakeClock: a clock that goes on only when a test says so."""

from __future__ import annotations

import asyncio
import heapq
from itertools import count

from funchost.triggers.clock import Clock

TURNS = 60
"""Turns of the loop that let everything run that can run, at most."""


class FakeClock(Clock):
    """Nobody waits for it. Starts at noon UTC of 21 November 2026 unless told otherwise."""

    def __init__(self, wall: float = 1_795_262_400.0) -> None:
        self._wall = wall
        self._steady = 1000.0
        self._numbers = count()
        self._sleepers: list[tuple[float, int, asyncio.Event]] = []

    def wall(self) -> float:
        return self._wall

    def steady(self) -> float:
        return self._steady

    async def wait(self, event: asyncio.Event, seconds: float) -> bool:
        if event.is_set() or seconds <= 0:
            return event.is_set()
        over = asyncio.Event()
        heapq.heappush(self._sleepers, (self._steady + seconds, next(self._numbers), over))
        waits = [asyncio.ensure_future(event.wait()), asyncio.ensure_future(over.wait())]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        return event.is_set()

    async def advance(self, seconds: float) -> None:
        """Let time go by, and everybody do what is due meanwhile."""
        await settle()
        end = self._steady + seconds
        while self._sleepers and self._sleepers[0][0] <= end:
            due, _, over = heapq.heappop(self._sleepers)
            self._go_to(max(due, self._steady))
            over.set()
            await settle()
        self._go_to(end)
        await settle()

    def suspend(self, seconds: float) -> None:
        """Let time go by while nobody can do anything: the machine sleeps, the process is stopped."""
        self._go_to(self._steady + seconds)

    def put(self, seconds: float) -> None:
        """Put the clock on the wall forward, or back."""
        self._wall += seconds

    def _go_to(self, steady: float) -> None:
        self._wall += steady - self._steady
        self._steady = steady


async def settle() -> None:
    """Let everything run that can run."""
    loop = asyncio.get_running_loop()
    for _ in range(TURNS):
        await asyncio.sleep(0)
        if not loop._ready:  # type: ignore[attr-defined]  # nobody else has a turn to come
            break
