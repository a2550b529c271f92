"""Swap: what two sites become when they exchange their versions. Pure.

What belongs to the code travels with it: the version and the settings and connection strings that are not sticky. What
belongs to the address stays: sticky settings, the version of the Functions runtime, CORS, scale and memory limits,
keys, credentials and the storage account with its messages.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import TypeVar

from funchost.platform.apps.app_settings import CONNECTION_PREFIX
from funchost.platform.registry.site_record import SiteRecord

T = TypeVar("T")

_STAYS_SUFFIX = "_EXTENSION_VERSION"


def swapped(one: SiteRecord, other: SiteRecord, sticky: Collection[str]) -> tuple[SiteRecord, SiteRecord]:
    """Return what both sites become; twice is as if never.

    Args:
        sticky: names of settings, and of connection strings as ``ConnectionStrings:<name>``; case does not count.
    """
    names = frozenset(name.lower() for name in sticky)
    return _with_code_of(one, other, names), _with_code_of(other, one, names)


def stays(name: str, sticky: frozenset[str]) -> bool:
    """Return whether a setting stays with its site.

    Args:
        sticky: in lower case.
    """
    return name.lower() in sticky or name.upper().endswith(_STAYS_SUFFIX)


def _with_code_of(site: SiteRecord, code: SiteRecord, sticky: frozenset[str]) -> SiteRecord:
    own_strings = {CONNECTION_PREFIX + name: one for name, one in site.connection_strings.items()}
    code_strings = {CONNECTION_PREFIX + name: one for name, one in code.connection_strings.items()}
    strings = _mixed(own_strings, code_strings, sticky)
    return replace(
        site,
        site=replace(site.site, version=code.site.version),
        settings=_mixed(site.settings, code.settings, sticky),
        connection_strings=MappingProxyType(
            {name.removeprefix(CONNECTION_PREFIX): one for name, one in strings.items()}
        ),
        functions=code.functions,
    )


def _mixed(own: Mapping[str, T], code: Mapping[str, T], sticky: frozenset[str]) -> Mapping[str, T]:
    """Return what stays of `own`, and what travels of `code`; of names that differ in case only, what stays wins."""
    staying = {name: value for name, value in own.items() if stays(name, sticky)}
    taken = {name.lower() for name in staying}
    travelling = {name: value for name, value in code.items() if not stays(name, sticky) and name.lower() not in taken}
    return MappingProxyType(dict(sorted({**staying, **travelling}.items(), key=lambda item: item[0])))
