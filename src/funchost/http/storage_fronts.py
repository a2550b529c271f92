"""StorageFronts: the three services of an embedded store on three ports."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping

from funchost.errors import FuncHostError, PortInUseError
from funchost.http.limits import ClientLimits
from funchost.http.server import HttpServer
from funchost.storage.development import ANY_FREE, DevelopmentStorage, connection_string
from funchost.storage.embedded.store import EmbeddedStore
from funchost.storage.endpoints import Service
from funchost.storage.server.exchange import SERVICES
from funchost.storage.server.front import OnFault, StorageFront
from funchost.storage.server.identity import EVERYBODY

LIMITS = ClientLimits(request_line=64 * 1024, header_bytes=64 * 1024, header_count=200)
"""Filters of tables stand in URLs, and metadata in headers: 8 KiB of it in many small ones."""

TAKE_OVER_SECONDS = 1.0
"""How often a host tries to take the ports of one that serves the same store."""


class StorageFronts:
    """Serves a store. Use: `open`, and at the end `close`.

    Args:
        store: open; it outlives the fronts.
        address: IP address to listen on.
        on_fault: see StorageFront.
        use: see StorageFront.
    """

    def __init__(
        self,
        store: EmbeddedStore,
        address: str = "127.0.0.1",
        on_fault: OnFault | None = None,
        *,
        use: str = EVERYBODY,
    ) -> None:
        self._store = store
        self._use = use
        self._address = address
        self._on_fault = on_fault
        self._servers: dict[Service, HttpServer] = {}

    @property
    def ports(self) -> Mapping[Service, int]:
        """The real ports of what is open."""
        return {service: server.port for service, server in self._servers.items()}

    async def open(self, ports: Mapping[Service, int] = ANY_FREE) -> None:
        """Listen on all ports, or on none.

        Args:
            ports: 0 = any free one.

        Raises:
            PortInUseError: another process listens on one of them; the message names it.
            FuncHostError: the address is none of this machine.
        """
        servers: dict[Service, HttpServer] = {}
        for service in SERVICES:
            front = StorageFront(self._store, service, self._on_fault, use=self._use)
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


class StoreKeeper:
    """Serves the development store of a host as was decided, and takes the well-known ports when they come free.

    Use: `start`, and at the end `stop`.

    Args:
        fronts: of the store.
        decision: what to do; not a remote one.
        say: gets a line for the user.
    """

    def __init__(self, fronts: StorageFronts, decision: DevelopmentStorage, say: Callable[[str], None]) -> None:
        self._fronts = fronts
        self._decision = decision
        self._say = say
        self._task: asyncio.Task[None] | None = None
        self.ports: Mapping[Service, int] = decision.ports
        """Where clients of this machine find the store; valid after `start`."""

    @property
    def connection_string(self) -> str:
        """What the app's own clients need in place of ``UseDevelopmentStorage=true``; valid after `start`."""
        return connection_string(self.ports)

    async def start(self) -> None:
        """Serve the store, on the ports that were decided or, if they are taken meanwhile, on free ones.

        Raises:
            FuncHostError: the machine has no port to offer.
        """
        decision = self._decision
        if decision.take_over:
            self._task = asyncio.create_task(self._take_over(), name="storage ports")
            return
        obstacle = decision.obstacle
        try:
            await self._fronts.open(decision.ports)
        except PortInUseError:
            obstacle = "another program has just taken one of them"
            await self._fronts.open()
        self.ports = self._fronts.ports
        if obstacle is not None:
            found = ", ".join(f"{port} ({service})" for service, port in self.ports.items())
            self._say(f"The storage emulator's ports are not free: {obstacle}. This app's store is on ports {found}.")

    async def stop(self) -> None:
        """End; idempotent. The store stays open."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait((task,))
        await self._fronts.close()

    async def _take_over(self) -> None:
        while True:
            # Two hosts that try at the same moment hold up each other: each gets some of the ports.
            await asyncio.sleep(TAKE_OVER_SECONDS * random.uniform(0.5, 1.5))  # noqa: S311
            try:
                await self._fronts.open(self._decision.ports)
            except FuncHostError:
                continue
            ports = ", ".join(str(port) for port in self.ports.values())
            self._say(f"The process that served the store on ports {ports} has ended; this one does now.")
            return
