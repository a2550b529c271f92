"""Calls as tests make them."""

from __future__ import annotations

import base64

from funchost.storage.endpoints import DEVELOPMENT_ACCOUNT, DEVELOPMENT_KEY
from funchost.storage.server.call import Call
from funchost.storage.server.exchange import ServiceName
from funchost.storage.server.target import read_query, read_target

KEY = base64.b64decode(DEVELOPMENT_KEY)
NOW = 1_790_000_000.0
"""September 2026."""


def make_call(
    service: ServiceName,
    target: str,
    *,
    method: str = "GET",
    headers: dict[str, str] | None = None,
    scheme: str = "http",
    client: str = "127.0.0.1",
) -> Call:
    """A call of the development account; `target` is the path below it, and the query string."""
    path, _, query = f"/{DEVELOPMENT_ACCOUNT}/{target}".partition("?")
    raw = query.encode()
    parsed = read_target(service, "127.0.0.1:1", path.encode())
    return Call(service, method, parsed, path, raw, read_query(raw), headers or {}, scheme, client)
