"""Gateway: takes every request to the server and brings it to a function app's instance, or to an API of the server."""

from __future__ import annotations

import asyncio
import resource
from collections.abc import Callable, Sequence

from funchost.http.asgi import Asgi
from funchost.http.connections import ConnectionTable
from funchost.http.limits import ClientLimits
from funchost.http.open_files import ENOUGH, raise_open_file_limit
from funchost.http.tls import TlsOptions
from funchost.platform.gateway.entrance import Entrance, MainEntrance, Room, SiteEntrance, Visitors
from funchost.platform.gateway.host_names import LOCALHOST, HostNames
from funchost.platform.gateway.limits import GatewayLimits
from funchost.platform.gateway.pool import InstancePool
from funchost.platform.gateway.route import SiteRoute
from funchost.platform.gateway.target import Demand as Demand
from funchost.platform.gateway.target import RouteState as RouteState
from funchost.platform.gateway.target import Target as Target
from funchost.platform.gateway.trusted_proxies import TrustedProxies
from funchost.platform.site import SiteName

SWEEP_SECONDS = 10.0
STOP_SECONDS = 1.0
"""How long cancelled requests of the server's own apps may take to end."""


class Gateway:
    """Routes requests. Everything is called in the event loop that it is made in.

    Args:
        management: app for requests whose Host header names no site.
        scm: app for requests to ``<label>.scm.<domain>``; the scope has the label under SITE_LABEL.
        note: writes a line to the log of a site.
        domains: below which sites have their names.
        trusted_proxies: addresses and networks of proxies whose X-Forwarded-Proto and -Host are passed on.
        client_limits: bounds on every client.
        limits: see GatewayLimits.

    Attributes:
        on_waiting: called when a request waits because its site has no instance.
    """

    def __init__(
        self,
        management: Asgi,
        scm: Asgi,
        note: Callable[[SiteName, str], None],
        *,
        domains: Sequence[str] = (LOCALHOST,),
        trusted_proxies: Sequence[str] = (),
        client_limits: ClientLimits | None = None,
        limits: GatewayLimits | None = None,
    ) -> None:
        self.on_waiting: Callable[[SiteName], None] = lambda _: None
        self._client_limits = client_limits or ClientLimits()
        self._limits = limits or GatewayLimits()
        room = Room(_most_clients(raise_open_file_limit()) if self._limits.clients is None else self._limits.clients)
        proxies = TrustedProxies(trusted_proxies)
        self._visitors = Visitors(self._client_limits, self._limits.discard_seconds, proxies, room)
        self._loop = asyncio.get_running_loop()
        self._names = HostNames(domains)
        self._domain = domains[0]
        self._management = ConnectionTable(management, self._client_limits)
        self._scm = ConnectionTable(scm, self._client_limits)
        self._note = note
        self._routes: dict[str, SiteRoute] = {}
        self._pools: dict[str, InstancePool] = {}
        """By instance, also removed ones with requests in flight."""
        self._main: list[Entrance] = []
        self._of_sites: dict[SiteName, Entrance] = {}
        self._sweeping: asyncio.TimerHandle | None = None

    # Sites

    def set_site(self, site: SiteName, state: RouteState) -> None:
        """Make a site known, or change its state."""
        self._route(site).set_state(state)

    def remove_site(self, site: SiteName) -> None:
        """Forget a site: requests to it are answered 404 from now on, also those that wait; others go on."""
        route = self._routes.pop(site.label, None)
        if route is not None:
            self._set_pools(route, ())
            route.set_state(None)
            route.close()

    def set_instances(self, site: SiteName, targets: Sequence[Target]) -> None:
        """Say which instances get a site's requests from now on. Requests in flight elsewhere go on."""
        route = self._route(site)
        pools = []
        for target in targets:
            pool = self._pools.get(target.instance_id)
            if pool is None or pool.target != target:
                pool = self._pools[target.instance_id] = InstancePool(target, self._limits, self._loop)
            pool.removed = False
            pools.append(pool)
        self._set_pools(route, pools)

    async def idle(self, instance_id: str) -> None:
        """Wait until no request is in flight at an instance."""
        pool = self._pools.get(instance_id)
        if pool is not None:
            await pool.idle()

    def demand(self, site: SiteName) -> Demand:
        """Return what a site is asked for; zeros for one that is not known."""
        route = self._routes.get(site.label)
        return Demand() if route is None else route.demand()

    def _route(self, site: SiteName) -> SiteRoute:
        route = self._routes.get(site.label)
        if route is None:
            route = SiteRoute(site, self._limits, self._loop, lambda site: self.on_waiting(site), self._note)
            self._routes[site.label] = route
        return route

    def _set_pools(self, route: SiteRoute, pools: Sequence[InstancePool]) -> None:
        old = route.pools
        route.set_pools(pools)
        for pool in old:
            if pool not in pools:
                pool.remove()
                self._forget_if_idle(pool)

    def _forget_if_idle(self, pool: InstancePool) -> None:
        instance = pool.target.instance_id
        if pool.removed and not pool.in_flight and self._pools.get(instance) is pool:
            del self._pools[instance]

    # Listening

    async def listen(self, address: str, port: int, tls: TlsOptions | None = None, *, accepting: bool = True) -> int:
        """Take requests to all sites and to the server's own APIs; may be called for several addresses.

        Args:
            address: IP address.
            port: 0 = any free one.
            tls: certificate to serve HTTPS with, None = HTTP.
            accepting: False = clients can connect, and wait until `accept` is called.

        Returns:
            The port.

        Raises:
            PortInUseError: another process listens there.
            FuncHostError: the address is none of this machine, the port is not allowed, or the certificate is wrong.
        """
        entrance = MainEntrance(self._visitors, self._names, self._routes, self._management, self._scm)
        await entrance.bind(address, port, tls)
        self._main.append(entrance)
        if accepting:
            await self.accept()
        return entrance.port

    async def accept(self) -> None:
        """Answer those who wait at ports that have not been accepting; idempotent."""
        self._start()
        for entrance in self._main:
            await entrance.accept()

    async def listen_site(
        self, site: SiteName, port: int, address: str = "127.0.0.1", tls: TlsOptions | None = None
    ) -> int:
        """Take requests to one site, whatever their Host header; arguments and errors as for `listen`."""
        await self.close_site_port(site)
        entrance = SiteEntrance(self._visitors, self._routes, site, self._domain)
        await entrance.bind(address, port, tls)
        self._of_sites[site] = entrance
        self._start()
        await entrance.accept()
        return entrance.port

    async def close_site_port(self, site: SiteName) -> None:
        """Give a site's port back; requests in flight are answered. A site without a port is no error."""
        entrance = self._of_sites.pop(site, None)
        if entrance is not None:
            entrance.shut()

    async def drain(self, timeout: float) -> None:
        """Take no more clients, and wait until requests in flight are answered.

        Args:
            timeout: seconds to wait at most; what is still running then goes on until `close`.
        """
        entrances = self._entrances()
        for entrance in entrances:
            entrance.shut()
        waits = [asyncio.ensure_future(entrance.emptied()) for entrance in entrances]
        if waits:
            _, late = await asyncio.wait(waits, timeout=timeout)
            for wait in late:
                wait.cancel()

    async def close(self) -> None:
        """Cut off what is left and end; idempotent."""
        if self._sweeping is not None:
            self._sweeping.cancel()
            self._sweeping = None
        for entrance in self._entrances():
            entrance.close()
        self._main.clear()
        self._of_sites.clear()
        for route in self._routes.values():
            route.close()
        for pool in list(self._pools.values()):
            pool.close()
        running = [*self._management.running, *self._scm.running]
        tasks = [task for work in running if (task := work.cancel()) is not None]
        if tasks:
            await asyncio.wait(tasks, timeout=STOP_SECONDS)

    def _entrances(self) -> list[Entrance]:
        return [*self._main, *self._of_sites.values()]

    def _start(self) -> None:
        if self._sweeping is None:
            self._sweep()

    def _sweep(self) -> None:
        for pool in list(self._pools.values()):
            pool.sweep()
            self._forget_if_idle(pool)
        self._sweeping = self._loop.call_later(SWEEP_SECONDS, self._sweep)


def _most_clients(open_files: int) -> int:
    return (ENOUGH if open_files == resource.RLIM_INFINITY else open_files) * 2 // 5
