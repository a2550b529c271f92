"""A placement and a gateway that do what a test says, at once."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Sequence
from dataclasses import replace

from funchost.platform.fleet.fleet import Fleet
from funchost.platform.gateway.target import Demand, RouteState, Target
from funchost.platform.placement.placement import Address, Instance, InstanceState, LoadReport
from funchost.platform.site import FunctionInfo, Revision, ScaleLimits, SiteName

SHOP = SiteName("shop")
UNLIMITED = ScaleLimits()
GOOD = LoadReport((FunctionInfo("Hello", "httpTrigger"),))


def revision(number: int, *, site: SiteName = SHOP, scale: ScaleLimits = UNLIMITED) -> Revision:
    return Revision(site=site, number=number, version=f"v{number}", python="3.11", scale=scale)


class FakePlacement:
    """Instances that start when they are told to.

    Args:
        report: what becomes of the app in new instances, by revision number; others load well. None = they never end
            loading.
    """

    def __init__(self, reports: dict[int, LoadReport | None] | None = None) -> None:
        self.instances: dict[str, Instance] = {}
        self.listening: set[str] = set()
        self.drained: list[str] = []
        self.stopped: list[str] = []
        self.refusal: Exception | None = None
        self.long: set[str] = set()
        """Instances that never finish what they do."""
        self._reports = reports or {}
        self._ids = itertools.count(1)
        self._on_change: list[Callable[[Instance], None]] = []

    async def ensure(self, revision: Revision, count: int, *, listening: bool) -> Sequence[Instance]:
        if self.refusal is not None:
            raise self.refusal
        living = [i for i in self._of(revision) if i.state in (InstanceState.STARTING, InstanceState.READY)]
        for _ in range(count - len(living)):
            id = f"i{next(self._ids)}"
            self.instances[id] = Instance(id, revision, InstanceState.STARTING, 0.0)
            if listening:
                self.listening.add(id)
            report = self._reports.get(revision.number, GOOD)
            if report is not None:
                asyncio.get_running_loop().call_soon(self.ready, id, report)
        return self._of(revision)

    def list(self, site: SiteName | None = None) -> Sequence[Instance]:
        return [i for i in self.instances.values() if site is None or i.revision.site == site]

    async def listen(self, instance: str) -> None:
        self.listening.add(instance)

    async def drain(self, instance: str, timeout: float) -> None:
        self.drained.append(instance)
        if instance in self.long:
            self._change(replace(self.instances[instance], state=InstanceState.DRAINING, asked_to_end=True))
            await self._wait_for_end(instance, timeout)
        self.end(instance, "stopped", asked=True)

    async def _wait_for_end(self, instance: str, timeout: float) -> None:
        deadline = asyncio.get_running_loop().time() + timeout
        while instance in self.instances and asyncio.get_running_loop().time() < deadline:
            await asyncio.sleep(0.01)

    async def stop(self, instance: str) -> None:
        self.stopped.append(instance)
        self.end(instance, "stopped", asked=True)

    def subscribe(self, on_change: Callable[[Instance], None]) -> None:
        self._on_change.append(on_change)

    def ready(self, id: str, report: LoadReport = GOOD) -> None:
        if id in self.instances:
            self._change(
                replace(self.instances[id], state=InstanceState.READY, address=Address("127.0.0.1", 1), report=report)
            )

    def loaded(self, id: str, report: LoadReport = GOOD) -> None:
        """It has loaded the app, and is not ready yet."""
        self._change(replace(self.instances[id], report=report))

    def end(self, id: str, why: str, *, asked: bool = False) -> None:
        instance = self.instances.pop(id, None)
        if instance is not None:
            self._tell(replace(instance, state=InstanceState.ENDED, ended=why, asked_to_end=asked))

    def _of(self, revision: Revision) -> Sequence[Instance]:
        return [i for i in self.list(revision.site) if i.revision.number == revision.number]

    def _change(self, instance: Instance) -> None:
        self.instances[instance.id] = instance
        self._tell(instance)

    def _tell(self, instance: Instance) -> None:
        for on_change in self._on_change:
            on_change(instance)


class FakeRoutes:
    """A gateway that notes what it is told."""

    def __init__(self) -> None:
        self.on_waiting: Callable[[SiteName], None] = lambda site: None
        self.states: dict[SiteName, RouteState] = {}
        self.targets: dict[SiteName, list[str]] = {}
        self.busy: dict[str, int] = {}
        self.history: list[list[str]] = []
        self._freed = asyncio.Event()

    def set_site(self, site: SiteName, state: RouteState) -> None:
        self.states[site] = state

    def remove_site(self, site: SiteName) -> None:
        self.states.pop(site, None)

    def set_instances(self, site: SiteName, targets: Sequence[Target]) -> None:
        self.targets[site] = [target.instance_id for target in targets]
        self.history.append(self.targets[site])

    def demand(self, site: SiteName) -> Demand:
        return Demand(per_instance=self.busy)

    async def idle(self, instance_id: str) -> None:
        while self.busy.get(instance_id):
            await self._freed.wait()
            self._freed.clear()

    def finish(self, instance_id: str) -> None:
        self.busy[instance_id] = 0
        self._freed.set()


class World:
    """A fleet with its fakes."""

    def __init__(self, reports: dict[int, LoadReport | None] | None = None) -> None:
        self.placement = FakePlacement(reports)
        self.routes = FakeRoutes()
        self.notes: list[str] = []
        self.fleet = Fleet(self.placement, self.routes, lambda site, text: self.notes.append(text))

    @property
    def targets(self) -> list[str]:
        return self.routes.targets.get(SHOP, [])


async def until(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    """Wait for what a timer brings about."""
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)


async def settle() -> None:
    """Let everything that can run now run."""
    for _ in range(50):
        await asyncio.sleep(0)
