"""Routes: what the fleet tells the gateway, and what it asks of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from funchost.platform.gateway.target import Demand, RouteState, Target
from funchost.platform.site import SiteName


class Routes(Protocol):
    """The gateway, seen from the fleet."""

    on_waiting: Callable[[SiteName], None]

    def set_site(self, site: SiteName, state: RouteState) -> None: ...

    def remove_site(self, site: SiteName) -> None: ...

    def set_instances(self, site: SiteName, targets: Sequence[Target]) -> None: ...

    def demand(self, site: SiteName) -> Demand: ...

    async def idle(self, instance_id: str) -> None: ...
