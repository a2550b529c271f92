"""ASGI's three types. Events are dictionaries by that standard; they stay inside this folder."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Asgi = Callable[[Scope, Receive, Send], Awaitable[None]]

RawHeaders = list[tuple[bytes, bytes]]
"""Header names (lower-case in requests) and values as they stand on the wire."""

CONNECTION = "funchost.connection"
"""Scope key under which the server leaves the transport, so that the front sees whether the client is still there."""
