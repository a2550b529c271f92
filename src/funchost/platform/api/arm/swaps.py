"""Slot swaps."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from funchost.errors import RefusedError
from funchost.http.reply import Reply
from funchost.platform.api.arm.operations import Operations
from funchost.platform.api.backend import Apps
from funchost.platform.api.request import ApiRequest
from funchost.platform.api.routes import Route, route
from funchost.platform.site import SiteName, site_name


class SwapBody(msgspec.Struct, rename="camel"):
    """What to swap with."""

    target_slot: str | None = None


class SwapEndpoints:
    """Handlers.

    Args:
        apps: whose slots they are.
        operations: a swap is one: both sides are warmed up first.
    """

    def __init__(self, apps: Apps, operations: Operations) -> None:
        self._apps = apps
        self._operations = operations

    async def swap(self, request: ApiRequest) -> Reply:
        source = await self._apps.site(request.site)
        wanted = (await request.json(SwapBody)).target_slot
        if not wanted:
            raise RefusedError("BadRequest", "targetSlot is missing: a slot's name, or production.", 400)
        target = (await self._apps.site(site_name(source.name.app, wanted))).name
        if target == source.name:
            raise RefusedError("BadRequest", f"{target} cannot be swapped with itself.", 400)
        work = self._apps.swap(SiteName(target.app), source.name.slot, target.slot)
        return self._operations.begin(work, request)


def swap_routes(swaps: SwapEndpoints, site_paths: Iterable[str]) -> Iterable[Route]:
    for path in site_paths:
        yield route("POST", f"{path}/slotsswap", swaps.swap)
