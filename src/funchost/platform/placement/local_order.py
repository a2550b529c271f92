"""Orders: from a revision to what an instance of this machine is told to run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

from funchost.host.instance_order import InstanceOrder
from funchost.platform.data_directory import DataDirectory
from funchost.platform.placement.instance_environment import host_id, instance_environment, temporary_folder
from funchost.platform.placement.placement import Instance
from funchost.platform.site import SiteName
from funchost.storage.endpoints import Service


class Python(Protocol):
    """An interpreter of this machine."""

    @property
    def path(self) -> Path: ...

    @property
    def version(self) -> tuple[int, int, int]: ...


class Pythons(Protocol):
    """Finds interpreters; deploy.pythons.PythonCatalogue is one."""

    async def find(self, version: str) -> Python:
        """Raises: FuncHostError: the machine has none of that version."""
        ...


class Store(Protocol):
    """The store that holds the accounts of sites; platform.storage.PlatformStorage is one."""

    @property
    def folder(self) -> Path: ...

    @property
    def ports(self) -> Mapping[Service, int]: ...


class Orders:
    """Writes orders.

    Args:
        data: versions, keys and folders of instances.
        storage: see Store; None = instances go to every account over HTTP.
        hostname: returns host and port under which a site is reached.
    """

    def __init__(self, data: DataDirectory, storage: Store | None, hostname: Callable[[SiteName], str]) -> None:
        self._data = data
        self._storage = storage
        self._hostname = hostname

    def order(self, instance: Instance, python: Python, *, listening: bool) -> InstanceOrder:
        """Return the order for an instance."""
        revision, store = instance.revision, self._storage
        folder = self._data.instance(instance.id)
        root = self._data.version(revision.version)
        environment = instance_environment(
            revision,
            instance=instance.id,
            root=root,
            python=python.version,
            executable=python.path,
            folder=folder,
            hostname=self._hostname(revision.site),
        )
        return InstanceOrder(
            id=instance.id,
            host_id=host_id(revision.site),
            root=str(root),
            interpreter=str(python.path),
            python=python.version,
            environment=environment,
            keys_folder=str(self._data.keys(revision.site)),
            keys_secret=revision.keys_secret,
            temporary=str(temporary_folder(folder)),
            cors_origins=revision.cors.origins,
            cors_credentials=revision.cors.credentials,
            store_folder=None if store is None else str(store.folder),
            store_ports=(0, 0, 0) if store is None else _ports(store.ports),
            memory_limit=revision.memory_limit,
            listening=listening,
        )


def _ports(ports: Mapping[Service, int]) -> tuple[int, int, int]:
    return ports["blob"], ports["queue"], ports["table"]
