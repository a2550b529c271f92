"""Rollout: brings what was set last of a site to its instances, without a request lost.

A revision that serves is replaced only by one that has loaded. Settings are kept in any case: an app may need them
before its next deployment, and a broken one may be mended by them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from funchost.errors import FuncHostError
from funchost.platform.apps import app_settings
from funchost.platform.apps.app_settings import CONNECTION_PREFIX
from funchost.platform.apps.surroundings import Accounts, Fleet, Notes
from funchost.platform.connection_string import plain
from funchost.platform.placement.placement import LoadReport
from funchost.platform.registry.registry import Registry
from funchost.platform.registry.site_record import Served, SiteRecord
from funchost.platform.registry.transaction import Transaction
from funchost.platform.site import Revision, SiteName

RETIRE_SECONDS = 10.0
"""How long a change waits for the work of instances that leave; it goes on to its end in any case."""


class Prepared(NamedTuple):
    """A revision whose instances have loaded and get no requests yet.

    Args:
        before: the site as it is remembered.
        record: the site with the revision as what it serves.
        revision: see Revision.
    """

    before: SiteRecord
    record: SiteRecord
    revision: Revision


def wanted(record: SiteRecord) -> Served | None:
    """Return what the site was last told to serve, None if it has no version."""
    if record.site.version is None:
        return None
    return Served(
        number=record.site.revision,
        version=record.site.version,
        settings=record.settings,
        connection_strings=record.connection_strings,
        cors=record.site.cors,
        memory_limit=record.site.memory_limit,
    )


def is_served(record: SiteRecord) -> bool:
    """Return whether what was set last is what serves; settings for builds do not count."""
    return _content(wanted(record)) == _content(record.served)


def _content(served: Served | None) -> Served | None:
    if served is None:
        return None
    settings = dict(app_settings.for_instances(served.settings))
    return replace(served, number=0, settings=settings, connection_strings=dict(served.connection_strings))


class Rollout:
    """Makes revisions and has the fleet serve them. The caller keeps others from changing the site meanwhile.

    Args:
        registry: where sites are remembered.
        fleet: see surroundings.
        accounts: see surroundings.
        notes: see surroundings.
    """

    def __init__(self, registry: Registry, fleet: Fleet, accounts: Accounts, notes: Notes) -> None:
        self._registry = registry
        self._fleet = fleet
        self._accounts = accounts
        self._notes = notes
        self._retiring: set[asyncio.Task[None]] = set()

    def connection(self, record: SiteRecord) -> str:
        """Return the connection string of the site's own account, empty if it has none."""
        return "" if record.storage_key is None else self._accounts.connection_string(record.name, record.storage_key)

    def settings(self, record: SiteRecord) -> Mapping[str, str]:
        """Return the settings as a client sees them."""
        return app_settings.resolved(record.settings, self.connection(record))

    def revision(self, record: SiteRecord, served: Served) -> Revision:
        connection = self.connection(record)
        strings = {CONNECTION_PREFIX + name: one for name, one in served.connection_strings.items()}
        known = record.served is not None and record.served.version == served.version
        return Revision(
            site=record.name,
            number=served.number,
            version=served.version,
            python=record.site.python,
            settings=app_settings.resolved({**served.settings, **plain(strings)}, connection),
            connection_types={name: one.type for name, one in strings.items()},
            cors=served.cors,
            scale=record.site.scale,
            memory_limit=served.memory_limit,
            keys_secret=record.keys_secret,
            storage_key=record.storage_key,
            functions=record.functions if known else (),
        )

    async def prepare(self, record: SiteRecord) -> Prepared:
        """Load what a site is to serve in instances of its own; nothing that serves is touched.

        Args:
            record: with the version and settings that are wanted; only the number of its revision is written.

        Raises:
            RefusedError: it does not load; its instances have ended.
        """
        counted = await self._registry.change(lambda registry: registry.next_revision(record.name))
        record = replace(record, site=replace(record.site, revision=counted.site.revision))
        served = wanted(record)
        if served is None:
            raise ValueError(f"{record.name} has no version")
        revision = self.revision(record, served)
        report = await self._fleet.prepare(revision)
        loaded = replace(record, served=served, functions=report.functions, problem="")
        return Prepared(counted, loaded, replace(revision, functions=report.functions))

    async def commit(
        self,
        *prepared: Prepared,
        also: Callable[[Transaction], None] | None = None,
        undo: Callable[[Transaction], None] | None = None,
    ) -> None:
        """Remember prepared revisions as what serves, then send requests to them, all at the same moment.

        A site that is stopped stays so. After any failure everything is as it was before.

        Args:
            also: written in the same step.
            undo: takes that back.
        """

        def work(registry: Transaction) -> None:
            for item in prepared:
                registry.put(item.record)
            if also is not None:
                also(registry)

        try:
            await self._registry.change(work)
        except BaseException:
            await self.abandon(*prepared)
            raise
        running = [item for item in prepared if item.record.site.running]
        try:
            await self._fleet.switch([item.revision for item in running])
        except Exception:
            await self._restore(prepared, undo)
            await self.abandon(*prepared)
            raise
        await self.abandon(*(item for item in prepared if item not in running))

    async def abandon(self, *prepared: Prepared) -> None:
        """End the instances of prepared revisions."""
        for item in prepared:
            await self._fleet.abandon(item.revision)

    async def apply(self, record: SiteRecord) -> str:
        """Have a site serve what was set last.

        What does not load is kept, and why is remembered and written to the site's log; what served before goes on.

        Returns:
            Why it does not serve, empty if it does.
        """
        if is_served(record) or not record.site.running or wanted(record) is None:
            return await self._remember(record, "")
        try:
            await self.commit(await self.prepare(record))
        except FuncHostError as error:
            problem = error.text
            self._notes.note(
                record.name, f"The change was kept, but the app does not load with it; what ran goes on. {problem}"
            )
            return await self._remember(record, problem)
        return ""

    async def adopt(self, record: SiteRecord) -> SiteRecord:
        """Have a site serve what last loaded, in instances that are all new; none is needed for that yet."""
        counted = await self._registry.change(lambda registry: registry.next_revision(record.name))
        if counted.served is None:
            return counted
        renewed = replace(counted, served=replace(counted.served, number=counted.site.revision))
        await self._registry.change(lambda registry: registry.put(renewed))
        await self.resume(renewed)
        return renewed

    async def resume(self, record: SiteRecord) -> None:
        """Have a running site serve what last loaded; no instance is needed for that yet."""
        self._fleet.register(record.site)
        if record.site.running and record.served is not None:
            await self._fleet.adopt(self.revision(record, record.served))

    async def retire(self, name: SiteName) -> None:
        """Let the instances of a site finish; returns when they have ended, or when that takes long, before it."""
        task = asyncio.create_task(self._fleet.retire(name), name=f"retire {name}")
        self._retiring.add(task)
        task.add_done_callback(self._retiring.discard)
        await asyncio.wait({task}, timeout=RETIRE_SECONDS)

    def report(self, record: SiteRecord) -> LoadReport | None:
        return self._fleet.report(record.name)

    async def _restore(self, prepared: Sequence[Prepared], undo: Callable[[Transaction], None] | None) -> None:
        def work(registry: Transaction) -> None:
            for item in prepared:
                registry.put(item.before)
            if undo is not None:
                undo(registry)

        await self._registry.change(work)
        for item in prepared:
            await self.adopt(item.before)

    async def _remember(self, record: SiteRecord, problem: str) -> str:
        if record.problem != problem:

            def work(registry: Transaction) -> None:
                registry.put(replace(registry.site(record.name), problem=problem))

            await self._registry.change(work)
        return problem
