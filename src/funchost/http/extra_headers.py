"""Headers that host.json adds to every answer: `customHeaders` and HSTS."""

from __future__ import annotations

from funchost.app.http_options import HstsOptions, HttpOptions
from funchost.http.asgi import RawHeaders, Scope


class ExtraHeaders:
    """Adds the headers of host.json to answers that do not have them."""

    def __init__(self, options: HttpOptions) -> None:
        self._custom = [
            (name.lower().encode("ascii"), value.encode("latin-1")) for name, value in options.custom_headers.items()
        ]
        self._hsts = None if options.hsts is None else _hsts_value(options.hsts)
        self._excluded = (
            frozenset(host.lower() for host in options.hsts.excluded_hosts) if options.hsts else frozenset()
        )
        self.wanted = bool(self._custom) or self._hsts is not None
        """Whether there is anything to add."""

    def add(self, scope: Scope, headers: RawHeaders) -> None:
        present = {name for name, _ in headers}
        headers += [header for header in self._custom if header[0] not in present]
        if self._hsts is not None and scope["scheme"] == "https" and b"strict-transport-security" not in present:
            if host_name(scope["headers"]) not in self._excluded:
                headers.append((b"strict-transport-security", self._hsts))


def host_name(headers: RawHeaders) -> str:
    """Return the Host header without its port, lower-cased; an IPv6 address keeps its brackets."""
    host = next((value for name, value in headers if name == b"host"), b"").decode("latin-1").strip().lower()
    if host.startswith("["):
        return host[: host.find("]") + 1] or host
    return host.partition(":")[0]


def _hsts_value(options: HstsOptions) -> bytes:
    parts = [f"max-age={options.max_age}"]
    if options.include_subdomains:
        parts.append("includeSubDomains")
    if options.preload:
        parts.append("preload")
    return "; ".join(parts).encode("ascii")
