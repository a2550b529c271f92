"""StorageFronts: the three services of an embedded store on three ports."""

from __future__ import annotations

from collections.abc import Mapping

from funchost.errors import FuncHostError
from funchost.http.limits import ClientLimits
from funchost.http.server import HttpServer
from funchost.storage.embedded.store import EmbeddedStore
from funchost.storage.server.exchange import SERVICES, ServiceName
from funchost.storage.server.front import OnFault, StorageFront

LIMITS = ClientLimits(request_line=64 * 1024, header_bytes=64 * 1024, header_count=200)
"""Filters of tables stand in URLs, and metadata in headers: 8 KiB of it in many small ones."""

ANY_PORTS: Mapping[ServiceName, int] = {"blob": 0, "queue": 0, "table": 0}


class StorageFronts:
    """Serves a store. Use: `open`, and at the end `close`.

    Args:
        store: open; it outlives the fronts.
        address: IP address to listen on.
        on_fault: see StorageFront.
    """

    def __init__(self, store: EmbeddedStore, address: str = "127.0.0.1", on_fault: OnFault | None = None) -> None:
        self._store = store
        self._address = address
        self._on_fault = on_fault
        self._servers: dict[ServiceName, HttpServer] = {}

    @property
    def ports(self) -> Mapping[ServiceName, int]:
        """The real ports of what is open."""
        return {service: server.port for service, server in self._servers.items()}

    async def open(self, ports: Mapping[ServiceName, int] = ANY_PORTS) -> None:
        """Listen on all ports, or on none.

        Args:
            ports: 0 = any free one.

        Raises:
            PortInUseError: another process listens on one of them; the message names it.
            FuncHostError: the address is none of this machine.
        """
        servers: dict[ServiceName, HttpServer] = {}
        for service in SERVICES:
            front = StorageFront(self._store, service, self._on_fault)
            servers[service] = HttpServer(
                front, self._address, ports[service], limits=LIMITS, metadata_case=service != "table"
            )
        try:
            for server in servers.values():
                server.bind()
        except FuncHostError:
            for server in servers.values():
                await server.stop()
            raise
        for server in servers.values():
            await server.start()
        self._servers = servers

    async def close(self, seconds: float = 1.0) -> None:
        """Answer what is in flight for `seconds` at most, then end; idempotent."""
        servers, self._servers = self._servers, {}
        for server in servers.values():
            await server.drain(seconds)
            await server.stop()
