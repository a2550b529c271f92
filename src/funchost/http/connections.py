"""ConnectionTable: what all connections of a server share."""

from __future__ import annotations

import asyncio
import time
from email.utils import formatdate
from typing import Protocol

from funchost.http.asgi import Asgi
from funchost.http.limits import ClientLimits


class Client(Protocol):
    """A connection, seen from the server."""

    transport: asyncio.Transport

    def shutdown(self) -> None:
        """Close when what is in flight has been answered."""


class Work(Protocol):
    """A request that the app works on, seen from the server."""

    def cancel(self) -> asyncio.Task[None] | None:
        """Cancel the app; returns its task, None if it has not been started."""


class ConnectionTable:
    """The connections of one server.

    Args:
        app: answers all requests.
        limits: bounds on every client.

    Attributes:
        clients: who is connected.
        running: requests that the app works on.
        emptied: set when the last connection has gone.
        date_line: the Date header of answers.
    """

    def __init__(self, app: Asgi, limits: ClientLimits) -> None:
        self.app = app
        self.limits = limits
        self.clients: set[Client] = set()
        self.running: set[Work] = set()
        self.emptied = asyncio.Event()
        self.date_line = b""
        self.set_date()

    def add(self, client: Client) -> None:
        self.clients.add(client)

    def remove(self, client: Client) -> None:
        self.clients.discard(client)
        if not self.clients:
            self.emptied.set()

    def set_date(self) -> None:
        """Bring the Date header up to now; to be called every second."""
        self.date_line = f"date: {formatdate(time.time(), usegmt=True)}\r\n".encode("ascii")
