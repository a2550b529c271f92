"""Access: who may make a management or SCM call. Decisions only; comparing takes the same time right or wrong."""

from __future__ import annotations

import base64
import binascii
from hmac import compare_digest
from typing import NamedTuple
from urllib.parse import urlsplit

from funchost.http.asgi import Scope
from funchost.platform.api.addresses import HostHeader
from funchost.platform.api.request import header

MAX_CREDENTIAL = 4096
"""Longest Authorization header that is looked at, characters."""


class Presented(NamedTuple):
    """A credential as it came.

    Args:
        user: of Basic, None for Bearer.
        secret: the token or password.
    """

    user: str | None
    secret: str

    def __repr__(self) -> str:
        return f"Presented(user={self.user!r})"


def presented(scope: Scope) -> Presented | None:
    """Return the credential of a call, None if there is none that can be read."""
    scheme, _, value = header(scope, b"authorization").partition(" ")
    value = value.strip()
    if not value or len(value) > MAX_CREDENTIAL:
        return None
    if scheme.lower() == "bearer":
        return Presented(None, value)
    if scheme.lower() != "basic":
        return None
    try:
        user, colon, password = base64.b64decode(value, validate=True).decode("utf-8").partition(":")
    except (binascii.Error, ValueError):
        return None
    return Presented(user, password) if colon else None


def same(given: str, expected: str) -> bool:
    """Compare in constant time; an empty expectation is never met."""
    return compare_digest(given.encode("utf-8", "replace"), expected.encode("utf-8", "replace")) and expected != ""


def is_foreign_page(scope: Scope, host: HostHeader) -> bool:
    """Return whether a call comes from a web page that this server has not served itself."""
    if header(scope, b"sec-fetch-site").lower() in ("cross-site", "same-site"):
        return True
    origin = header(scope, b"origin")
    if not origin:
        return False
    try:
        parts = urlsplit(origin)
        port = parts.port
    except ValueError:
        return True
    return parts.scheme != scope["scheme"] or parts.hostname != host.name or port != host.port
