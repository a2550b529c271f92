"""SiteResource: a function app or a slot as the management calls describe it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from funchost.deploy.client.local_names import is_local_name
from funchost.errors import FuncHostError, UsageError

SCM = ".scm."
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,58}[a-z0-9])?", re.ASCII | re.IGNORECASE)
_LINUX = re.compile(r"\s*python\s*\|\s*([0-9.]*)\s*", re.IGNORECASE)


@dataclass(frozen=True)
class SiteResource:
    """What is known of a site.

    Args:
        id: its path among the management calls: ``/subscriptions/.../sites/shop``.
        name: of the app; ``shop/staging`` for a slot.
        location: where it is.
        kind: e.g. ``functionapp,linux``.
        state: ``Running`` or ``Stopped``, empty if unknown.
        host_names: names that lead to it, maybe with a port; the SCM API's are among them.
        default_host_name: the first of its own names.
        sku: the plan, e.g. ``Dynamic``, empty if unknown.
        flex: whether the site has the settings of Azure's Flex plan.
        python: version it runs on, None if it was not said.
        functions_version: e.g. ``4``, None if it was not said; only servers of our own do.
        urls: addresses that lead to it, the last one by a port of its own; only servers of our own tell them.
        version: id of what it serves, None if it was not said.
        errors: what is wrong with it: functions that do not run, changes that do not serve; only servers of our own
            tell them.
    """

    id: str
    name: str
    location: str = ""
    kind: str = ""
    state: str = ""
    host_names: tuple[str, ...] = ()
    default_host_name: str = ""
    sku: str = ""
    flex: bool = False
    python: str | None = None
    functions_version: str | None = None
    urls: tuple[str, ...] = ()
    version: str | None = None
    errors: tuple[str, ...] = ()

    @property
    def scm_host(self) -> str:
        """The host name of the SCM API.

        Raises:
            FuncHostError: the server named none.
        """
        for host in self.host_names:
            if SCM in host.lower():
                return host
        raise FuncHostError(f"The server names no address to deploy {self.name} to (no host name with '{SCM}').")


def read_site(document: Mapping[str, Any]) -> SiteResource:
    """Return the site that an answer describes."""
    properties: Mapping[str, Any] = document.get("properties") or {}
    config: Mapping[str, Any] = properties.get("siteConfig") or {}
    own: Mapping[str, Any] = properties.get("funchost") or {}
    flex = properties.get("functionAppConfig")
    return SiteResource(
        id=str(document.get("id") or ""),
        name=str(document.get("name") or ""),
        location=str(document.get("location") or ""),
        kind=str(document.get("kind") or ""),
        state=str(properties.get("state") or ""),
        host_names=tuple(str(host) for host in properties.get("enabledHostNames") or ()),
        default_host_name=str(properties.get("defaultHostName") or ""),
        sku=str(properties.get("sku") or ""),
        flex=bool(flex),
        python=python_of(config.get("linuxFxVersion")) or _flex_python(flex),
        functions_version=own.get("functionsVersion"),
        urls=tuple(str(url) for url in own.get("urls") or ()),
        version=own.get("version"),
        errors=tuple(str(error) for error in own.get("errors") or ()),
    )


def python_of(linux_fx_version: object) -> str | None:
    """Return the Python version in ``PYTHON|3.11``, None if there is none."""
    found = _LINUX.fullmatch(str(linux_fx_version or ""))
    return (found[1] or None) if found else None


def app_name(text: str) -> str:
    """Return the name of an app or a slot that a user wrote.

    It goes into paths and queries, so nothing but names gets through.

    Raises:
        UsageError: it cannot be one.
    """
    if not _NAME.fullmatch(text.strip()):
        raise UsageError(
            f"{text!r} cannot be the name of an app or a slot.", hint="Names take letters, digits and inner dashes."
        )
    return text.strip()


def host_url(management_url: str, host: str) -> str:
    """Return the address of one of a site's hosts.

    A server of one's own serves its sites as it serves the management calls: same scheme and, where the host name
    has no port, same port.

    Args:
        management_url: where the management calls are.
        host: e.g. ``shop.scm.localhost:7070``.
    """
    base = urlsplit(management_url)
    own = is_local_name(host) or (base.hostname or "?") in host.lower()
    if ":" not in host and base.port is not None and own:
        host = f"{host}:{base.port}"
    return f"{base.scheme}://{host}"


def _flex_python(config: object) -> str | None:
    runtime = config.get("runtime") if isinstance(config, dict) else None
    version = runtime.get("version") if isinstance(runtime, dict) else None
    return str(version) if version else None


def site_rows(answer: object) -> Sequence[str]:
    """Return the ids in an answer of the resource graph, as a table or as objects."""
    data = answer.get("data") if isinstance(answer, dict) else None
    if isinstance(data, list):
        return [str(row["id"]) for row in data if isinstance(row, dict) and row.get("id")]
    rows = data.get("rows") if isinstance(data, dict) else None
    return [str(row[0]) for row in rows or () if isinstance(row, list) and row]
