"""ScaleController: looks at every site once a second and tells the fleet how many instances it should have."""

from __future__ import annotations

import asyncio
import math
import time
import traceback
from collections.abc import Callable
from typing import Protocol

from funchost.platform.fleet.fleet import Fleet
from funchost.platform.fleet.site_fleet import SiteFleet
from funchost.platform.gateway.target import Demand
from funchost.platform.placement.instance_environment import host_id
from funchost.platform.placement.placement import InstanceState
from funchost.platform.scale.queue_sampler import QueueSampler
from funchost.platform.scale.rules import HttpDemand, Sample, ScaleRules, ScaleState, decide
from funchost.platform.scale.workload import Workload, workload
from funchost.platform.site import Revision, SiteName
from funchost.triggers.blob.message import message_queue

INTERVAL = 1.0


class Demands(Protocol):
    """The gateway, seen from here."""

    def demand(self, site: SiteName) -> Demand: ...


class ScaleController:
    """Applies the rules to all sites that serve.

    Args:
        fleet: is told the numbers.
        demands: the gateway.
        queues: looks at queues.
        rules: see ScaleRules.
        note: writes a line into a site's log.
    """

    def __init__(
        self,
        fleet: Fleet,
        demands: Demands,
        queues: QueueSampler,
        rules: ScaleRules,
        note: Callable[[SiteName, str], None],
    ) -> None:
        self._fleet = fleet
        self._demands = demands
        self._queues = queues
        self._rules = rules
        self._note = note
        self._states: dict[SiteName, ScaleState] = {}
        self._workloads: dict[SiteName, tuple[Revision, bool, Workload]] = {}
        self._looks: dict[SiteName, asyncio.Task[None]] = {}
        self._faulty: set[SiteName] = set()
        """Sites whose log tells already that looking at them fails."""

    async def run(self) -> None:
        """Look at the sites until cancelled. A site whose stores are slow or do the unforeseen holds up itself only."""
        try:
            while True:
                fleets = self._fleet.serving()
                self._forget({fleet.site for fleet in fleets})
                for fleet in fleets:
                    if fleet.site not in self._looks:
                        self._begin(fleet)
                await asyncio.sleep(INTERVAL)
        finally:
            looks = list(self._looks.values())
            for look in looks:
                look.cancel()
            await asyncio.gather(*looks, return_exceptions=True)

    def _begin(self, fleet: SiteFleet) -> None:
        look = self._looks[fleet.site] = asyncio.create_task(self._look_at_own_risk(fleet), name=f"scale {fleet.site}")
        look.add_done_callback(lambda _: self._looks.pop(fleet.site))

    async def _look_at_own_risk(self, fleet: SiteFleet) -> None:
        try:
            await self.look(fleet)
        except Exception as error:  # what comes of one site's settings and stores must not end the scaling of others
            if fleet.site not in self._faulty:
                self._faulty.add(fleet.site)
                trace = "".join(traceback.format_exception(error))
                self._note(fleet.site, f"The app is not scaled, through a fault of funchost:\n{trace}")
        else:
            self._faulty.discard(fleet.site)

    async def look(self, fleet: SiteFleet) -> None:
        """Sample one site and apply the rules."""
        revision = fleet.current
        if revision is None:
            return
        work = self._workload(fleet, revision)
        queues = await self._queues.sample(fleet.site, work.queues) if work.queues else ()
        if fleet.current is not revision:
            return
        demand = self._demands.demand(fleet.site)
        now = time.monotonic()
        idle = math.inf if demand.last_request is None else now - demand.last_request
        sample = Sample(
            time=now,
            http=HttpDemand(demand.in_flight, demand.waiting, idle),
            queues=queues,
            executing=sum(i.load.executing for i in fleet.instances() if i.state is InstanceState.READY),
            resident=work.resident,
        )
        current = fleet.desired
        state = self._states.get(fleet.site, ScaleState())
        decision = decide(sample, current, fleet.limits, self._rules, state)
        self._states[fleet.site] = decision.state
        if decision.instances != current:
            self._note(fleet.site, f"Scaling from {current} to {decision.instances} instances: {decision.reason}.")
            fleet.want(decision.instances)

    def _workload(self, fleet: SiteFleet, revision: Revision) -> Workload:
        """Return what the site listens to; worked out once for each revision, and again when it has been loaded."""
        loaded = fleet.report is not None
        known = self._workloads.get(fleet.site)
        if known is not None and known[0] is revision and known[1] is loaded:
            return known[2]
        functions = fleet.report.functions if fleet.report is not None else revision.functions
        found = workload(functions, revision.settings, message_queue(host_id(revision.site)))
        if fleet.report is not None and not functions:
            found = Workload()  # it has been tried, and there is nothing to listen to
        self._workloads[fleet.site] = revision, loaded, found
        return found

    def _forget(self, serving: set[SiteName]) -> None:
        self._faulty &= serving
        for site in self._states.keys() - serving:
            del self._states[site]
            self._workloads.pop(site, None)
            self._queues.forget(site)
