"""Job: one operation on its way to the writer, and what became of it."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple


class Job:
    """One operation that waits for its turn.

    Args:
        operation: called with the connection, or with the connection and the arguments of several jobs (`merged`).
        argument: of a merged operation.
        durable: whether the operation's effect must survive a loss of power.
        topics: announced after the commit.
        asked: count of the engine's looks for overdue jobs when it was handed over.
    """

    __slots__ = ("argument", "asked", "durable", "future", "merged", "operation", "topics")

    def __init__(
        self,
        operation: Callable[..., Any],
        future: asyncio.Future[Any],
        durable: bool,
        topics: Sequence[str],
        asked: int,
        merged: bool = False,
        argument: Any = None,
    ) -> None:
        self.operation = operation
        self.future = future
        self.durable = durable
        self.topics = topics
        self.asked = asked
        self.merged = merged
        self.argument = argument


class Outcome(NamedTuple):
    """How a job ended; `error` is None after success."""

    future: asyncio.Future[Any]
    result: Any
    error: BaseException | None


Operation = Callable[[sqlite3.Connection], Any]


def settle(outcomes: Sequence[Outcome]) -> None:
    """Resolve the futures of finished jobs; to be called in their loop."""
    for future, result, error in outcomes:
        if future.done():
            continue
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)
