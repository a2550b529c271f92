"""WaitingRoom: invocations that came while no worker could take them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import NamedTuple

from funchost.app.invocation import Invocation, InvocationException, InvocationResult, Status
from funchost.workers.calls import Answer


class _Entry(NamedTuple):
    invocation: Invocation
    answer: Answer
    timer: asyncio.TimerHandle


class WaitingRoom:
    """First come, first served; nobody waits longer than `patience` seconds.

    Args:
        patience: seconds until a waiting invocation is LOST.
        left: called when somebody has left without running.
    """

    def __init__(self, patience: float, left: Callable[[], None]) -> None:
        self._patience = patience
        self._left = left
        self._entries: dict[str, _Entry] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def enter(self, invocation: Invocation, answer: Answer) -> None:
        timer = asyncio.get_running_loop().call_later(self._patience, self._give_up, invocation.id)
        self._entries[invocation.id] = _Entry(invocation, answer, timer)

    def leave(self, invocation_id: str, result: InvocationResult) -> bool:
        """Answer one invocation without running it; False if it does not wait here."""
        entry = self._entries.pop(invocation_id, None)
        if entry is None:
            return False
        entry.timer.cancel()
        if not entry.answer.done():
            entry.answer.set_result(result)
        self._left()
        return True

    def admit(self, take: Callable[[Invocation, Answer], None]) -> None:
        """A worker is ready: hand everybody over, except those who have stopped waiting."""
        entries, self._entries = self._entries, {}
        for invocation, answer, timer in entries.values():
            timer.cancel()
            if not answer.done():
                take(invocation, answer)

    def dismiss(self, result: InvocationResult) -> None:
        """Answer everybody without running anything."""
        for invocation_id in list(self._entries):
            self.leave(invocation_id, result)

    def _give_up(self, invocation_id: str) -> None:
        message = f"No Python worker was ready within {self._patience:g} seconds."
        self.leave(invocation_id, lost(message))


def lost(message: str) -> InvocationResult:
    """The result of an invocation that found no worker."""
    return InvocationResult(Status.LOST, exception=InvocationException("WorkerLostError", message))
