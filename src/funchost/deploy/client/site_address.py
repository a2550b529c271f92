"""Under which address a site is reached from this machine."""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit, urlunsplit

from funchost.deploy.client.local_names import address_of_local_names, is_local_name, is_this_machine
from funchost.deploy.client.site_resource import SiteResource, host_url

Resolves = Callable[[str], bool]


def resolves(host: str) -> bool:
    """Return whether this machine finds an address for a host name."""
    try:
        return bool(socket.getaddrinfo(host, None))
    except OSError:
        return False


def site_address(site: SiteResource, management_url: str, finds: Resolves) -> str | None:
    """Return an address of the site that works here: ``http://shop.localhost:7070``, or by the site's own port.

    Names below .localhost work in browsers and in curl everywhere, elsewhere only where the system resolves them; and
    they never lead to another machine.

    Args:
        site: see SiteResource.
        management_url: where its server is.
        finds: tells whether a host name resolves.
    """
    target = address_of_local_names(management_url)
    candidates = list(site.urls) or [host_url(management_url, site.default_host_name)] * bool(site.default_host_name)
    for url in candidates:
        host = urlsplit(url).hostname or ""
        if host.endswith(".localhost") and not (is_this_machine(target) and finds(host)):
            continue
        return _elsewhere(url, target) if is_local_name(host) else url
    return candidates[0] if candidates else None


def _elsewhere(url: str, target: str) -> str:
    """Return a URL of ``localhost`` as it is reached from here."""
    if is_this_machine(target):
        return url
    parts = urlsplit(url)
    host = f"[{target}]" if ":" in target else target
    return urlunsplit(parts._replace(netloc=host if parts.port is None else f"{host}:{parts.port}"))


def other_addresses(site: SiteResource, chosen: str | None) -> Sequence[str]:
    """Return the site's further addresses, for those who can use them."""
    return [url for url in site.urls if url != chosen]
