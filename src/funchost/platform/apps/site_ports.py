"""SitePorts: a TCP port for each site that always means that site."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import NamedTuple, Protocol

from funchost.errors import PortInUseError
from funchost.platform.site import SiteName

MAX_ATTEMPTS = 50
"""Ports of others in the range that are passed over."""


class PortRange(NamedTuple):
    """Ports that sites may get.

    Args:
        first: 0 = any free port of the system.
        last: included.
    """

    first: int = 20000
    last: int = 20999


class PortListener(Protocol):
    """The gateway, as far as it listens for single sites."""

    async def listen_site(self, site: SiteName, port: int) -> int:
        """Raises: PortInUseError: another program has the port."""
        ...

    async def close_site_port(self, site: SiteName) -> None: ...


class SitePorts:
    """Opens and closes the ports of sites.

    Args:
        listener: the gateway.
        range: see PortRange.
    """

    def __init__(self, listener: PortListener, range: PortRange) -> None:
        self._listener = listener
        self._range = range

    async def open(self, site: SiteName, wanted: int | None, taken: Collection[int]) -> int | None:
        """Listen for a site.

        Args:
            wanted: port that it had before, None = none.
            taken: ports of other sites.

        Returns:
            The port, None if none is free.
        """
        for port in candidates(self._range, wanted, taken):
            try:
                return await self._listener.listen_site(site, port)
            except PortInUseError:
                continue
        return None

    async def close(self, site: SiteName) -> None:
        await self._listener.close_site_port(site)


def candidates(range_: PortRange, wanted: int | None, taken: Collection[int]) -> Iterator[int]:
    """Yield the ports to try, best first: the one from before, then the lowest that no other site has."""
    tried = 0
    if wanted is not None and wanted not in taken:
        yield wanted
    if range_.first == 0:
        yield 0
        return
    for port in range(range_.first, range_.last + 1):
        if port in taken or port == wanted:
            continue
        yield port
        tried += 1
        if tried == MAX_ATTEMPTS:
            return
