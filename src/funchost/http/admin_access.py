"""Who may use the admin API."""

from __future__ import annotations

from urllib.parse import urlsplit

from funchost.http.asgi import RawHeaders, Scope
from funchost.http.auth import presented_key
from funchost.http.endpoint import AuthLevel
from funchost.http.extra_headers import host_name
from funchost.http.keys import KeyStore
from funchost.http.local_caller import is_loopback_client, is_loopback_name

ALLOWED = 200
_FORWARDED = frozenset({b"forwarded", b"x-forwarded-for", b"x-forwarded-host", b"x-real-ip"})
"""Headers of proxies and tunnels: their caller may be anybody, whatever Host they were told to send."""


async def admin_access(scope: Scope, keys: KeyStore, *, enforce_keys: bool) -> int:
    """Return 200 if the caller may use the admin API, else the status to refuse with.

    The master key always opens it. Where keys are enforced, nothing else does: 401 without a key or with one that
    nobody knows, 403 with another valid key. On a development host a call without the master key must come from this
    machine and must not be a web page's, else 403: a page must not run functions, neither directly (Origin,
    Sec-Fetch-Site) nor by resolving its own name to this machine (Host); and what a tunnel passes on is not local.
    """
    key = presented_key(scope)
    level = AuthLevel.ANONYMOUS if key is None else await keys.level_of(key)
    if level is AuthLevel.ADMIN:
        return ALLOWED
    if enforce_keys:
        await keys.host_keys()  # whoever is asked for a key must be able to find one in the key files
        return 401 if level is AuthLevel.ANONYMOUS else 403
    return ALLOWED if is_developer(scope) else 403


def is_developer(scope: Scope) -> bool:
    """Return whether a call comes from a program on this machine, or from a page that this machine serves itself."""
    headers: RawHeaders = scope["headers"]
    if not (is_loopback_client(scope) and is_loopback_name(host_name(headers))):
        return False
    for name, value in headers:
        if name == b"origin" and not _is_loopback_origin(value):
            return False
        if name == b"sec-fetch-site" and value.strip().lower() == b"cross-site":
            return False
        if name in _FORWARDED:
            return False
    return True


def _is_loopback_origin(origin: bytes) -> bool:
    """Return False for other sites and for ``null``, the origin of sandboxed frames."""
    try:
        host = urlsplit(origin.decode("latin-1").strip()).hostname
    except ValueError:
        return False
    return host is not None and is_loopback_name(host)
