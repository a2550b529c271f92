"""Messages per second through a queue function, next to Celery with Redis and to the store's own limit."""

from __future__ import annotations

import statistics
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from benchmarks import celery_rival, contenders, stores
from benchmarks.countdown import Countdown, countdown
from benchmarks.effort import Effort
from benchmarks.outcome import Bar, Figure, NotMeasured, Section, Table, at_least
from benchmarks.processes import processor_seconds
from benchmarks.serving import running

MESSAGES = 4000
"""For each second of load that is asked for."""
AZURITE_MESSAGES = 200
"""Azurite's get takes longer the more messages there are."""
MOST_ROUNDS = 3
BAR = 5000.0

BATCHES = ((16, 8), (32, 16), (32, 128))
"""batchSize and newBatchThreshold; half of the batch is the default threshold."""
QUEUES = {"async": "async-items", "sync": "sync-items"}
LINES = {False: "default console lines", True: "warnings only"}
NOTE = (
    "Messages of a few bytes wait in the queue before the host starts. The rate is that of the queue's length between "
    "the first completed message and the empty queue; in brackets the processor time of host and workers for one "
    "message. Default lines are three for each message. Celery acknowledges late, as a queue trigger does, takes 16 "
    "messages ahead and logs warnings only; Redis writes nothing to disk. The store's own limit is one process that "
    "receives 32 messages at a time and deletes each, without host and worker."
)


@dataclass(frozen=True, slots=True)
class Case:
    """One way to run the function."""

    kind: str
    batch: int
    threshold: int
    workers: int
    warnings_only: bool


Rates = dict[Case, list[Countdown]]


def measure(effort: Effort) -> list[Section]:
    """All cases on the embedded store, those that matter on Azurite, Celery, the raw limit."""
    rounds = min(effort.rounds, MOST_ROUNDS)
    count = int(MESSAGES * effort.seconds)
    cases = [
        Case(kind, batch, threshold, workers, warnings_only)
        for kind, (batch, threshold), workers, warnings_only in product(QUEUES, BATCHES, (1, 2), LINES)
    ]
    faults: list[str] = []
    own = _rounds(cases, stores.embedded, rounds, count, faults)
    figures = (
        Figure("the store's own limit, get(32) and delete", f"{_raw_limit(count):,.0f} /s"),
        *_celery(rounds, count, faults),
    )
    tables = [_table("Embedded store", own)]
    try:
        few = [Case(kind, batch, batch // 2, 1, False) for kind, batch in product(QUEUES, (16, 32))]
        messages = int(AZURITE_MESSAGES * effort.seconds)
        tables.append(_table("Azurite", _rounds(few, stores.azurite, 1, messages, faults)))
    except NotMeasured as error:
        faults.append(f"Azurite: {error}")
    notes = (NOTE, *(f"Not measured: {text}" for text in faults))
    return [Section("Queue trigger, throughput", _bars(own), figures, tuple(tables), notes)]


def _rounds(
    cases: Sequence[Case],
    place: Callable[[], AbstractContextManager[stores.Place]],
    rounds: int,
    count: int,
    faults: list[str],
) -> Rates:
    """Every case in every round; a case that fails is in `faults` and counts in its other rounds only."""
    rates: Rates = {}
    for _, case in product(range(rounds), cases):
        with place() as store:
            try:
                rates.setdefault(case, []).append(_drain(store, case, count))
            except NotMeasured as error:
                faults.append(f"{store.name}, {case}: {error}")
    return {case: found for case, found in rates.items() if found}


def _drain(place: stores.Place, case: Case, count: int) -> Countdown:
    """Put the messages, start a host, wait until it has completed them all."""
    queue = QUEUES[case.kind]
    place.run(lambda account: stores.fill(account.queues, queue, count))
    server = contenders.funchost(
        "queue",
        warnings_only=case.warnings_only,
        probe="/admin/host/status",
        settings={
            **place.environment,
            "FUNCTIONS_WORKER_PROCESS_COUNT": str(case.workers),
            "AzureFunctionsJobHost__extensions__queues__batchSize": str(case.batch),
            "AzureFunctionsJobHost__extensions__queues__newBatchThreshold": str(case.threshold),
        },
    )
    with running(server) as host:
        return countdown(
            count,
            lambda: place.run(lambda account: stores.waiting(account.queues, queue)),
            lambda: processor_seconds(host.pid) or 0.0,
        )


def _raw_limit(count: int) -> float:
    command = [sys.executable, "-m", "benchmarks.raw_queue", str(count)]
    folder = Path(__file__).resolve().parent.parent
    return float(subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, timeout=120, check=True).stdout)


def _celery(rounds: int, count: int, faults: list[str]) -> list[Figure]:
    figures = []
    try:
        for processes in (1, 2):
            found = [celery_rival.rates(count, processes) for _ in range(rounds)]
            name = f"{contenders.CELERY} with Redis, {processes} worker process{'es' if processes > 1 else ''}"
            figures.append(Figure(name, _text(found)))
    except NotMeasured as error:
        faults.append(f"Celery: {error}")
    return figures


def _bars(rates: Rates) -> tuple[Bar, ...]:
    bars = []
    for lines, what in LINES.items():
        for batch, threshold in BATCHES:
            found = rates.get(Case("async", batch, threshold, 1, lines))
            name = f"async function, 1 worker, batchSize {batch}, newBatchThreshold {threshold}, {what}"
            if found is None:
                bars.append(Bar(name, "", f"≥ {BAR:,.0f} /s", None))
            else:
                bars.append(at_least(name, statistics.median(each.per_second for each in found), BAR, "/s"))
    return tuple(bars)


def _table(name: str, rates: Rates) -> Table:
    head = (f"{name}: function", "batchSize", "newBatchThreshold", "Workers", "Console", "Messages")
    rows = [
        (case.kind, str(case.batch), str(case.threshold), str(case.workers), LINES[case.warnings_only], _text(found))
        for case, found in rates.items()
    ]
    return Table(head, tuple(rows))


def _text(found: Sequence[Countdown]) -> str:
    rate = statistics.median(each.per_second for each in found)
    return f"{rate:,.0f} /s ({statistics.median(each.processor for each in found):,.0f} µs)"
