"""Addresses: host names and URLs of sites, as the caller of a management call can reach them."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from typing import NamedTuple

from funchost.http.asgi import Scope
from funchost.http.local_caller import is_loopback_name
from funchost.platform.site import SiteName

LOCALHOST = "localhost"
_DEFAULT_PORTS = {"http": 80, "https": 443}


class HostHeader(NamedTuple):
    """A Host header's two parts.

    Args:
        name: lower-case, without brackets.
        port: None = the scheme's own.
    """

    name: str
    port: int | None = None


class Addresses(NamedTuple):
    """Where sites are.

    Args:
        scheme: ``http`` or ``https``.
        domain: sites are named below it.
        port: of the server, as the caller reaches it.
    """

    scheme: str
    domain: str
    port: int

    @property
    def _suffix(self) -> str:
        return "" if _DEFAULT_PORTS.get(self.scheme) == self.port else f":{self.port}"

    def host(self, site: SiteName) -> str:
        """Return where a site answers: ``shop.localhost:7070``."""
        return f"{site.label}.{self.domain}{self._suffix}"

    def scm_host(self, site: SiteName) -> str:
        """Return where its SCM API answers: ``shop.scm.localhost:7070``."""
        return f"{site.label}.scm.{self.domain}{self._suffix}"

    def url(self, site: SiteName) -> str:
        return f"{self.scheme}://{self.host(site)}"

    def scm_url(self, site: SiteName) -> str:
        return f"{self.scheme}://{self.scm_host(site)}"


@dataclass(frozen=True, slots=True)
class ServerNames:
    """Names under which a server is reached.

    Args:
        port: that it listens on.
        domain: that it was given, None = none.
        machine: name of this machine.
    """

    port: int
    domain: str | None = None
    machine: str = LOCALHOST

    def knows(self, host: HostHeader) -> bool:
        """Return whether a caller may mean this server by a name.

        A web page can make its own name point here; it cannot make an IP address or our names its own.
        """
        if not host.name or is_loopback_name(host.name) or _is_address(host.name):
            return True
        ours = [self.machine.lower(), *([self.domain] if self.domain else [])]
        return any(host.name == name or host.name.endswith(f".{name}") for name in ours)

    def seen_by(self, host: HostHeader, scheme: str) -> Addresses:
        """Return the addresses that work for a caller who used this Host header, with ``http`` or ``https``."""
        port = host.port if host.port is not None else (_DEFAULT_PORTS[scheme] if host.name else self.port)
        if self.domain is None or is_loopback_name(host.name):
            return Addresses(scheme, LOCALHOST, port)
        return Addresses(scheme, self.domain, port)


def host_header(scope: Scope) -> HostHeader:
    """Return a request's Host header; one that makes no sense has an empty name."""
    raw = next((value for name, value in scope["headers"] if name == b"host"), b"")
    text = raw.decode("latin-1").strip().lower()
    name, colon, port = text.rpartition(":") if not text.endswith("]") else (text, "", "")
    if not colon:
        name, port = text, ""
    name = name.strip("[]").rstrip(".")
    if port and not (port.isascii() and port.isdigit() and int(port) < 65536):
        return HostHeader("")
    return HostHeader(name, int(port) if port else None)


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
