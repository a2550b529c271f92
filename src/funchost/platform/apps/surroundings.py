"""What apps need of their surroundings on the server: the fleet, storage and logs, as protocols."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

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
