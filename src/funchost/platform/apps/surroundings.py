"""Surroundings: the rooms of the server that apps work with, as protocols."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple, Protocol

from funchost.deploy.build.job import BuildJob, BuildResult
from funchost.deploy.pythons import Installation
from funchost.logs import HostLog
from funchost.platform.apps.site_ports import PortListener
from funchost.platform.placement.placement import LoadReport
from funchost.platform.site import Revision, ScaleLimits, Site, SiteName


class Fleet(Protocol):
    """Host instances; see fleet.Fleet."""

    def register(self, site: Site) -> None: ...

    async def adopt(self, revision: Revision) -> None: ...

    async def prepare(self, revision: Revision) -> LoadReport: ...

    async def switch(self, revisions: Sequence[Revision]) -> None: ...

    async def abandon(self, revision: Revision) -> None: ...

    async def retire(self, site: SiteName) -> None: ...

    async def remove(self, site: SiteName) -> None: ...

    def report(self, site: SiteName) -> LoadReport | None: ...

    def set_limits(self, site: SiteName, limits: ScaleLimits) -> None: ...


class Accounts(Protocol):
    """Storage accounts of sites; see PlatformStorage."""

    async def create_account(self, site: SiteName) -> str: ...

    async def delete_account(self, site: SiteName) -> None: ...

    def connection_string(self, site: SiteName, key: str) -> str: ...


class Notes(Protocol):
    """The logs of sites; see AppLogs."""

    def note(self, site: SiteName, text: str) -> None: ...

    async def remove(self, site: SiteName) -> None: ...


Build = Callable[[BuildJob, Callable[[str, bool], None]], Awaitable[BuildResult]]
"""See deploy.build.builder.build."""


class Pythons(Protocol):
    """The Pythons of this machine; see PythonCatalogue."""

    async def find(self, version: str) -> Installation: ...

    async def default(self, functions: str) -> Installation: ...

    def check_pair(self, functions: str, python: str) -> None: ...


class Surroundings(NamedTuple):
    """The rooms of the server that apps work with.

    Args:
        fleet: runs instances.
        storage: accounts of sites.
        logs: of sites.
        gateway: listens on the ports of sites.
        pythons: of this machine.
        build: see builder.build.
        urls: addresses of a site, the best first, e.g. ``http://shop.localhost:7070``.
        log: the server's own.
    """

    fleet: Fleet
    storage: Accounts
    logs: Notes
    gateway: PortListener
    pythons: Pythons
    build: Build
    urls: Callable[[SiteName], Sequence[str]]
    log: HostLog
