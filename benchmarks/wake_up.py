"""From the moment something is put to the first line of the function it triggers, on idle hosts."""

from __future__ import annotations

import itertools
import random
import socket
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from benchmarks import contenders, stores
from benchmarks.effort import Effort
from benchmarks.outcome import Bar, Figure, NotMeasured, Section, at_most
from benchmarks.serving import Running, Server, answers, free_port, running
from funchost.storage.development import connection_string
from funchost.storage.endpoints import SERVICES

T = TypeVar("T")

TRIES_A_ROUND = 10
AZURITE_TRIES_A_ROUND = 5
PAUSE = (0.4, 0.9)
AZURITE_PAUSE = (2.0, 4.0)
"""Seconds between tries; on Azurite hosts look less often the longer a queue is empty."""
LONGEST_SECONDS = 20.0
WAKE_UP_MS = 50.0
AZURITE_BLOB_MS = 2000.0
CONTAINER = QUEUE = "items"
DISABLED = {"AzureWebJobs.on_item.Disabled": "true", "AzureWebJobs.on_blob.Disabled": "true"}
NOTE = (
    "From the call that puts it to the first line of the function, with pauses in which nothing happens. In the same "
    "host: a function's output binding, timed from the function's last line. Of another host: the same function in a "
    "second host on the same store. Another process: the official Python client, at the host's own front or at Azurite."
)

Put = Callable[[int], None]
"""Puts one item; gets the number of the try."""


@dataclass(frozen=True, slots=True)
class Scene:
    """Hosts on one store.

    Args:
        second: None on Azurite.
        connection_string: of the store, for other processes.
        heard: waits for the function and gives its latency in ms.
    """

    host: Running
    second: Running | None
    connection_string: str
    heard: Callable[[], float]


def measure_queue(effort: Effort) -> list[Section]:
    """A queue function on the embedded store and on Azurite."""

    def puts(scene: Scene) -> Mapping[str, Put]:
        from azure.storage.queue import QueueClient, TextBase64EncodePolicy

        client = QueueClient.from_connection_string(
            scene.connection_string, QUEUE, message_encode_policy=TextBase64EncodePolicy()
        )
        return {
            **{name: lambda _, host=host: _get(host, "/api/put") for name, host in _hosts(scene)},  # type: ignore[misc]
            "put by another process": lambda _: _ignored(client.send_message(str(time.monotonic_ns()))),
        }

    return [_section("Queue trigger, idle to run", effort, puts, None)]


def measure_blob(effort: Effort) -> list[Section]:
    """A blob function on the embedded store and on Azurite."""

    def puts(scene: Scene) -> Mapping[str, Put]:
        from azure.storage.blob import ContainerClient

        client = ContainerClient.from_connection_string(scene.connection_string, CONTAINER)
        return {
            **{
                name: lambda number, host=host: _get(host, f"/api/store/{host.port}-{number}")  # type: ignore[misc]
                for name, host in _hosts(scene)
            },
            "put by another process": lambda number: _ignored(
                client.upload_blob(f"other-{number}", str(time.monotonic_ns()))
            ),
        }

    return [_section("Blob trigger, idle to run", effort, puts, AZURITE_BLOB_MS)]


def _section(
    title: str, effort: Effort, puts: Callable[[Scene], Mapping[str, Put]], azurite_bar: float | None
) -> Section:
    bars: list[Bar] = []
    figures: list[Figure] = []
    notes = [NOTE]
    with _embedded() as scene:
        for name, put in puts(scene).items():
            times = _tries(scene, put, TRIES_A_ROUND * effort.rounds, PAUSE)
            bars.append(at_most(f"embedded, {name}, longest", max(times), WAKE_UP_MS, "ms"))
            figures.append(Figure(f"embedded, {name}", _text(times)))
    try:
        with _azurite() as scene:
            for name, put in puts(scene).items():
                times = _tries(scene, put, AZURITE_TRIES_A_ROUND * effort.rounds, AZURITE_PAUSE)
                figures.append(Figure(f"Azurite, {name}", _text(times)))
                if azurite_bar is not None:
                    bars.append(at_most(f"Azurite, {name}, longest", max(times), azurite_bar, "ms"))
    except NotMeasured as error:
        notes.append(f"Not measured: Azurite: {error}")
    return Section(title, tuple(bars), tuple(figures), notes=tuple(notes))


@contextmanager
def _embedded() -> Iterator[Scene]:
    ports = {service: free_port() for service in SERVICES}
    fixed = {"FUNCHOST_STORAGE_PORTS": ",".join(map(str, ports.values()))}
    with (
        _ear() as (ear, heard),
        stores.embedded() as place,
        running(_server({**place.environment, **fixed, **ear})) as host,
        running(_server({**place.environment, **ear, **DISABLED})) as second,
    ):
        _make(place)
        yield Scene(host, second, connection_string(ports), heard)


@contextmanager
def _azurite() -> Iterator[Scene]:
    with (
        _ear() as (ear, heard),
        stores.azurite() as place,
        running(_server({**place.environment, **ear})) as host,
    ):
        _make(place)
        yield Scene(host, None, place.environment[stores.STORAGE], heard)


def _make(place: stores.Place) -> None:
    place.run(lambda account: account.queues.create(QUEUE))
    place.run(lambda account: account.blobs.create_container(CONTAINER))


def _server(settings: Mapping[str, str]) -> Server:
    return contenders.funchost("wake", settings=settings)


@contextmanager
def _ear() -> Iterator[tuple[Mapping[str, str], Callable[[], float]]]:
    """Where functions tell their latency: settings for them, and what waits for the next one."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear:
        ear.bind(("127.0.0.1", 0))
        ear.settimeout(LONGEST_SECONDS)

        def heard() -> float:
            try:
                return int(ear.recv(64)) / 1e6
            except TimeoutError:
                raise NotMeasured(f"the function was not called within {LONGEST_SECONDS:.0f} s") from None

        yield {"BENCH_LISTENER": str(ear.getsockname()[1])}, heard


def _tries(scene: Scene, put: Put, count: int, pause: tuple[float, float]) -> list[float]:
    """Latencies in ms; the first call, which imports things, does not count."""
    times = []
    for number in itertools.count():
        put(number)
        times.append(scene.heard())
        if number == count:
            return times[1:]
        time.sleep(random.uniform(*pause))
    raise AssertionError


def _hosts(scene: Scene) -> list[tuple[str, Running]]:
    hosts = [("put in the same host", scene.host)]
    return hosts if scene.second is None else [*hosts, ("put by another host", scene.second)]


def _get(host: Running, path: str) -> None:
    if not answers(host.port, path):
        raise NotMeasured(f"{path} was not answered with 200")


def _ignored(_: object) -> None:
    """For callables that must return nothing."""


def _text(times: list[float]) -> str:
    return f"{statistics.median(times):.1f} ms p50, {max(times):.1f} ms at most, {len(times)} tries"
