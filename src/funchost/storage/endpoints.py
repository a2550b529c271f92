"""Endpoints: base URLs of an account's services, and what follows from one URL for the others."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Literal, NamedTuple
from urllib.parse import urlsplit, urlunsplit

Service = Literal["blob", "queue", "table"]
SERVICES: tuple[Service, ...] = ("blob", "queue", "table")

DEFAULT_SUFFIX = "core.windows.net"
DEVELOPMENT_ACCOUNT = "devstoreaccount1"
DEVELOPMENT_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
"""The key of DEVELOPMENT_ACCOUNT, which every emulator of the storage service knows; no secret."""
DEVELOPMENT_PORTS: Mapping[Service, int] = {"blob": 10000, "queue": 10001, "table": 10002}


class Endpoints(NamedTuple):
    """Base URL of each service, without a slash at the end; empty where it is not known."""

    blob: str = ""
    queue: str = ""
    table: str = ""

    def filled_from(self, other: Endpoints) -> Endpoints:
        """Return these, and the other's where one of these is empty."""
        return Endpoints(*(mine or theirs for mine, theirs in zip(self, other, strict=True)))


def cloud_endpoints(scheme: str, account: str, suffix: str = DEFAULT_SUFFIX) -> Endpoints:
    """Return where an account of a cloud is: ``https://<account>.blob.core.windows.net``."""
    return Endpoints(*(f"{scheme}://{account}.{service}.{suffix}" for service in SERVICES))


def development_endpoints(origin: str = "http://127.0.0.1") -> Endpoints:
    """Return where an emulator is: three ports of one machine, the account's name in the path."""
    return Endpoints(*(f"{origin}:{DEVELOPMENT_PORTS[service]}/{DEVELOPMENT_ACCOUNT}" for service in SERVICES))


def sibling_endpoints(url: str) -> Endpoints:
    """Return the endpoints of the account that has this one, of whatever service it is."""
    parts = urlsplit(url.rstrip("/"))
    account, _, rest = parts.netloc.partition(".")
    service, _, suffix = rest.partition(".")
    if service not in SERVICES or not suffix:  # a domain of the user's own: it can only be meant for what is asked
        return Endpoints(url.rstrip("/"), url.rstrip("/"), url.rstrip("/"))
    return Endpoints(
        *(urlunsplit((parts.scheme, f"{account}.{name}.{suffix}", parts.path, "", "")) for name in SERVICES)
    )


def account_of(url: str) -> str:
    """Return the account's name: the first label of the host, or, where the host is an address, of the path."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    return parts.path.strip("/").split("/")[0] if is_address(host) or "." not in host else host.split(".")[0]


def is_address(host: str) -> bool:
    """Return whether a host is given by its IP address."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def is_emulator(url: str) -> bool:
    """Return whether a service is an emulator's: the account's name stands in the path, not in the host."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    return bool(parts.path.strip("/")) and (is_address(host) or "." not in host)


def endpoint_problem(url: str) -> str | None:
    """Return what is wrong with the URL of a service, without showing it; None if it can be used."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "is not a URL."
    if parts.scheme not in ("http", "https") or not host:
        return "is not a URL that begins with https:// or http://."
    if parts.query or parts.fragment:
        return "has a query string."
    if parts.username is not None:
        return "has a user name in it."
    return None
