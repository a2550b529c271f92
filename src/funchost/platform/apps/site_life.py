"""SiteLife: makes and removes what a site needs beside its record: storage account, port, folder, log."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

from funchost.errors import FuncHostError
from funchost.platform.apps.creation import check_label
from funchost.platform.apps.site_ports import SitePorts
from funchost.platform.apps.surroundings import Accounts, Fleet, Notes
from funchost.platform.apps.version_store import remove, set_aside
from funchost.platform.data_directory import DataDirectory
from funchost.platform.registry.registry import Registry
from funchost.platform.registry.site_record import SiteRecord
from funchost.platform.registry.transaction import Transaction
from funchost.platform.site import SiteName

Make = Callable[[str, int | None], SiteRecord]
"""Makes the record of a site, given the key of its storage account and its port."""


class SiteLife:
    """Makes and removes sites. A name is noted before anything is made for it and until everything is gone.

    Args:
        data: see DataDirectory.
        registry: see Registry.
        fleet: see surroundings.
        accounts: see surroundings.
        notes: see surroundings.
        ports: see SitePorts.
    """

    def __init__(
        self,
        data: DataDirectory,
        registry: Registry,
        fleet: Fleet,
        accounts: Accounts,
        notes: Notes,
        ports: SitePorts,
    ) -> None:
        self._data = data
        self._registry = registry
        self._fleet = fleet
        self._accounts = accounts
        self._notes = notes
        self._ports = ports

    async def create(self, name: SiteName, make: Make) -> SiteRecord:
        """Make a site.

        Raises:
            RefusedError: another one has its label (409), or its app is not there (404).
        """
        taken = await self._registry.change(lambda registry: _announce(registry, name))
        try:
            await asyncio.to_thread(self._remove_folder, name)
            key = await self._accounts.create_account(name)
            port = await self._ports.open(name, None, taken)
            record = make(key, port)
            await self._registry.change(lambda registry: _settle(registry, record))
        except BaseException:
            await self._clear(name)
            raise
        self._fleet.register(record.site)
        return record

    async def remove(self, name: SiteName) -> None:
        """Remove a site and all that belongs to it; its instances finish what they do within seconds."""

        def work(registry: Transaction) -> None:
            registry.site(name)
            registry.put_leftover(name)
            registry.delete(name)

        await self._registry.change(work)
        await self._fleet.remove(name)
        await self._clear(name)

    async def open_port(self, record: SiteRecord) -> SiteRecord:
        """Listen on the port of a site again, or on another one if a program has taken that."""
        taken = await self._registry.change(lambda registry: registry.ports())
        own = record.site.port
        port = await self._ports.open(record.name, own, taken - {own})
        if port == own:
            return record
        now = f"it listens on port {port}" if port is not None else "it has no port of its own"
        if own is not None:
            self._notes.note(record.name, f"Port {own} is used by another program; {now} now.")
        moved = replace(record, site=replace(record.site, port=port))
        return await self._registry.change(lambda registry: registry.put(moved))

    async def clear_leftovers(self) -> None:
        """Remove what sites have left that were being made or removed when the server ended."""
        for name in await self._registry.change(lambda registry: registry.leftovers()):
            await self._clear(name)

    async def _clear(self, name: SiteName) -> None:
        await self._ports.close(name)
        try:
            await self._accounts.delete_account(name)
            await self._notes.remove(name)
            await asyncio.to_thread(self._remove_folder, name)
            await self._registry.change(lambda registry: registry.delete_leftover(name))
        except (FuncHostError, OSError) as error:
            # Its name stays noted, so the next start of the server, or the next app of that name, tries again.
            self._notes.note(name, f"What the app has left could not be removed: {error}")

    def _remove_folder(self, name: SiteName) -> None:
        folder = self._data.site(name)
        if folder.exists():
            remove(set_aside(folder, self._data.scratch))


def _announce(registry: Transaction, name: SiteName) -> frozenset[int]:
    if name.slot is not None:
        registry.site(SiteName(name.app))
    check_label(name, registry.owner(name.label))
    registry.put_leftover(name)
    return registry.ports()


def _settle(registry: Transaction, record: SiteRecord) -> None:
    if record.name.slot is not None:
        registry.site(SiteName(record.name.app))
    registry.put(record)
    registry.delete_leftover(record.name)
