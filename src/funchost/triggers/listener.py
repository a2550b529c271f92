"""Listener: what watches for the events of one trigger."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, Protocol

from funchost.app.invocation import Invocation, InvocationResult


class Invoker(Protocol):
    """The dispatcher, seen from a listener."""

    def invoke(self, invocation: Invocation) -> Coroutine[Any, Any, InvocationResult]:
        """Return how the invocation ended; a fault of the app is a result, never an exception.

        Whoever cancels this gives the invocation up: async code is cancelled, a worker that does not stop is replaced.
        """
        ...


class Listener(Protocol):
    """Turns events into invocations and acts on their results.

    Storage that is away is a listener's own matter: it backs off and comes back. An exception that escapes from
    `run` is a fault of the host; whoever runs the listener logs it and runs it again after a delay.
    """

    @property
    def name(self) -> str:
        """For logs: the function's name, or what is listened to for several functions."""
        ...

    async def run(self) -> None:
        """Listen until `drain` is called; returns when the last event taken has been dealt with."""
        ...

    def drain(self) -> None:
        """Take no more events. What is under way goes on; what was fetched but not begun is given back."""
        ...
