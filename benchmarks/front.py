"""The embedded store's REST front next to Azurite: operations per second, processor time, memory."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks import stores
from benchmarks.effort import Effort
from benchmarks.outcome import Bar, Figure, NotMeasured, Section, Table, at_least
from benchmarks.processes import memory, processor_seconds
from benchmarks.stores import Service

OPERATIONS = (
    *("blob put 1 KiB", "blob get 1 KiB", "blob put 1 MiB", "blob get 1 MiB"),
    *("queue put", "queue get", "queue delete", "table insert", "table get"),
)
MOST_ROUNDS = 3
FLUSHES = 100
BAR = 2.0
NOTE = (
    "Two empty stores, asked in turns, the same number of calls for both. The SDK is the official Python clients in "
    "their asynchronous form, one call at a time in each process. Its own processor time stands in the last column: "
    "where Azurite needs less than that in all, no server could be twice as fast through one such client. The lean "
    "client sends prepared requests over 8 connections, so that the server is what limits. Processor time is the "
    "server's for one call of the lean client. Every put and insert is on the disk before the embedded store answers "
    "(flushing 4 KiB took {flush:.2f} ms here at p50); Azurite flushes contents, and saves index and tables later."
)


@dataclass(frozen=True, slots=True)
class Crowd:
    """Clients that work at the same time.

    Args:
        calls: of each client for each operation and second of effort; large blobs get a fifth of them.
    """

    name: str
    kind: str
    clients: int
    calls: int


ONE = Crowd("SDK, 1 process", "sdk", 1, 80)
FOUR = Crowd("SDK, 4 processes", "sdk", 4, 40)
LEAN = Crowd("lean client", "lean", 1, 200)
CROWDS = (ONE, FOUR, LEAN)


@dataclass(frozen=True, slots=True)
class Pace:
    """Operations per second, and the processor time of server and client for one, in µs."""

    per_second: float
    processor: float
    client: float


Paces = dict[tuple[str, str], list[Pace]]
"""By crowd and operation."""


def measure(effort: Effort) -> list[Section]:
    """Both stores; Azurite must be there to compare with."""
    with stores.front() as own, stores.azurite_service() as other:
        idle = {service.name: memory(service.pid).resident for service in (own, other)}
        paces: dict[str, Paces] = {own.name: {}, other.name: {}}
        for _ in range(min(effort.rounds, MOST_ROUNDS)):
            for crowd in CROWDS:
                for service in (own, other):
                    _work(service, crowd, effort.seconds, paces[service.name])
        after = {service.name: memory(service.pid).resident for service in (own, other)}
        mine, theirs = paces[own.name], paces[other.name]
        bars = [_bar(crowd, operation, mine, theirs) for crowd in CROWDS for operation in OPERATIONS]
        figures = [
            Figure(
                f"{service.name}, resident, idle and after all calls",
                f"{idle[service.name]:.0f} MiB, {after[service.name]:.0f} MiB",
            )
            for service in (own, other)
        ]
        table = _table(own, other, paces)
    return [
        Section("Storage front and Azurite", tuple(bars), tuple(figures), (table,), (NOTE.format(flush=_flush_ms()),))
    ]


def _work(service: Service, crowd: Crowd, seconds: float, paces: Paces) -> None:
    with ExitStack() as stack:
        clients = [stack.enter_context(_client(crowd.kind, service)) for _ in range(crowd.clients)]
        for operation in OPERATIONS:
            count = max(int(crowd.calls * seconds * (0.2 if "MiB" in operation else 1.0)), 1)
            used = processor_seconds(service.pid) or 0.0
            for client in clients:
                _tell(client, f"{operation} {count}")
            answers = [_answer(client) for client in clients]
            used = (processor_seconds(service.pid) or 0.0) - used
            rate = sum(answer["done"] / answer["seconds"] for answer in answers)
            done = sum(answer["done"] for answer in answers)
            pace = Pace(rate, used / done * 1e6, sum(answer["used"] for answer in answers) / done * 1e6)
            paces.setdefault((crowd.name, operation), []).append(pace)


@contextmanager
def _client(kind: str, service: Service) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "benchmarks.clients", kind, service.connection_string]
    folder = Path(__file__).resolve().parent.parent
    with subprocess.Popen(command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as client:
        _answer(client)  # it is ready
        yield client
        if client.stdin is not None:
            client.stdin.close()


def _tell(client: subprocess.Popen[str], line: str) -> None:
    if client.stdin is not None:
        client.stdin.write(line + "\n")
        client.stdin.flush()


def _answer(client: subprocess.Popen[str]) -> dict[str, float]:
    line = client.stdout.readline() if client.stdout is not None else ""
    if not line:
        raise NotMeasured(f"a client ended with {client.wait(10)}")
    answer: dict[str, float] = json.loads(line)
    return answer


def _bar(crowd: Crowd, operation: str, mine: Paces, theirs: Paces) -> Bar:
    key = (crowd.name, operation)
    pairs = zip(mine[key], theirs[key], strict=True)
    ratio = statistics.median(own.per_second / other.per_second for own, other in pairs)
    return at_least(f"{operation}, {crowd.name}, against Azurite", ratio, BAR)


def _table(own: Service, other: Service, paces: dict[str, Paces]) -> Table:
    head = ["Operations per second"]
    for crowd in CROWDS:
        head += [f"{crowd.name}: {service.name}" for service in (own, other)]
    head += [f"processor time: {service.name}" for service in (own, other)]
    head.append("processor time: SDK")
    rows = []
    for operation in OPERATIONS:
        row = [operation]
        for crowd in CROWDS:
            row += [f"{_rate(paces[each.name][crowd.name, operation]):,.0f}" for each in (own, other)]
        row += [f"{_processor(paces[each.name][LEAN.name, operation]):,.0f} µs" for each in (own, other)]
        client = statistics.median(pace.client for pace in paces[own.name][ONE.name, operation])
        rows.append((*row, f"{client:,.0f} µs"))
    return Table(tuple(head), tuple(rows))


def _flush_ms() -> float:
    times = []
    with tempfile.TemporaryFile() as file:
        for _ in range(FLUSHES):
            file.write(bytes(4096))
            file.flush()
            begin = time.perf_counter()
            os.fsync(file.fileno())
            times.append((time.perf_counter() - begin) * 1000)
    return statistics.median(times)


def _rate(paces: Sequence[Pace]) -> float:
    return statistics.median(pace.per_second for pace in paces)


def _processor(paces: Sequence[Pace]) -> float:
    return statistics.median(pace.processor for pace in paces)
