"""Which HTTP proxy leads to a storage service. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from funchost.storage.endpoints import is_emulator


def proxy_for(url: str, proxies: Mapping[str, str], bypassed: Callable[[str], object]) -> str | None:
    """Return the URL of the proxy for requests to a service, None = go there directly.

    Args:
        proxies: scheme of the service's URL -> proxy, as urllib.request.getproxies gives them.
        bypassed: whether a host is excepted.
    """
    parts = urlsplit(url)
    proxy = proxies.get(parts.scheme, "")
    if not proxy.startswith(("http://", "https://")):  # other kinds, e.g. SOCKS, are not spoken here
        return None
    return None if is_emulator(url) or bypassed(parts.netloc) else proxy
