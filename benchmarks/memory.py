"""Memory of an idle host and worker, and what a 100 MiB upload adds to them."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks import contenders
from benchmarks.outcome import Bar, Figure, NotMeasured, Section, at_most
from benchmarks.processes import memory, reset_peak, worker_of
from benchmarks.serving import Running, running

WARM_UP_REQUESTS = 20
BODY_MIB = 100
FLOWING_MS = 250.0
"""Another request during the upload counts as flowing when the slowest took no longer than this."""


def measure() -> list[Section]:
    """The memory bars of the hello app and of an app that imports nothing."""
    with running(contenders.funchost()) as server:
        _get_many(server, WARM_UP_REQUESTS)
        host, worker = memory(server.pid), memory(worker_of(server.pid))
        upload = _upload(server)
    with running(contenders.funchost("plain", with_library=False)) as server:
        _get_many(server, WARM_UP_REQUESTS)
        plain = memory(worker_of(server.pid))
    bars = (
        at_most("host, resident", host.resident, 90, "MiB"),
        at_most("worker with azure.functions imported, resident", worker.resident, 40, "MiB"),
        at_most("worker without azure.functions, resident", plain.resident, 25, "MiB"),
    )
    figures = (
        Figure("host, proportional share", f"{host.proportional:.1f} MiB"),
        Figure("worker with azure.functions imported, proportional share", f"{worker.proportional:.1f} MiB"),
        Figure("worker without azure.functions, proportional share", f"{plain.proportional:.1f} MiB"),
    )
    return [Section("Idle memory, 1 host and 1 worker", bars, figures), upload]


def _upload(server: Running) -> Section:
    worker = worker_of(server.pid)
    before_host, before_worker = memory(server.pid), memory(worker)
    for pid in (server.pid, worker):
        reset_peak(pid)
    with _other_requests(server) as slowest:
        begin = time.perf_counter()
        answer = _post_body(server)
        seconds = time.perf_counter() - begin
    if answer != str(BODY_MIB * 1024 * 1024):
        raise NotMeasured(f"the upload was answered with {answer[:200]!r}")
    host_growth = memory(server.pid).peak - before_host.resident
    worker_growth = memory(worker).peak - before_worker.resident
    flowing = max(slowest) <= FLOWING_MS
    bars = (
        at_most("host grows by", host_growth, 16, "MiB"),
        at_most("worker grows by", worker_growth, 1.2 * BODY_MIB, "MiB"),
        Bar("slowest other request meanwhile", f"{max(slowest):.0f} ms", f"≤ {FLOWING_MS:.0f} ms", flowing),
    )
    figures = (Figure("time for the upload", f"{seconds:.2f} s"), Figure("other requests meanwhile", f"{len(slowest)}"))
    return Section(f"Upload of {BODY_MIB} MiB through a function", bars, figures)


@contextmanager
def _other_requests(server: Running) -> Iterator[list[float]]:
    """Requests of another client while the block runs; gives their times in ms."""
    times: list[float] = []
    done = threading.Event()

    def call() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        while not done.is_set() or not times:
            begin = time.perf_counter()
            connection.request("GET", server.server.probe)
            connection.getresponse().read()
            times.append((time.perf_counter() - begin) * 1000)
            done.wait(0.01)
        connection.close()

    thread = threading.Thread(target=call)
    thread.start()
    try:
        yield times
    finally:
        done.set()
        thread.join()


def _post_body(server: Running) -> str:
    chunk = bytes(64 * 1024)
    size = BODY_MIB * 1024 * 1024
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    body = (chunk for _ in range(size // len(chunk)))
    connection.request("POST", "/api/size", body, {"Content-Length": str(size)})
    answer = connection.getresponse().read().decode()
    connection.close()
    return answer


def _get_many(server: Running, count: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    for _ in range(count):
        connection.request("GET", server.server.probe)
        connection.getresponse().read()
    connection.close()
