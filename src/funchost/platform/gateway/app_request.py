"""AppRequest: one request that an ASGI app of the server itself answers: the management API, the SCM API.

The gateway finds out where each request of a connection ends, so requests to apps and to sites may follow each other
on one connection; each of them gets here as if it had a connection of its own.
"""

from __future__ import annotations

import asyncio
from typing import Protocol

from funchost.http.connections import ConnectionTable
from funchost.http.protocol import ClientConnection

SITE_LABEL = "funchost.site_label"
"""Scope key: label of the site that the Host header names; empty for the management API."""


class Owner(Protocol):
    """The client's connection."""

    transport: asyncio.Transport

    @property
    def loop(self) -> asyncio.AbstractEventLoop: ...

    def work_ended(self, *, keep_alive: bool) -> None:
        """The answer is complete."""


class _OneRequest(ClientConnection):
    """Tells when its request is answered."""

    def __init__(self, table: ConnectionTable, owner: Owner) -> None:
        super().__init__(table, owner.loop)
        self._owner = owner

    def exchange_ended(self) -> None:
        super().exchange_ended()
        self._owner.work_ended(keep_alive=True)


class AppRequest:
    """A request to an ASGI app.

    Args:
        table: of the app.
        owner: the client's connection.
        label: of the site that the Host header names.
    """

    __slots__ = ("_connection",)

    def __init__(self, table: ConnectionTable, owner: Owner, label: str) -> None:
        table.set_date()
        self._connection = _OneRequest(table, owner)
        self._connection.connection_made(owner.transport)
        self._connection.add_to_scope(SITE_LABEL, label)

    owes_continue = True
    """How slowly the body comes is looked after by the app's connection."""

    @property
    def started(self) -> bool:
        """Whether the client has got a part of the answer."""
        return self._connection.answering

    def body(self, piece: bytes) -> None:
        """Take more of the request, head or body, as it came."""
        self._connection.data_received(piece)

    def end(self) -> None:
        """The request is answered, or the client gone."""
        self._connection.connection_lost(None)

    client_lost = end

    def pause(self) -> None:
        self._connection.pause_writing()

    def resume(self) -> None:
        self._connection.resume_writing()
