"""HttpServer: listens, and runs one ASGI app for all connections inside the running event loop."""

from __future__ import annotations

import asyncio
import socket
import ssl
import time

from funchost.http.asgi import Asgi
from funchost.http.connections import ConnectionTable
from funchost.http.limits import ClientLimits
from funchost.http.listening_socket import BACKLOG, listening_socket
from funchost.http.open_files import raise_open_file_limit
from funchost.http.protocol import CasedConnection, ClientConnection
from funchost.http.tls import TlsOptions

TLS_HANDSHAKE_SECONDS = 30.0
STOP_SECONDS = 1.0
"""How long cancelled requests may take to end."""


class HttpServer:
    """Listens on one address and port. Use: `bind`, `start`, and at the end `drain` and `stop`.

    Args:
        app: ASGI app for ``http`` scopes. It answers its own errors; one that escapes is told to the loop's exception
            handler and answered 500.
        address: IP address.
        port: TCP port, 0 = any free one.
        tls: certificate to serve HTTPS with, None = HTTP.
        limits: bounds on clients.
        metadata_case: keep the case of metadata headers' names, which the storage services' front needs.
    """

    def __init__(
        self,
        app: Asgi,
        address: str,
        port: int,
        tls: TlsOptions | None = None,
        limits: ClientLimits | None = None,
        *,
        metadata_case: bool = False,
    ) -> None:
        self._address = address
        self._port = port
        self._tls = tls
        self._socket: socket.socket | None = None
        self._context: ssl.SSLContext | None = None
        self._server: asyncio.AbstractServer | None = None
        self._table = ConnectionTable(app, limits or ClientLimits())
        self._clock: asyncio.Task[None] | None = None
        self._connection = CasedConnection if metadata_case else ClientConnection

    @property
    def port(self) -> int:
        """The real port once `bind` has run."""
        return self._port

    @property
    def connections(self) -> int:
        """How many clients are connected."""
        return len(self._table.clients)

    def bind(self) -> socket.socket:
        """Read the certificate and take the port; clients that connect from now on wait for `start`.

        Returns:
            The listening socket; the server closes it.

        Raises:
            PortInUseError: another process listens there.
            FuncHostError: the address is none of this machine, the port is not allowed, or the certificate is wrong.
        """
        if self._tls is not None:
            from funchost.http.certificates import server_context  # only HTTPS pays for it

            self._context = server_context(self._tls)
        listener = listening_socket(self._address, self._port)
        self._socket = listener
        self._port = listener.getsockname()[1]
        return listener

    async def start(self) -> None:
        """Begin to serve; returns at once."""
        listener = self._socket or self.bind()
        raise_open_file_limit()
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: self._connection(self._table, loop),
            sock=listener,
            ssl=self._context,
            ssl_handshake_timeout=TLS_HANDSHAKE_SECONDS if self._context else None,
            backlog=BACKLOG,
        )
        self._clock = asyncio.create_task(self._keep_date(), name="http date")

    async def drain(self, timeout: float) -> None:
        """Take no more connections, close idle ones, and wait until requests in flight are answered.

        Args:
            timeout: seconds to wait at most; what is still running then goes on until `stop`.
        """
        self._close_listener()
        for connection in list(self._table.clients):
            connection.shutdown()
        self._table.emptied.clear()
        if self._table.clients:
            try:
                await asyncio.wait_for(self._table.emptied.wait(), timeout)
            except TimeoutError:
                return

    async def stop(self) -> None:
        """Cut off what is left and end; idempotent."""
        self._close_listener()
        if self._clock is not None:
            self._clock.cancel()
            self._clock = None
        for connection in list(self._table.clients):
            connection.transport.abort()
        tasks = [task for work in list(self._table.running) if (task := work.cancel()) is not None]
        if tasks:
            await asyncio.wait(tasks, timeout=STOP_SECONDS)

    def _close_listener(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    async def _keep_date(self) -> None:
        while True:
            await asyncio.sleep(1.0 - time.time() % 1.0)
            self._table.set_date()
