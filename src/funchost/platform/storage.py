"""PlatformStorage: one embedded store in the server, with an account of its own for each site."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import re
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from funchost.errors import PortInUseError, StorageError
from funchost.http.storage_fronts import StorageFronts
from funchost.platform.site import SiteName
from funchost.storage.account import StorageAccount
from funchost.storage.embedded.account_keys import KeySeal
from funchost.storage.embedded.store import HOST, EmbeddedStore
from funchost.storage.endpoints import SERVICES, Service

DEFAULT_PORTS: Mapping[Service, int] = MappingProxyType({"blob": 7080, "queue": 7081, "table": 7082})

_PORTS_FILE = "ports.json"
_PREFIX, _DIGITS = 14, 10
_OTHERS = re.compile(r"[^a-z0-9]", re.ASCII)


def account_name(site: SiteName) -> str:
    """Return the name of a site's account: up to 14 letters and digits of its label, and a hash of all of it.

    Sites whose labels differ only in dashes, or behind the 14th character, have different accounts.
    """
    digits = hashlib.sha256(site.label.encode("ascii")).hexdigest()[:_DIGITS]
    return _OTHERS.sub("", site.label)[:_PREFIX] + digits


def connection_text(account: str, key: str, ports: Mapping[Service, int]) -> str:
    """Return the connection string of an account that is served on these ports of this machine.

    Args:
        key: Base64.
    """
    endpoints = ";".join(f"{name.title()}Endpoint={HOST}:{ports[name]}/{account}" for name in SERVICES)
    return f"DefaultEndpointsProtocol=http;AccountName={account};AccountKey={key};{endpoints}"


class PlatformStorage:
    """The accounts of all sites; `open` makes it.

    Args:
        store: open; closed with this.
        fronts: of the store, open; closed with this.
    """

    def __init__(self, store: EmbeddedStore, fronts: StorageFronts) -> None:
        self._store = store
        self._fronts = fronts
        self.ports: Mapping[Service, int] = MappingProxyType(dict(fronts.ports))
        """Where the services really are."""

    @classmethod
    async def open(
        cls,
        folder: Path,
        address: str = "127.0.0.1",
        ports: Mapping[Service, int] = DEFAULT_PORTS,
        *,
        say: Callable[[str], None] = print,
        seal: KeySeal | None = None,
    ) -> PlatformStorage:
        """Open the store in `folder`, which is made if it is missing, and serve it.

        Args:
            address: IP address to listen on.
            ports: 0 = a free one; the one of the last time if it is free again, since settings name it.
            say: told, a line each, of defects that a request came upon.
            seal: with which the accounts' keys are sealed on disk, None = they stand there as they are.

        Raises:
            PortInUseError: another process listens on one of the ports.
            FuncHostError: the store cannot be opened.
        """
        store = await EmbeddedStore.open(folder, development=False, seal=seal)
        fronts = StorageFronts(store, address, lambda operation, error: say(_fault(operation, error)))
        try:
            await _listen(fronts, ports, await asyncio.to_thread(_last_ports, folder))
            await asyncio.to_thread(_keep_ports, folder, fronts.ports)
        except BaseException:
            await fronts.close()
            await store.close()
            raise
        store.ports = fronts.ports
        return cls(store, fronts)

    @property
    def folder(self) -> Path:
        """Of the store."""
        return self._store.engine.folder

    async def create_account(self, site: SiteName) -> str:
        """Make the account of a site and return its key, Base64. One that is left from before is emptied first."""
        name = account_name(site)
        try:
            row = await self._store.accounts.create(name)
        except StorageError as error:
            if error.code != "ResourceAlreadyExists":
                raise
            await self._store.remove_account(name)
            row = await self._store.accounts.create(name)
        return base64.b64encode(row.key).decode("ascii")

    async def delete_account(self, site: SiteName) -> None:
        """Remove the account of a site and all that it holds; one that is not there is fine."""
        await self._store.remove_account(account_name(site))

    def connection_string(self, site: SiteName, key: str) -> str:
        """Return the connection string of a site's account, for clients on this machine."""
        return connection_text(account_name(site), key, self.ports)

    def account(self, site: SiteName) -> StorageAccount:
        """Return the account of a site, open; one that does not exist is empty."""
        return self._store.account(account_name(site))

    async def close(self) -> None:
        """End the services and close the store; idempotent."""
        await self._fronts.close()
        await self._store.close()


async def _listen(fronts: StorageFronts, ports: Mapping[Service, int], last: Mapping[Service, int]) -> None:
    wished = {service: ports[service] or last.get(service, 0) for service in SERVICES}
    try:
        await fronts.open(wished)
    except PortInUseError:
        if wished == dict(ports):
            raise
        await fronts.open(ports)


def _last_ports(folder: Path) -> Mapping[Service, int]:
    try:
        found = json.loads((folder / _PORTS_FILE).read_bytes())
        return {service: int(found[service]) % 65536 for service in SERVICES}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _keep_ports(folder: Path, ports: Mapping[Service, int]) -> None:
    temporary = folder / f".{_PORTS_FILE}"
    temporary.write_text(json.dumps(dict(ports)), encoding="ascii")
    temporary.replace(folder / _PORTS_FILE)


def _fault(operation: str, error: Exception) -> str:
    trace = "".join(traceback.format_exception(error))
    return f"Storage: {operation} failed, through a fault of funchost:\n{trace}"
