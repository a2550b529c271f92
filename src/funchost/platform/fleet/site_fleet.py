"""SiteFleet: the instances of one site, kept at the number that is wanted."""

from __future__ import annotations

import asyncio
import time
import traceback
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from funchost.errors import FuncHostError, RefusedError
from funchost.platform.fleet.restarts import Restarts
from funchost.platform.fleet.routes import Routes
from funchost.platform.gateway.target import RouteState, Target
from funchost.platform.placement.placement import Instance, InstanceState, LoadReport, Placement
from funchost.platform.site import Revision, ScaleLimits, SiteName

READY_SECONDS = 180.0
"""How long a new version may take to load."""

IDLE_SECONDS = 30.0
"""How long an instance that leaves may still answer requests before it drains, those in flight included."""

DRAIN_SECONDS = 600.0
"""How long an instance that drains may take to finish; the existing platform's limit."""

_LIVING = (InstanceState.STARTING, InstanceState.READY)


class SiteFleet:
    """Instances of one site.

    Args:
        site: whose.
        placement: where they run.
        routes: the gateway.
        note: writes a line into the site's log.
    """

    def __init__(
        self,
        site: SiteName,
        placement: Placement,
        routes: Routes,
        note: Callable[[str], None],
    ) -> None:
        self.site = site
        self.limits = ScaleLimits()
        self.current: Revision | None = None
        self.desired = 0
        self.report: LoadReport | None = None
        self._placement = placement
        self._routes = routes
        self._note = note
        self._restarts = Restarts()
        self._silent: set[str] = set()
        """Instances that were told not to listen yet."""
        self._leaving: set[str] = set()
        """Instances that get nothing new; they are drained when their requests are answered."""
        self._changed = asyncio.Event()
        self._wake = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._keeper: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None

    def instances(self) -> Sequence[Instance]:
        """Return the living instances of all revisions."""
        return self._placement.list(self.site)

    def count(self) -> int:
        """Return how many instances of the current revision there are or are being started."""
        return 0 if self.current is None else len(self._staying(self.current))

    def on_change(self, instance: Instance) -> None:
        """Follow an instance: route to it, note its end, replace it."""
        if instance.state is InstanceState.ENDED:
            self._silent.discard(instance.id)
            self._leaving.discard(instance.id)
            if not instance.asked_to_end:
                self._note(f"Instance {instance.id} ended: {instance.ended}.")
                if self._is_current(instance):
                    self._restarts = self._restarts.after_end(time.monotonic(), time.time() - instance.started)
        elif self._is_current(instance) and instance.report is not None:
            self.report = instance.report
            if instance.state is InstanceState.READY and instance.id in self._silent:
                self._spawn(self._let_listen(instance.id), "listen")
        self._publish()
        self._changed.set()
        self.wake()

    def wake(self) -> None:
        """Have the number of instances looked at."""
        self._wake.set()
        if self._keeper is None:
            self._keeper = asyncio.create_task(self._keep(), name=f"fleet of {self.site}")
            self._keeper.add_done_callback(self._keeper_ended)

    def want(self, count: int) -> None:
        """Set the number of instances to keep."""
        if count != self.desired:
            self.desired = count
            self.wake()

    async def prepare(self, revision: Revision) -> LoadReport:
        """Start instances of a revision beside those that serve; see Fleet.prepare."""
        least = len([i for i in self._staying(self.current) if i.state is InstanceState.READY]) if self.current else 0
        count = min(max(least, revision.scale.minimum, 1), max(revision.scale.maximum, 1))
        try:
            started = await self._placement.ensure(revision, count, listening=False)
            self._silent.update(instance.id for instance in started)
            async with asyncio.timeout(READY_SECONDS):
                report = await self._loaded(revision)
                self._check(report)
                await self._all_ready(revision)
        except TimeoutError:
            await self.abandon(revision)
            raise RefusedError(
                "AppNotLoadable",
                f"The app did not load within {READY_SECONDS:g} s.",
                422,
                hint="Its log shows how far it came; code that runs at import must end.",
            ) from None
        except BaseException:
            await self.abandon(revision)
            raise
        return report

    def flip(self, revision: Revision) -> None:
        """Send new requests to the instances of a prepared revision, from now on."""
        self.current = revision
        self.limits = revision.scale
        staying = self._staying(revision)
        self.report = next((i.report for i in staying if i.report is not None), None)
        self.desired = min(max(len(staying), revision.scale.minimum), revision.scale.maximum)
        self._restarts = Restarts()
        self._routes.set_site(self.site, RouteState.SERVING)
        self._publish()

    async def take_over(self) -> None:
        """Let the instances of the current revision listen, and those of older ones leave."""
        revision = self.current
        if revision is None:
            return
        for instance in self._staying(revision):
            if instance.state is InstanceState.READY and instance.id in self._silent:
                await self._let_listen(instance.id)
        for instance in self.instances():
            if instance.revision.number < revision.number:
                self._leave(instance.id)
        self.wake()

    async def abandon(self, revision: Revision) -> None:
        """End the instances of a revision that was prepared and is not wanted."""
        unwanted = [instance.id for instance in self.instances() if instance.revision.number == revision.number]
        self._silent.difference_update(unwanted)
        await asyncio.gather(*(self._placement.stop(instance) for instance in unwanted))

    async def retire(self, timeout: float = DRAIN_SECONDS) -> None:
        """Let all instances leave, also those that had more time before; returns when they have ended."""
        self.current = None
        self.report = None
        self.desired = 0
        leaving = {instance.id for instance in self.instances()}
        for instance in leaving:
            self._leave(instance, timeout)
        self._publish()
        deadline = time.monotonic() + min(IDLE_SECONDS, timeout) + timeout
        while self._tasks and (left := deadline - time.monotonic()) > 0:
            await asyncio.wait(self._tasks, timeout=left)
        late = [instance.id for instance in self.instances() if instance.id in leaving]
        await asyncio.gather(*(self._placement.stop(instance) for instance in late))
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def close(self) -> None:
        """End the tasks, not the instances."""
        tasks = [*self._tasks, *([self._keeper] if self._keeper else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._timer is not None:
            self._timer.cancel()

    def _is_current(self, instance: Instance) -> bool:
        return self.current is not None and instance.revision.number == self.current.number

    def _staying(self, revision: Revision) -> list[Instance]:
        return [
            instance
            for instance in self.instances()
            if instance.revision.number == revision.number
            and instance.state in _LIVING
            and instance.id not in self._leaving
        ]

    def _publish(self) -> None:
        staying = self._staying(self.current) if self.current is not None else []
        targets = [
            Target(instance.id, instance.address)
            for instance in staying
            if instance.state is InstanceState.READY and instance.address is not None
        ]
        self._routes.set_instances(self.site, targets)

    async def _keep(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            if self.current is not None:
                await self._match(self.current)

    async def _match(self, revision: Revision) -> None:
        staying = self._staying(revision)
        if len(staying) < self.desired:
            await self._start_missing(revision)
        elif len(staying) > self.desired:
            for instance in self._least_busy(staying)[: len(staying) - self.desired]:
                self._leave(instance.id)
            self._publish()

    async def _start_missing(self, revision: Revision) -> None:
        delay = self._restarts.wait(time.monotonic())
        if delay > 0:
            self._wake_in(delay)
            return
        # Those that leave count as living for the placement until they drain.
        leaving = sum(1 for i in self.instances() if i.id in self._leaving and i.state in _LIVING)
        try:
            await self._placement.ensure(revision, self.desired + leaving, listening=True)
        except FuncHostError as error:
            self._try_later(f"No instance can be started: {error}")

    def _keeper_ended(self, task: asyncio.Task[None]) -> None:
        """Without a keeper the site would never have instances again: the next look begins another one."""
        if not task.cancelled() and (error := task.exception()) is not None:
            self._keeper = None
            trace = "".join(traceback.format_exception(error))
            self._try_later(f"The number of instances cannot be kept, through a fault of funchost:\n{trace}")

    def _try_later(self, problem: str) -> None:
        now = time.monotonic()
        self._restarts = self._restarts.after_end(now, 0.0)
        self._note(problem)
        self._wake_in(max(self._restarts.wait(now), 1.0))

    def _least_busy(self, staying: list[Instance]) -> list[Instance]:
        in_flight = self._routes.demand(self.site).per_instance
        return sorted(
            staying,
            key=lambda i: (i.state is InstanceState.READY, in_flight.get(i.id, 0) + i.load.executing, -i.started),
        )

    def _wake_in(self, delay: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(delay, self.wake)

    def _leave(self, instance: str, timeout: float = DRAIN_SECONDS) -> None:
        if instance not in self._leaving:
            self._leaving.add(instance)
            self._spawn(self._drain(instance, timeout), "drain")

    async def _drain(self, instance: str, timeout: float) -> None:
        try:
            async with asyncio.timeout(min(IDLE_SECONDS, timeout)):
                await self._routes.idle(instance)
        except TimeoutError:
            pass  # long requests and streams are finished while it drains
        await self._placement.drain(instance, timeout)

    async def _let_listen(self, instance: str) -> None:
        self._silent.discard(instance)
        await self._placement.listen(instance)

    async def _loaded(self, revision: Revision) -> LoadReport:
        """Raises: RefusedError: an instance ended before it had loaded the app."""
        while True:
            self._changed.clear()
            living = [i for i in self.instances() if i.revision.number == revision.number]
            for instance in living:
                if instance.report is not None:
                    return instance.report
            if not living:
                raise RefusedError(
                    "AppNotLoadable",
                    "The host ended before it had loaded the app.",
                    422,
                    hint="The last lines of the app's log say why.",
                )
            await self._changed.wait()

    async def _all_ready(self, revision: Revision) -> None:
        """Raises: RefusedError: the app has not loaded in one of them, or all have ended."""
        while starting := [i for i in self._staying(revision) if i.state is InstanceState.STARTING]:
            self._changed.clear()
            for instance in starting:
                if instance.report is not None:
                    self._check(instance.report)
            await self._changed.wait()
        if not self._staying(revision):
            raise RefusedError(
                "AppNotLoadable",
                "The host ended before it was ready, after it had loaded the app.",
                422,
                hint="The last lines of the app's log say why.",
            )

    @staticmethod
    def _check(report: LoadReport) -> None:
        if report.errors:
            raise RefusedError("AppNotLoadable", "\n".join(report.errors), 422)
        if not report.functions:
            raise RefusedError(
                "AppNotLoadable",
                "The app has no functions.",
                422,
                hint="Functions are declared in function_app.py, or in folders with a function.json beside host.json.",
            )

    def _spawn(self, work: Coroutine[Any, Any, None], name: str) -> None:
        task = asyncio.create_task(work, name=f"{name} {self.site}")
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._note(f"{task.get_name()} failed: {error!r}")
