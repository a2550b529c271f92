"""Call: a request before it is authenticated."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from funchost.storage.server.exchange import ServiceName
from funchost.storage.server.target import Target


class Call(NamedTuple):
    """One request as its head says it is.

    Args:
        raw_path: the whole path as it was sent.
        raw_query: the query string as it was sent.
        scheme: ``http`` or ``https``.
        client: the caller's IP address, empty if it is not known.
    """

    service: ServiceName
    method: str
    target: Target
    raw_path: str
    raw_query: bytes
    query: Mapping[str, str]
    headers: Mapping[str, str]
    scheme: str
    client: str
