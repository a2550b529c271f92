"""Whether a request comes from this machine. That it is no web page's either is admin_access.py's to say."""

from __future__ import annotations

from ipaddress import ip_address

from funchost.http.asgi import Scope


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
