"""TrustedProxies: proxies of the server's own, which say truly what their clients asked for."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_address, ip_network

from funchost.errors import UsageError


class TrustedProxies:
    """Addresses that requests from own proxies come from.

    Args:
        places: addresses and networks: ``127.0.0.1``, ``10.0.0.0/8``, ``::1``.

    Raises:
        UsageError: one of them is neither.
    """

    def __init__(self, places: Iterable[str] = ()) -> None:
        try:
            self._networks = tuple(ip_network(place.strip()) for place in places)
        except ValueError as error:
            raise UsageError(
                f"A trusted proxy is named by its address: {error}.", hint="Write 127.0.0.1, or 10.0.0.0/8."
            ) from None

    def __contains__(self, address: str) -> bool:
        """Return whether an IP address is one of them."""
        if not self._networks:
            return False
        one = ip_address(address.partition("%")[0])
        return any(one in network for network in self._networks)
