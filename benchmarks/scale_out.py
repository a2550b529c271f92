"""From a backlog to more instances, and to its end: messages in a queue, and requests."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import aiohttp

from benchmarks import stores
from benchmarks.deploy_server import DeployServer, deploy_server
from benchmarks.effort import Effort
from benchmarks.outcome import Figure, NotMeasured, Section, at_most
from funchost.platform.site import SiteName
from funchost.platform.storage import account_name
from funchost.storage.embedded.store import EmbeddedStore
from funchost.storage.queues import QueueStore

APP = "backlog"
QUEUE = "backlog"
MESSAGES = 4000
INSTANCES = 4
REQUESTS = 120
"""Sent all the time: more than three instances take on, 32 each."""
LOAD_SECONDS = 20.0
SCALE_OUT = 10.0
INTERVAL = 0.05
PATIENCE = 120.0
NOTE = (
    f"At most {INSTANCES} instances. A function takes 0.2 s and no processor time, an instance runs 32 of them at a "
    f"time; {MESSAGES:,} messages would keep one busy for 25 s. Times begin before the first message is put, which "
    "takes a second in all, and with the first request of a load that is constant. An instance counts when it is "
    "ready, and the backlog as done when the queue is empty. The server looks once a second, and asks for more "
    "instances when the oldest message has waited for 2 s or when more requests are there than instances take on."
)


@dataclass(frozen=True, slots=True)
class Reaction:
    """In s since the backlog began.

    Args:
        ready: when the first, the second, ... instance was ready.
        done: when the backlog was over; None for requests.
    """

    ready: Sequence[float]
    done: float | None = None


def measure(effort: Effort) -> list[Section]:
    """A queue without and with an instance before, then requests."""
    idle, warm, http = [], [], []
    with deploy_server("--idle-seconds", "2", "--scale-in-seconds", "1") as server:
        server.create(APP)
        server.limit(APP, INSTANCES)
        server.publish(APP, server.project("backlog"))
        with _queue(server) as (runner, queue):
            for _ in range(effort.rounds):
                server.wait_for_none(APP)
                idle.append(runner.run(_drained(server, queue)))
                _wait_for_one(server)
                warm.append(runner.run(_drained(server, queue)))
        for _ in range(effort.rounds):
            _wait_for_one(server)
            http.append(asyncio.run(_loaded(server)))
    bars = (
        at_most("backlog of messages, second instance ready, longest", _longest([*idle, *warm]), SCALE_OUT, "s"),
        at_most("requests, second instance ready, longest", _longest(http), SCALE_OUT, "s"),
    )
    figures = (
        *_figures("messages, no instance before", idle),
        *_figures("messages, one idle instance before", warm),
        *_figures(f"{REQUESTS} requests at a time, one idle instance before", http),
    )
    return [Section("Scaling out", bars, figures, notes=(NOTE,))]


@contextmanager
def _queue(server: DeployServer) -> Iterator[tuple[asyncio.Runner, QueueStore]]:
    """The queue of the app, in the server's own store."""
    with asyncio.Runner() as runner:
        store = runner.run(EmbeddedStore.open(server.process.data / "storage"))
        try:
            queues = store.account(account_name(SiteName(APP))).queues
            runner.run(queues.create(QUEUE))
            yield runner, queues
        finally:
            runner.run(store.close())


async def _drained(server: DeployServer, queues: QueueStore) -> Reaction:
    begin = time.perf_counter()
    filling = asyncio.create_task(stores.fill(queues, QUEUE, MESSAGES))
    ready: list[float] = []
    while True:
        await _look(server, ready, begin)
        if filling.done() and await stores.waiting(queues, QUEUE) == 0:
            await filling
            return Reaction(ready, time.perf_counter() - begin)
        if time.perf_counter() - begin > PATIENCE:
            raise NotMeasured(f"the backlog is not done after {PATIENCE:.0f} s")
        await asyncio.sleep(INTERVAL)


async def _loaded(server: DeployServer) -> Reaction:
    url = f"{server.process.url}/api/slow"
    headers = {"Host": f"{APP}.localhost"}
    begin = time.perf_counter()
    ready: list[float] = []

    async def ask(session: aiohttp.ClientSession) -> None:
        while len(ready) < INSTANCES and time.perf_counter() - begin < LOAD_SECONDS:
            async with session.get(url, headers=headers) as answer:
                await answer.read()
                if answer.status != 200:
                    raise NotMeasured(f"{url} was answered with {answer.status}")

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session, asyncio.TaskGroup() as group:
        tasks = [group.create_task(ask(session)) for _ in range(REQUESTS)]
        while not all(task.done() for task in tasks):
            await _look(server, ready, begin)
            await asyncio.sleep(INTERVAL)
    return Reaction(ready)


async def _look(server: DeployServer, ready: list[float], begin: float) -> None:
    states = await asyncio.to_thread(server.instances, APP)
    now = time.perf_counter() - begin
    ready += [now] * (states.count("READY") - len(ready))


def _wait_for_one(server: DeployServer) -> None:
    """Wait until one instance is there and idle."""
    server.wait_for_none(APP)
    if server.call(APP, "/api/slow") is None:
        raise NotMeasured(f"{APP} does not answer")


def _longest(reactions: Sequence[Reaction]) -> float:
    return max(_ready(reaction, 2) for reaction in reactions)


def _ready(reaction: Reaction, count: int) -> float:
    """When so many were ready; what never came took for ever."""
    return reaction.ready[count - 1] if len(reaction.ready) >= count else float("inf")


def _figures(name: str, reactions: Sequence[Reaction]) -> Iterator[Figure]:
    for count in (1, 2, INSTANCES):
        times = [_ready(reaction, count) for reaction in reactions]
        if max(times) > INTERVAL * 4:
            yield Figure(f"{name}: {count} ready", _text(times))
    done = [reaction.done for reaction in reactions if reaction.done is not None]
    if done:
        yield Figure(f"{name}: done", _text(done))


def _text(times: Sequence[float]) -> str:
    return f"{statistics.median(times):.2f} s p50, {max(times):.2f} s at most, {len(times)} tries"
