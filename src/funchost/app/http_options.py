"""Section `extensions.http` of host.json."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from funchost.app import values
from funchost.app.config_tree import ConfigNode
from funchost.app.route import parse_template

_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", re.ASCII)
_LOCAL_HOSTS = ("localhost", "127.0.0.1", "[::1]")


@dataclass(frozen=True)
class HstsOptions:
    """Header Strict-Transport-Security, for answers over HTTPS.

    Args:
        max_age: seconds.
        include_subdomains: adds ``includeSubDomains``.
        preload: adds ``preload``.
        excluded_hosts: lower-cased host names that never get the header, those of the machine itself included.
    """

    max_age: int = 30 * 86_400
    include_subdomains: bool = False
    preload: bool = False
    excluded_hosts: tuple[str, ...] = _LOCAL_HOSTS


@dataclass(frozen=True)
class HttpOptions:
    """How HTTP functions are served.

    Args:
        route_prefix: in front of every route, without slashes at its ends; may be empty.
        max_outstanding_requests: requests executing and waiting, None = no limit; more are answered with 429.
        max_concurrent_requests: requests executing, None = no limit.
        custom_headers: added to every answer that does not have them.
        hsts: None = switched off.
    """

    route_prefix: str = "api"
    max_outstanding_requests: int | None = None
    max_concurrent_requests: int | None = None
    custom_headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    hsts: HstsOptions | None = None


def read_http_options(node: ConfigNode) -> HttpOptions:
    """Return the section's options.

    Raises:
        ConfigError or SettingError: a property is wrong.
    """
    node.at("dynamicThrottlesEnabled").read(values.boolean, False)
    return HttpOptions(
        route_prefix=node.at("routePrefix").read(_route_prefix, "api"),
        max_outstanding_requests=_limit(node.at("maxOutstandingRequests")),
        max_concurrent_requests=_limit(node.at("maxConcurrentRequests")),
        custom_headers=MappingProxyType(
            {child.name: _header(child) for child in node.at("customHeaders").children() if child.value is not None}
        ),
        hsts=_hsts(node.at("hsts")),
    )


def _route_prefix(value: object) -> str:
    prefix = values.text(value).strip().strip("/")
    if prefix:
        try:
            parse_template(prefix)
        except ValueError as error:
            raise ValueError(f"The prefix is not valid: {error}.") from error
    return prefix


def _limit(node: ConfigNode) -> int | None:
    limit = node.read(values.whole(1, unlimited=True), -1)
    return None if limit == -1 else limit


def _header(node: ConfigNode) -> str:
    if not _HEADER_NAME.fullmatch(node.name):
        raise node.error(f"'{node.name}' is not a valid header name.")
    return node.read(_header_value, "")


def _header_value(value: object) -> str:
    header = values.text(value)
    if any(ord(character) < 32 and character != "\t" or ord(character) in range(127, 160) for character in header):
        raise ValueError("a header value cannot hold control characters such as line breaks.")
    if not header.isascii():
        raise ValueError(f"{values.shown(value)} is not a valid header value; it must be ASCII.")
    return header


def _hsts(node: ConfigNode) -> HstsOptions | None:
    options = HstsOptions(
        max_age=node.at("maxAge").read(_max_age, HstsOptions.max_age),
        include_subdomains=node.at("includeSubDomains").read(values.boolean, False),
        preload=node.at("preload").read(values.boolean, False),
        excluded_hosts=(*_LOCAL_HOSTS, *(host.lower() for host in node.at("excludedHosts").read_list(values.text))),
    )
    return options if node.at("isEnabled").read(values.boolean, False) else None


def _max_age(value: object) -> int:
    try:
        seconds = values.integer(value)
    except ValueError:
        seconds = int(values.time_span(value))
    if seconds < 0:
        raise ValueError(f"{values.shown(value)} is less than zero.")
    return seconds
