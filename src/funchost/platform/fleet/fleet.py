"""Fleet: the instances of all sites. What runs is decided by revisions, how many by the scale controller."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import partial

from funchost.platform.fleet.routes import Routes
from funchost.platform.fleet.site_fleet import SiteFleet
from funchost.platform.gateway.target import RouteState
from funchost.platform.placement.placement import Instance, LoadReport, Placement
from funchost.platform.site import Revision, ScaleLimits, Site, SiteName

REMOVE_SECONDS = 10.0
"""How long the instances of a site that is deleted may finish what they do."""

Note = Callable[[SiteName, str], None]


class Fleet:
    """Keeps the instances of each site at the number that is wanted, and replaces them by those of a new revision.

    Args:
        placement: where they run.
        routes: the gateway.
        note: writes a line into a site's log.
    """

    def __init__(self, placement: Placement, routes: Routes, note: Note) -> None:
        self._placement = placement
        self._routes = routes
        self._note = note
        self._sites: dict[SiteName, SiteFleet] = {}
        placement.subscribe(self._on_change)
        routes.on_waiting = self._on_waiting

    def register(self, site: Site) -> None:
        """Let the gateway know a site: it has nothing to run yet, or is stopped."""
        self._routes.set_site(site.name, RouteState.EMPTY if site.running else RouteState.STOPPED)
        self._site(site.name).limits = site.scale

    async def adopt(self, revision: Revision) -> None:
        """Serve a revision that was verified before; its instances start when they are needed, others leave."""
        fleet = self._site(revision.site)
        fleet.flip(revision)
        await fleet.take_over()

    async def prepare(self, revision: Revision) -> LoadReport:
        """Load a revision in instances that take no requests and no messages yet; as many as serve now.

        Returns:
            What was loaded, without errors.

        Raises:
            RefusedError: the app does not load, or has no functions (``AppNotLoadable``); its instances are ended.
            FuncHostError: an instance cannot be started.
        """
        return await self._site(revision.site).prepare(revision)

    async def switch(self, revisions: Sequence[Revision]) -> None:
        """Serve prepared revisions from now on, all at the same moment; the instances before them finish and end."""
        fleets = [self._site(revision.site) for revision in revisions]
        for fleet, revision in zip(fleets, revisions, strict=True):
            fleet.flip(revision)
        for fleet in fleets:
            await fleet.take_over()

    async def abandon(self, revision: Revision) -> None:
        """End the instances of a prepared revision that is not wanted."""
        await self._site(revision.site).abandon(revision)

    async def retire(self, site: SiteName) -> None:
        """End all instances of a site after what they do; requests are answered that the app is stopped."""
        self._routes.set_site(site, RouteState.STOPPED)
        await self._site(site).retire()

    async def remove(self, site: SiteName, timeout: float = REMOVE_SECONDS) -> None:
        """Forget a site; its instances end, also those that had longer than `timeout` seconds before."""
        self._routes.remove_site(site)
        fleet = self._sites.pop(site, None)
        if fleet is not None:
            await fleet.retire(timeout)
            await fleet.close()

    def instances(self, site: SiteName) -> Sequence[Instance]:
        return self._placement.list(site)

    def report(self, site: SiteName) -> LoadReport | None:
        """Return what was loaded last, None while that is not known."""
        fleet = self._sites.get(site)
        return None if fleet is None else fleet.report

    def set_limits(self, site: SiteName, limits: ScaleLimits) -> None:
        fleet = self._site(site)
        fleet.limits = limits
        if fleet.current is not None:
            fleet.want(min(max(fleet.desired, limits.minimum), limits.maximum))

    def serving(self) -> Sequence[SiteFleet]:
        """Return the fleets of the sites that have a revision."""
        return [fleet for fleet in self._sites.values() if fleet.current is not None]

    async def close(self, timeout: float) -> None:
        """Drain everything for at most `timeout` seconds, then end it."""
        fleets = list(self._sites.values())
        try:
            async with asyncio.timeout(timeout):
                await asyncio.gather(*(fleet.retire(timeout) for fleet in fleets))
        except TimeoutError:
            pass  # what is left ends now
        await asyncio.gather(*(self._placement.stop(instance.id) for instance in self._placement.list()))
        await asyncio.gather(*(fleet.close() for fleet in fleets))

    def _site(self, name: SiteName) -> SiteFleet:
        fleet = self._sites.get(name)
        if fleet is None:
            fleet = SiteFleet(name, self._placement, self._routes, partial(self._note, name))
            self._sites[name] = fleet
        return fleet

    def _on_change(self, instance: Instance) -> None:
        fleet = self._sites.get(instance.revision.site)
        if fleet is not None:
            fleet.on_change(instance)

    def _on_waiting(self, site: SiteName) -> None:
        fleet = self._sites.get(site)
        if fleet is not None and fleet.current is not None and fleet.limits.maximum > 0:
            fleet.want(max(fleet.desired, 1))
