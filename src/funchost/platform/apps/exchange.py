"""Exchange: swaps two sites of an app."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from funchost.errors import RefusedError
from funchost.platform.apps.deployment_id import new_id
from funchost.platform.apps.rollout import Prepared, Rollout
from funchost.platform.apps.surroundings import Fleet
from funchost.platform.apps.swap import swapped
from funchost.platform.deployment import Deployment, DeploymentStatus
from funchost.platform.registry.registry import Registry
from funchost.platform.registry.site_record import SiteRecord
from funchost.platform.registry.transaction import Transaction
from funchost.platform.site import SiteName


class _Emptied(NamedTuple):
    """Sites that have no version after a swap."""

    before: Sequence[SiteRecord]
    after: Sequence[SiteRecord]


class Exchange:
    """Swaps sites; the caller keeps others from changing them meanwhile.

    Args:
        registry: see Registry.
        fleet: see surroundings.
        rollout: see Rollout.
    """

    def __init__(self, registry: Registry, fleet: Fleet, rollout: Rollout) -> None:
        self._registry = registry
        self._fleet = fleet
        self._rollout = rollout

    async def swap(self, one: SiteName, other: SiteName) -> None:
        """Exchange the versions of two sites; requests reach the new one of both from the same moment.

        Both get a deployment in their history, so that either can be brought back.

        Raises:
            RefusedError: they are the same, or neither has a version (400), there is no such site (404), or one of
                them would not load (422): nothing is changed then.
        """
        if one == other:
            raise RefusedError("BadRequest", f"{one} cannot be swapped with itself.", 400)
        now, sticky, history = await self._registry.change(
            lambda registry: (
                (registry.site(one), registry.site(other)),
                registry.site(SiteName(one.app)).sticky,
                (*registry.deployments(one), *registry.deployments(other)),
            )
        )
        if all(record.site.version is None for record in now):
            raise RefusedError("BadRequest", f"Neither {one} nor {other} has a version yet.", 400)
        after = swapped(*now, sticky)
        prepared = await self._prepared([record for record in after if record.site.version is not None])
        emptied = _Emptied(
            [record for record in now if record.name not in {item.record.name for item in prepared}],
            [replace(record, served=None, functions=(), problem="") for record in after if record.site.version is None],
        )
        entries = _entries(now, after, history)

        def also(registry: Transaction) -> None:
            for record in emptied.after:
                registry.put(record)
            for entry in entries:
                registry.put_deployment(entry)

        def undo(registry: Transaction) -> None:
            for record in emptied.before:
                registry.put(record)
            for entry in entries:
                registry.delete_deployment(entry.id)

        await self._rollout.commit(*prepared, also=also, undo=undo)
        for record in emptied.after:
            await self._rollout.retire(record.name)
            self._fleet.register(record.site)

    async def _prepared(self, records: Sequence[SiteRecord]) -> Sequence[Prepared]:
        """Return all prepared, or raise why one is not; the others are abandoned then."""
        results = await asyncio.gather(*(self._rollout.prepare(record) for record in records), return_exceptions=True)
        prepared = [result for result in results if isinstance(result, Prepared)]
        failures = [result for result in results if isinstance(result, BaseException)]
        if failures:
            await self._rollout.abandon(*prepared)
            raise failures[0]
        return prepared


def _entries(
    before: Sequence[SiteRecord], after: Sequence[SiteRecord], history: Sequence[Deployment]
) -> list[Deployment]:
    """Return what the histories of both sites say of the swap."""
    entries = []
    now = time.time()
    for record, source in zip(after, reversed(before), strict=True):
        brought = next((d for d in history if d.version is not None and d.version == record.site.version), None)
        if brought is not None:
            entries.append(
                replace(
                    brought,
                    id=new_id(now),
                    site=record.name,
                    status=DeploymentStatus.SUCCESS,
                    status_text="",
                    origin=brought.origin._replace(message=f"Swapped with {source.name}."),
                    received=now,
                    started=now,
                    ended=now,
                )
            )
    return entries
