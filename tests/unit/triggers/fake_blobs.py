"""FakeBlobs: a BlobStore in memory, with leases by a test's clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime

from funchost.app.invocation import Body
from funchost.errors import StorageError, StorageUnavailableError
from funchost.storage.blobs import (
    ALWAYS,
    MAX_PAGE,
    BlobContent,
    BlobPage,
    BlobProperties,
    Conditions,
    ContainerProperties,
)
from tests.unit.triggers.fake_clock import FakeClock


class Shared:
    """What all clients of one fake account see."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.containers: set[str] = set()
        self.blobs: dict[tuple[str, str], tuple[BlobProperties, bytes]] = {}
        self.leases: dict[tuple[str, str], tuple[str, float, int]] = {}
        self.watchers: list[tuple[str, Callable[[], None]]] = []
        self.writes = 0


class FakeBlobs:
    """One client's view; `away` makes it fail, as if the network were cut there."""

    url = "http://fake"

    def __init__(self, shared: Shared) -> None:
        self.shared = shared
        self.away = False

    def _check(self, container: str) -> None:
        if self.away:
            raise StorageUnavailableError("ConnectionError", "away", 503)
        if container not in self.shared.containers:
            raise StorageError("ContainerNotFound", "no container", 404)

    def _find(self, container: str, name: str, conditions: Conditions = ALWAYS) -> tuple[BlobProperties, bytes]:
        self._check(container)
        found = self.shared.blobs.get((container, name))
        if found is None:
            raise StorageError("BlobNotFound", "no blob", 404)
        if conditions.if_match not in (None, "*", found[0].etag):
            raise StorageError("ConditionNotMet", "another version", 412)
        return found

    def _holder(self, container: str, name: str) -> str | None:
        lease = self.shared.leases.get((container, name))
        return lease[0] if lease is not None and lease[1] > self.shared.clock.steady() else None

    def text(self, container: str, name: str) -> str:
        return self.shared.blobs[container, name][1].decode()

    async def create_container(self, container: str) -> bool:
        if self.away:
            raise StorageUnavailableError("ConnectionError", "away", 503)
        is_new = container not in self.shared.containers
        self.shared.containers.add(container)
        return is_new

    async def delete_container(self, container: str) -> None:
        raise NotImplementedError

    async def container_properties(self, container: str) -> ContainerProperties:
        raise NotImplementedError

    async def list_containers(self, prefix: str = "") -> tuple[ContainerProperties, ...]:
        raise NotImplementedError

    async def put(
        self,
        container: str,
        name: str,
        body: bytes | Body,
        *,
        content_type: str = "application/octet-stream",
        metadata: Mapping[str, str] | None = None,
        conditions: Conditions = ALWAYS,
    ) -> BlobProperties:
        self._check(container)
        if conditions.if_none_match == "*" and (container, name) in self.shared.blobs:
            raise StorageError("BlobAlreadyExists", "it is there", 409)
        if conditions.if_match is not None:
            self._find(container, name, conditions)
        assert isinstance(body, bytes)
        return self._save(container, name, body, metadata or {})

    def _save(self, container: str, name: str, body: bytes, metadata: Mapping[str, str]) -> BlobProperties:
        self.shared.writes += 1
        modified = datetime.fromtimestamp(int(self.shared.clock.wall()), UTC)
        properties = BlobProperties(
            container, name, f'"0x{self.shared.writes:X}"', modified, len(body), modified, metadata=dict(metadata)
        )
        self.shared.blobs[container, name] = properties, body
        for watched, wake in self.shared.watchers:
            if watched == container:
                wake()
        return properties

    async def get(
        self, container: str, name: str, *, offset: int = 0, length: int | None = None, conditions: Conditions = ALWAYS
    ) -> BlobContent:
        return BlobContent(*self._find(container, name, conditions))

    async def properties(self, container: str, name: str, conditions: Conditions = ALWAYS) -> BlobProperties:
        return self._find(container, name, conditions)[0]

    async def set_metadata(
        self, container: str, name: str, metadata: Mapping[str, str], conditions: Conditions = ALWAYS
    ) -> str:
        properties, body = self._find(container, name)
        self.shared.blobs[container, name] = replace(properties, metadata=dict(metadata)), body
        return properties.etag

    async def delete(self, container: str, name: str, conditions: Conditions = ALWAYS) -> None:
        self._find(container, name)
        del self.shared.blobs[container, name]

    async def list_blobs(
        self, container: str, prefix: str = "", marker: str | None = None, limit: int = MAX_PAGE
    ) -> BlobPage:
        self._check(container)
        names = sorted(
            n for c, n in self.shared.blobs if c == container and n.startswith(prefix) and n >= (marker or "")
        )
        page = tuple(self.shared.blobs[container, name][0] for name in names[:limit])
        return BlobPage(page, names[limit] if len(names) > limit else None)

    async def acquire_lease(self, container: str, name: str, seconds: int, lease_id: str | None = None) -> str:
        self._find(container, name)
        assert lease_id is not None
        if self._holder(container, name) not in (None, lease_id):
            raise StorageError("LeaseAlreadyPresent", "leased", 409)
        self.shared.leases[container, name] = lease_id, self.shared.clock.steady() + seconds, seconds
        return lease_id

    async def renew_lease(self, container: str, name: str, lease_id: str) -> None:
        self._find(container, name)
        lease = self.shared.leases.get((container, name))
        if lease is None or lease[0] != lease_id:
            raise StorageError("LeaseIdMismatchWithLeaseOperation", "another lease", 409)
        self.shared.leases[container, name] = lease_id, self.shared.clock.steady() + lease[2], lease[2]

    async def change_lease(self, container: str, name: str, lease_id: str, proposed: str) -> str:
        raise NotImplementedError

    async def release_lease(self, container: str, name: str, lease_id: str) -> None:
        if self._holder(container, name) == lease_id:
            del self.shared.leases[container, name]

    async def break_lease(self, container: str, name: str, seconds: int | None = None) -> int:
        raise NotImplementedError

    def watch(self, container: str, wake: Callable[[], None]) -> Callable[[], None]:
        entry = (container, wake)
        self.shared.watchers.append(entry)
        return lambda: self.shared.watchers.remove(entry)
