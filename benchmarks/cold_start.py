"""From the first request for an app without an instance to its answer."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from benchmarks.deploy_server import DeployServer, deploy_server
from benchmarks.effort import Effort
from benchmarks.outcome import Figure, NotMeasured, Section, at_most
from benchmarks.processes import processor_seconds

APP = "shop"
OTHER = "other"
PATH = "/api/mark"
TRIES_A_ROUND = 2
QUIET_SECONDS = 2.5
"""After the last instance has ended: the process that waits for the next one is there again."""
COLD_START = 1.0
NOTE = (
    "An app of two functions that imports azure.functions, published before; its last instance ended seconds ago. "
    "The time is that of one request on a new connection, from before it is opened until the answer is there. The "
    "server keeps one started host process ready; of two apps that are woken at the same moment, one has to start "
    "its own. After a restart of the server, the request is sent when it says that it serves."
)


def measure(effort: Effort) -> list[Section]:
    """Scaled to zero, two apps at once, after a restart of the server."""
    tries = TRIES_A_ROUND * effort.rounds
    with deploy_server("--idle-seconds", "1", "--scale-in-seconds", "1") as server:
        project = server.project("shop")
        for app in (APP, OTHER):
            server.create(app)
            server.publish(app, project)
        used: list[float] = []
        single = _tries(tries, lambda: [_cold(server, used)])
        both = _tries(tries, lambda: _both_cold(server))
        starts, restarted = zip(*(_restarted(server) for _ in range(tries)), strict=True)
    bars = (
        at_most("request for an app that was scaled to zero, p50", statistics.median(single), COLD_START, "s"),
        at_most("request for an app that was scaled to zero, longest", max(single), COLD_START, "s"),
    )
    figures = (
        Figure("app that was scaled to zero", _text(single)),
        Figure("the same, processor time of server, host and worker", _text(used[1:])),
        Figure("two such apps at the same moment, the later answer", _text(both)),
        Figure("first request after a restart of the server", _text(restarted)),
        Figure("start of the server with these two apps", _text(starts)),
    )
    return [Section("Cold start", bars, figures, notes=(NOTE,))]


def _tries(count: int, once: Callable[[], Sequence[float]]) -> list[float]:
    """The longest time of each try; the first one does not count."""
    return [max(once()) for _ in range(count + 1)][1:]


def _cold(server: DeployServer, used: list[float]) -> float:
    """The time; the processor time goes to `used`."""
    server.wait_for_none(APP)
    time.sleep(QUIET_SECONDS)
    before = processor_seconds(server.process.pid)
    seconds = _asked(server, APP)
    after = processor_seconds(server.process.pid)
    if before is not None and after is not None:
        used.append(after - before)
    return seconds


def _both_cold(server: DeployServer) -> list[float]:
    for app in (APP, OTHER):
        server.wait_for_none(app)
    time.sleep(QUIET_SECONDS)
    with ThreadPoolExecutor(2) as threads:
        return list(threads.map(lambda app: _asked(server, app), (APP, OTHER)))


def _restarted(server: DeployServer) -> tuple[float, float]:
    """Seconds until the server says that it serves, and then until the answer."""
    server.process.stop()
    begin = time.perf_counter()
    server.process.start()
    return time.perf_counter() - begin, _asked(server, APP)


def _asked(server: DeployServer, app: str) -> float:
    begin = time.perf_counter()
    if server.call(app, PATH) is None:
        raise NotMeasured(f"{app} did not answer with 200")
    return time.perf_counter() - begin


def _text(times: Sequence[float]) -> str:
    if not times:
        return "not known on this system"
    return f"{statistics.median(times):.3f} s p50, {max(times):.3f} s at most, {len(times)} tries"
