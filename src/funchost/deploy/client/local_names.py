"""Names below .localhost, which few systems resolve (RFC 6761 leaves them to the client)."""

from __future__ import annotations

import ipaddress
import socket
from urllib.parse import urlsplit

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

LOOPBACK = "127.0.0.1"


def is_local_name(host: str) -> bool:
    """Return whether `host` is ``localhost`` or a name below it."""
    name = host.rstrip(".").lower()
    return name == "localhost" or name.endswith(".localhost")


def is_this_machine(host: str) -> bool:
    """Return whether `host` is a loopback address or a name that means one."""
    try:
        return is_local_name(host) or ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def address_of_local_names(management_url: str | None) -> str:
    """Return what names below .localhost mean: the machine that the server's management calls go to.

    A server in a container or behind a tunnel calls itself by such names too.
    """
    host = urlsplit(management_url).hostname if management_url else None
    return LOOPBACK if host is None or is_local_name(host) else host


class LocalNames(AbstractResolver):
    """Resolves names below .localhost to one machine, and all others as the system does.

    Args:
        address: host name or address that local names mean.
    """

    def __init__(self, address: str) -> None:
        self._address = address
        self._system = ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        if not is_local_name(host):
            return await self._system.resolve(host, port, family)
        found = await self._system.resolve(self._address, port, family)
        # TLS must go on asking for the name itself.
        return [{**result, "hostname": host} for result in found]

    async def close(self) -> None:
        await self._system.close()
