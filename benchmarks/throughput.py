"""Answers per second of each server, measured in turns so that all of them see the same machine."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace

from benchmarks import official, wrk
from benchmarks.effort import Effort
from benchmarks.outcome import Bar, Figure, NotMeasured, Section, at_least, at_most, spread
from benchmarks.processes import processor_seconds
from benchmarks.serving import Running, running
from benchmarks.targets import (
    BARE,
    DEFAULT_ASYNC,
    DEFAULT_SYNC,
    FRAMEWORK,
    OFFICIAL_ASYNC,
    OFFICIAL_SYNC,
    QUIET_ASYNC,
    QUIET_SYNC,
    STARLETTE_ASYNC,
    STARLETTE_SYNC,
    Target,
    targets,
)

CONNECTIONS = 32
RATIOS = (
    ("async function, default console lines, against Starlette", DEFAULT_ASYNC, STARLETTE_ASYNC, 0.85),
    ("async function, warnings only, against Starlette", QUIET_ASYNC, STARLETTE_ASYNC, 0.95),
    ("sync function, default console lines, against a sync Starlette endpoint", DEFAULT_SYNC, STARLETTE_SYNC, 1.0),
    ("sync function, warnings only, against a sync Starlette endpoint", QUIET_SYNC, STARLETTE_SYNC, 1.0),
    ("async function, default console lines, against functions-framework", DEFAULT_ASYNC, FRAMEWORK, 5.0),
    ("async function, default console lines, against Microsoft's worker alone", DEFAULT_ASYNC, OFFICIAL_ASYNC, 4.0),
    ("sync function, default console lines, against Microsoft's worker alone", DEFAULT_SYNC, OFFICIAL_SYNC, 4.0),
)

Rates = Mapping[str, Sequence[float]]


def measure(effort: Effort) -> list[Section]:
    """Rates at 32 connections and latency at one, for every server that can be started here."""
    wrk.find_wrk()
    found, faults = targets()
    with ExitStack() as stack:
        servers: dict[str, Running] = {}
        for server in {target.server.name: target.server for target in found}.values():
            try:
                servers[server.name] = stack.enter_context(running(server))
            except NotMeasured as error:
                faults.append(str(error))
        ready = [target for target in found if target.server.name in servers]
        loads = _loads(ready, servers, CONNECTIONS, effort, faults)
        single = [target for target in ready if target.name in {DEFAULT_ASYNC, QUIET_ASYNC, STARLETTE_ASYNC, BARE}]
        alone = _loads(single, servers, 1, effort, faults)
    rates = {name: [load.per_second for load in each] for name, each in loads.items()}
    rates |= official.rates(effort.rounds, effort.seconds, CONNECTIONS, faults)
    medians = {name: statistics.median(load.median for load in each) for name, each in alone.items()}
    processor = {
        name: statistics.median(times)
        for name, each in loads.items()
        if (times := [load.processor for load in each if load.processor is not None])
    }
    return [_rate_section(rates, processor, faults), _latency_section(medians)]


def _loads(
    ready: Sequence[Target], servers: Mapping[str, Running], connections: int, effort: Effort, faults: list[str]
) -> dict[str, list[wrk.Load]]:
    """The first turn over all URLs warms up and does not count."""
    loads: dict[str, list[wrk.Load]] = {}
    broken: set[str] = set()
    for turn in range(effort.rounds + 1):
        for target in ready:
            if target.name in broken:
                continue
            try:
                load = _load(servers[target.server.name], target.path, connections, effort.seconds if turn else 1.0)
            except NotMeasured as error:
                faults.append(f"{target.name}: {error}")
                broken.add(target.name)
                loads.pop(target.name, None)
            else:
                if turn:
                    loads.setdefault(target.name, []).append(load)
    return loads


def _load(server: Running, path: str, connections: int, seconds: float) -> wrk.Load:
    before = processor_seconds(server.pid)
    load = wrk.run(server.url(path), connections, seconds)
    after = processor_seconds(server.pid)
    if before is None or after is None:
        return load
    return replace(load, processor=(after - before) / (load.per_second * seconds) * 1e6)


def _rate_section(rates: Rates, processor: Mapping[str, float], faults: Sequence[str]) -> Section:
    bars = tuple(_ratio(rates, *each) for each in RATIOS)
    figures = tuple(
        Figure(
            name, spread(values, "/s") + (f", {processor[name]:.0f} µs of processor time" if name in processor else "")
        )
        for name, values in rates.items()
    )
    return Section(
        "HTTP, 32 connections", bars, figures, notes=(official.NOTE, *(f"Not measured: {text}" for text in faults))
    )


def _ratio(rates: Rates, what: str, ours: str, theirs: str, bar: float) -> Bar:
    if ours in rates and theirs in rates:
        ratios = [own / other for own, other in zip(rates[ours], rates[theirs], strict=True)]
        return at_least(what, statistics.median(ratios), bar)
    return Bar(what, "", f"≥ {bar:.2f} ×", None)


def _latency_section(medians: Mapping[str, float]) -> Section:
    what = "added to a bare uvicorn answer, default console lines, p50"
    if DEFAULT_ASYNC in medians and BARE in medians:
        bar = at_most(what, medians[DEFAULT_ASYNC] - medians[BARE], 0.4, "ms")
    else:
        bar = Bar(what, "", "≤ 0.4 ms", None)
    figures = tuple(Figure(f"{name}, p50", f"{median:.3f} ms") for name, median in medians.items())
    return Section("Latency, 1 connection", (bar,), figures)
