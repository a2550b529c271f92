"""Entrances: ports that the gateway listens on, and whom a request that comes in there is for."""

from __future__ import annotations

import asyncio
import socket
import ssl
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import NamedTuple

from funchost.http.connections import ConnectionTable
from funchost.http.limits import ClientLimits
from funchost.http.listening_socket import BACKLOG, listening_socket
from funchost.http.server import TLS_HANDSHAKE_SECONDS
from funchost.http.tls import TlsOptions
from funchost.platform.gateway.client import GatewayConnection
from funchost.platform.gateway.host_names import HostNames, Service
from funchost.platform.gateway.request_head import BadHeadError, RequestHead
from funchost.platform.gateway.route import SiteRoute
from funchost.platform.gateway.trusted_proxies import TrustedProxies
from funchost.platform.site import SiteName


class Room:
    """How many more clients may connect, at all ports together.

    Args:
        left: so many.
    """

    def __init__(self, left: int) -> None:
        self.left = left


class Visitors(NamedTuple):
    """What all entrances of a gateway have in common.

    Args:
        limits: bounds on each client.
        discard_seconds: see GatewayLimits.
        proxies: see TrustedProxies.
        room: see Room.
    """

    limits: ClientLimits
    discard_seconds: float
    proxies: TrustedProxies
    room: Room


class Entrance(ABC):
    """One listening port.

    Args:
        visitors: see Visitors.
    """

    def __init__(self, visitors: Visitors) -> None:
        self.limits = visitors.limits
        self.discard_seconds = visitors.discard_seconds
        self._proxies = visitors.proxies
        self._room = visitors.room
        self.loop = asyncio.get_running_loop()
        self.port = 0
        self._clients: set[GatewayConnection] = set()
        self._context: ssl.SSLContext | None = None
        self._socket: socket.socket | None = None
        """Between `bind` and `accept`."""
        self._server: asyncio.AbstractServer | None = None
        self._emptied = asyncio.Event()
        self._emptied.set()

    @abstractmethod
    def find(self, head: RequestHead) -> SiteRoute | tuple[ConnectionTable, str] | None:
        """Return whom a request is for: a site, or an app with a site's label; None = a site that is not there.

        Raises:
            BadHeadError: the Host header is none.
        """

    @abstractmethod
    def host(self) -> bytes:
        """Return the Host header for requests without one."""

    async def bind(self, address: str, port: int, tls: TlsOptions | None) -> None:
        """Take the port: clients can connect. Raises what `listening_socket` and `server_context` raise."""
        if tls is not None:
            from funchost.http.certificates import server_context  # only HTTPS pays for it

            self._context = await asyncio.to_thread(server_context, tls)
        self._socket = listening_socket(address, port)
        self.port = self._socket.getsockname()[1]

    async def accept(self) -> None:
        """Begin to answer clients; idempotent."""
        listener, self._socket = self._socket, None
        if listener is not None:
            self._server = await self.loop.create_server(
                lambda: GatewayConnection(self),
                sock=listener,
                ssl=self._context,
                ssl_handshake_timeout=TLS_HANDSHAKE_SECONDS if self._context else None,
                backlog=BACKLOG,
            )

    def trusts(self, address: str) -> bool:
        """Return whether an address is one of the server's own proxies."""
        return address in self._proxies

    def add(self, client: GatewayConnection) -> bool:
        """Take a client in; False = there are too many already."""
        self._clients.add(client)
        self._emptied.clear()
        self._room.left -= 1
        return self._room.left >= 0

    def remove(self, client: GatewayConnection) -> None:
        self._clients.discard(client)
        self._room.left += 1
        if not self._clients:
            self._emptied.set()

    def shut(self) -> None:
        """Take no more clients; those that are here go when their requests are answered."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        if self._server is not None:
            self._server.close()
            self._server = None
        for client in list(self._clients):
            client.shutdown()

    async def emptied(self) -> None:
        """Wait until all clients have gone."""
        await self._emptied.wait()

    def close(self) -> None:
        """Cut all clients off."""
        self.shut()
        for client in list(self._clients):
            client.transport.abort()


class MainEntrance(Entrance):
    """The port where the Host header decides.

    Args:
        visitors: see Visitors.
        names: what it decides by.
        routes: sites by label.
        management: the management API.
        scm: the SCM API.
    """

    def __init__(
        self,
        visitors: Visitors,
        names: HostNames,
        routes: Mapping[str, SiteRoute],
        management: ConnectionTable,
        scm: ConnectionTable,
    ) -> None:
        super().__init__(visitors)
        self._names = names
        self._routes = routes
        self._apps = {Service.MANAGEMENT: management, Service.SCM: scm}

    def find(self, head: RequestHead) -> SiteRoute | tuple[ConnectionTable, str] | None:
        destination = self._names.destination(head.host or b"")
        if destination is None:
            raise BadHeadError(400)
        if destination.service is Service.SITE:
            return self._routes.get(destination.label)
        return self._apps[destination.service], destination.label

    def host(self) -> bytes:
        return b"localhost:%d" % self.port


class SiteEntrance(Entrance):
    """The port of one site.

    Args:
        visitors: see Visitors.
        routes: sites by label.
        site: whose port it is.
        domain: below which the site has its name.
    """

    def __init__(self, visitors: Visitors, routes: Mapping[str, SiteRoute], site: SiteName, domain: str) -> None:
        super().__init__(visitors)
        self._routes = routes
        self._label = site.label
        self._domain = domain

    def find(self, head: RequestHead) -> SiteRoute | tuple[ConnectionTable, str] | None:
        return self._routes.get(self._label)

    def host(self) -> bytes:
        return f"{self._label}.{self._domain}:{self.port}".encode("ascii")
