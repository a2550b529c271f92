"""BlobStore: containers, blobs and leases, as the host uses them. Implemented by embedded/ and remote/."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple, Protocol, runtime_checkable

from funchost.app.invocation import Body

INFINITE = -1
"""Length of a lease that has no end."""

MAX_PAGE = 5000
"""Most entries of one page of a listing, a rule of the service."""


class Conditions(NamedTuple):
    """What must hold for an operation to happen; all None = nothing.

    Args:
        if_match: an ETag with its quotes, or ``*`` = the blob exists.
        if_none_match: an ETag with its quotes, or ``*`` = the blob does not exist.
        lease_id: proves that the caller holds the blob's (or container's) lease.
    """

    if_match: str | None = None
    if_none_match: str | None = None
    if_modified_since: datetime | None = None
    if_unmodified_since: datetime | None = None
    lease_id: str | None = None


ALWAYS = Conditions()


@dataclass(frozen=True, slots=True)
class BlobProperties:
    """What a store knows of one blob besides its content.

    Args:
        etag: with its quotes; changes with every write, of metadata too.
        last_modified: aware, UTC, whole seconds.
        size: bytes.
        blob_type: ``BlockBlob``, ``AppendBlob`` or ``PageBlob``.
        content_md5: Base64 text, None if the store has none.
        lease_state: ``available``, ``leased``, ``expired``, ``breaking`` or ``broken``.
        lease_duration: ``fixed`` or ``infinite`` while leased.
    """

    container: str
    name: str
    etag: str
    last_modified: datetime
    size: int
    created: datetime | None = None
    blob_type: str = "BlockBlob"
    content_type: str = "application/octet-stream"
    content_encoding: str | None = None
    content_language: str | None = None
    content_disposition: str | None = None
    cache_control: str | None = None
    content_md5: str | None = None
    lease_state: str = "available"
    lease_duration: str | None = None
    access_tier: str | None = None
    metadata: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


class BlobContent(NamedTuple):
    """A blob that was read; `body` is bytes when it is short, else a stream to be read once."""

    properties: BlobProperties
    body: bytes | Body


class BlobPage(NamedTuple):
    """One page of a listing in ordinal order of names; `next` is the marker of the following page, None at the end."""

    blobs: tuple[BlobProperties, ...]
    next: str | None


class ContainerProperties(NamedTuple):
    """What a store knows of one container."""

    name: str
    etag: str
    last_modified: datetime
    metadata: Mapping[str, str] = MappingProxyType({})


class BlobStore(Protocol):
    """Blobs of one account.

    Every method raises StorageError with the service's error code (`BlobNotFound`, `ContainerNotFound`,
    `ConditionNotMet`, `LeaseAlreadyPresent`, `LeaseIdMismatchWithLeaseOperation` ...), and StorageUnavailableError
    when the store cannot be reached or is too busy.
    """

    @property
    def url(self) -> str:
        """Base URL of the service, without a slash at the end."""
        ...

    async def create_container(self, container: str) -> bool:
        """Return True if it was created, False if it was there."""
        ...

    async def delete_container(self, container: str) -> None: ...

    async def container_properties(self, container: str) -> ContainerProperties: ...

    async def list_containers(self, prefix: str = "") -> tuple[ContainerProperties, ...]: ...

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
        """Write a whole block blob; readers see the old content or the new one, never a part."""
        ...

    async def get(
        self, container: str, name: str, *, offset: int = 0, length: int | None = None, conditions: Conditions = ALWAYS
    ) -> BlobContent: ...

    async def properties(self, container: str, name: str, conditions: Conditions = ALWAYS) -> BlobProperties: ...

    async def set_metadata(
        self, container: str, name: str, metadata: Mapping[str, str], conditions: Conditions = ALWAYS
    ) -> str:
        """Replace all metadata; returns the new ETag."""
        ...

    async def delete(self, container: str, name: str, conditions: Conditions = ALWAYS) -> None: ...

    async def list_blobs(
        self, container: str, prefix: str = "", marker: str | None = None, limit: int = MAX_PAGE
    ) -> BlobPage: ...

    async def acquire_lease(self, container: str, name: str, seconds: int, lease_id: str | None = None) -> str:
        """Take the lease of a blob for 15 to 60 seconds or INFINITE; returns its id, `lease_id` if one is proposed."""
        ...

    async def renew_lease(self, container: str, name: str, lease_id: str) -> None: ...

    async def change_lease(self, container: str, name: str, lease_id: str, proposed: str) -> str: ...

    async def release_lease(self, container: str, name: str, lease_id: str) -> None: ...

    async def break_lease(self, container: str, name: str, seconds: int | None = None) -> int:
        """End a lease without its id; returns the seconds that it goes on for."""
        ...

    def watch(self, container: str, wake: Callable[[], None]) -> Callable[[], None]:
        """Have `wake` called in the event loop after blobs of a container changed; returns what ends that.

        The embedded store tells of every change, other processes' too; a remote one of this process's own writes.
        Calls may be too many, and none may come for what another client of a remote store wrote: poll as well.
        """
        ...


class ChangeMark(NamedTuple):
    """A place in the order in which the blobs of a container were changed; the default is before all."""

    modified: int = 0
    name: str = ""


class ChangePage(NamedTuple):
    """Blobs as they are now, in the order of their last changes; `mark` is behind the last of them."""

    blobs: tuple[BlobProperties, ...]
    mark: ChangeMark


@runtime_checkable
class ChangeFeed(Protocol):
    """A BlobStore that can say what has changed without listing everything."""

    async def changed_blobs(self, container: str, after: ChangeMark, limit: int) -> ChangePage:
        """Return up to `limit` blobs that were written, or whose metadata was, after a mark.

        Changes get marks in the order of the store's clock, which is that of the machine: whoever keeps a mark looks
        again from an earlier one when that clock was put back.

        Raises:
            StorageError: as BlobStore.
        """
        ...
