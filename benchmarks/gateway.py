"""The gateway before one instance: what it costs, next to nginx in the same place."""

from __future__ import annotations

import statistics
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import contenders, nginx, wrk
from benchmarks.deploy_server import DeployServer, deploy_server
from benchmarks.effort import Effort
from benchmarks.outcome import Bar, Figure, NotMeasured, Section, at_least, at_most, spread
from benchmarks.processes import processor_seconds
from benchmarks.serving import Running, Server, running

PATH = "/api/text"
CONNECTIONS = 32
INSTANCE = "instance, asked directly"
GATEWAY = "through the gateway"
NGINX = "through nginx"
SERVER = "through a whole server, its own instance"
APP = "hello"
MODULE = "tests.integration.platform.gateway.gateway_process"
NOTE = (
    "The instance is `func start` with warnings only and one worker; gateway and nginx are a process each, with one "
    "thread. All of them and the load generator share this machine's processors, so that a process more in the path "
    "costs throughput even where it is idle half of the time. The whole server is `func server start` with the same "
    "app and settings, asked by the app's name; its gateway shares a process with the management calls, the storage "
    "services and the scale controller."
)


@dataclass(frozen=True, slots=True)
class Way:
    """How requests get to an instance.

    Args:
        pid: of the proxy, None = its processor time is not looked at.
        host: see wrk.run.
    """

    url: str
    pid: int | None
    host: str | None = None


@dataclass
class Measured:
    """Loads of one server over all rounds."""

    busy: list[wrk.Load] = field(default_factory=list)
    single: list[wrk.Load] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)
    """Processor time of the proxy for one request, in µs, without the instance's."""


def measure(effort: Effort) -> list[Section]:
    """All of them in turns, with 32 connections and with one."""
    wrk.find_wrk()
    faults: list[str] = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        instance = stack.enter_context(running(contenders.funchost(warnings_only=True)))
        ways = {INSTANCE: _way(instance), GATEWAY: _way(stack.enter_context(running(_gateway(instance.port))))}
        try:
            ways[NGINX] = _way(stack.enter_context(running(nginx.proxy(folder, instance.port))))
        except NotMeasured as error:
            faults.append(str(error))
        ways[SERVER] = _published(stack.enter_context(deploy_server()))
        measured = {name: Measured() for name in ways}
        for turn in range(effort.rounds + 1):
            for name, way in ways.items():
                _round(way, measured[name], effort.seconds, counts=turn > 0)
    return [_section(measured, faults)]


def _way(server: Running) -> Way:
    return Way(server.url(PATH), server.pid)


def _published(server: DeployServer) -> Way:
    project = server.project(APP)
    project.joinpath("requirements.txt").write_text("azure-functions\n")
    server.create(APP)
    server.publish(APP, project)
    settings = server.manage("POST", f"{APP}/config/appsettings/list")["properties"]
    server.manage("PUT", f"{APP}/config/appsettings", {"properties": {**settings, **contenders.WARNINGS_ONLY}})
    server.limit(APP, 1)
    return Way(f"{server.process.url}{PATH}", None, f"{APP}.localhost:{server.process.port}")


def _gateway(instance: int) -> Server:
    command = [sys.executable, "-m", MODULE, "{port}", str(instance)]
    return Server("gateway", command, PATH, folder=Path(__file__).resolve().parent.parent)


def _round(way: Way, measured: Measured, seconds: float, *, counts: bool) -> None:
    """The first round warms up and does not count."""
    before = None if way.pid is None else processor_seconds(way.pid)
    busy = wrk.run(way.url, CONNECTIONS, seconds if counts else 1.0, way.host)
    after = None if way.pid is None else processor_seconds(way.pid)
    single = wrk.run(way.url, 1, seconds if counts else 1.0, way.host)
    if counts:
        measured.busy.append(busy)
        measured.single.append(single)
        if before is not None and after is not None:
            measured.processor.append((after - before) / (busy.per_second * seconds) * 1e6)


def _section(measured: Mapping[str, Measured], faults: Sequence[str]) -> Section:
    direct, gateway = measured[INSTANCE], measured[GATEWAY]
    bars: list[Bar] = [
        at_least("requests with 32 connections, gateway against direct", _ratio(gateway, direct), 0.4),
        at_most("added by the gateway, 1 connection, p50", _added(gateway, direct), 1.0, "ms"),
    ]
    figures: list[Figure] = []
    if NGINX in measured:
        figures.append(
            Figure("requests with 32 connections, nginx against direct", f"{_ratio(measured[NGINX], direct):.2f} ×")
        )
        figures.append(Figure("added by nginx, 1 connection, p50", f"{_added(measured[NGINX], direct):.3f} ms"))
    figures.append(
        Figure(
            "requests with 32 connections, a whole server against direct", f"{_ratio(measured[SERVER], direct):.2f} ×"
        )
    )
    for name, each in measured.items():
        processor = f", {statistics.median(each.processor):.0f} µs of processor time each" if each.processor else ""
        figures.append(
            Figure(f"{name}, 32 connections", spread([load.per_second for load in each.busy], "/s") + processor)
        )
        figures.append(Figure(f"{name}, 32 connections, p50 and p99", _latency(each.busy)))
        figures.append(Figure(f"{name}, 1 connection, p50 and p99", _latency(each.single)))
    notes = (NOTE, *(f"Not measured: {text}" for text in faults))
    return Section("Gateway and nginx before one instance", tuple(bars), tuple(figures), notes=notes)


def _ratio(one: Measured, other: Measured) -> float:
    pairs = zip(one.busy, other.busy, strict=True)
    return statistics.median(mine.per_second / theirs.per_second for mine, theirs in pairs)


def _added(one: Measured, other: Measured) -> float:
    pairs = zip(one.single, other.single, strict=True)
    return statistics.median(mine.median - theirs.median for mine, theirs in pairs)


def _latency(loads: Sequence[wrk.Load]) -> str:
    half = statistics.median(load.median for load in loads)
    return f"{half:.3f} ms, {statistics.median(load.p99 for load in loads):.3f} ms"
