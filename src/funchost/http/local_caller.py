"""Whether a request comes from the developer at this machine, and not from a web page in the developer's browser."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

from funchost.http.asgi import RawHeaders, Scope
from funchost.http.extra_headers import host_name


def is_loopback_name(name: str) -> bool:
    """Return whether a host name can only mean this machine: ``localhost``, names under it, loopback addresses."""
    name = name.lower().rstrip(".")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return False


def is_loopback_client(scope: Scope) -> bool:
    client = scope.get("client")
    return client is not None and is_loopback_name(client[0])


def is_local_tool(scope: Scope) -> bool:
    """Return whether a request without a key may use the admin API of a development host.

    A page of a foreign site betrays itself by its Origin or by Sec-Fetch-Site, one that has rebound its own name to
    this machine by the Host header.
    """
    headers: RawHeaders = scope["headers"]
    if not is_loopback_name(host_name(headers)):
        return False
    own = _own_origin(scope)
    for name, value in headers:
        if name == b"origin" and str(value, "latin-1").lower() != own:
            return False
        if name == b"sec-fetch-site" and value not in (b"same-origin", b"none"):
            return False
    return True


def _own_origin(scope: Scope) -> str:
    host = next((value for name, value in scope["headers"] if name == b"host"), b"").decode("latin-1").lower()
    parts = urlsplit(f"{scope['scheme']}://{host}")
    return f"{parts.scheme}://{parts.netloc}"
