"""Blows: what a test did to hosts, workers and stores, and which runs that explains."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

from tests.integration.faults.storage.ledger import Run, by_text

SETTLED = 2.0
"""Seconds after its end within which a run's message is surely deleted, on a busy machine."""


class Blow(NamedTuple):
    """Something that was done.

    Args:
        kind: for the figures.
        hosts, workers: process ids of those it hit; no hosts = the store, and so everybody.
        began, ended: monotonic seconds.
    """

    kind: str
    hosts: frozenset[int]
    workers: frozenset[int]
    began: float
    ended: float

    def hit(self, run: Run) -> bool:
        """Whether the run, or what follows it in the store, may not have come to its end because of this."""
        if self.hosts or self.workers:
            if run.host not in self.hosts and run.worker not in self.workers:
                return False
        ended = float("inf") if run.ended is None else run.ended
        return run.began <= self.ended + SETTLED and ended + SETTLED >= self.began


def counted(blows: Iterable[Blow]) -> str:
    """How many processes were hit in which way, as text."""
    counts: Counter[str] = Counter()
    for blow in blows:
        counts[blow.kind] += max(len(blow.hosts | blow.workers), 1)
    return ", ".join(f"{count} {kind}" for kind, count in sorted(counts.items()))


def unexplained(runs: Iterable[Run], blows: Sequence[Blow]) -> list[list[Run]]:
    """The runs of each text that ran more often than blows explain: each blow that hit a run allows for one more."""
    return [
        tried
        for tried in by_text(runs).values()
        if len(tried) > 1 and len(tried) - 1 > sum(any(blow.hit(run) for blow in blows) for run in tried)
    ]


def repeats(runs: Iterable[Run]) -> int:
    """How many runs there were that came to their end although their text had been done before."""
    return sum(max(sum(run.outcome == "done" for run in tried) - 1, 0) for tried in by_text(runs).values())


def longest_recovery(runs: Sequence[Run], blows: Sequence[Blow]) -> float:
    """Seconds from a blow until all that it cut off had been done, at most; a backlog of the queue comes before it."""
    longest = 0.0
    tried = by_text(runs)
    for blow in blows:
        for run in runs:
            if run.ended is None and run.began <= blow.ended and blow.hit(run):
                later = [end for end in ends(tried[run.text]) if end >= blow.began]
                longest = max(longest, min(later) - blow.began if later else 0.0)
    return longest


def longest_pause(runs: Iterable[Run]) -> float:
    """The longest time in which nothing was done on any host, before the last thing was."""
    return max((later - earlier for earlier, later in pairwise(sorted(ends(runs)))), default=0.0)


def ends(runs: Iterable[Run]) -> list[float]:
    """When what came to a good end did so."""
    return [run.ended for run in runs if run.outcome == "done" and run.ended is not None]
