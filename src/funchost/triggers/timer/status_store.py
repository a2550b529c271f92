"""Where the status of a timer is kept: a blob under the documented path, or nowhere."""

from __future__ import annotations

from datetime import tzinfo
from typing import Protocol

from funchost.errors import StorageError
from funchost.storage.blobs import BlobStore, Conditions
from funchost.triggers.singleton import HOSTS_CONTAINER
from funchost.triggers.timer.status import ScheduleStatus, read_status, status_document

_NO_BLOB = frozenset({"BlobNotFound", "ResourceNotFound", "ContainerNotFound"})
_CHANGED = frozenset({"ConditionNotMet", "BlobAlreadyExists", "BlobNotFound", "ResourceNotFound"})
SMALL = 64 * 1024


class StatusChangedError(Exception):
    """The status was written, or deleted, by somebody else since it was read: nothing was written."""


class UnreadableStatusError(Exception):
    """What is there is no status; the next `save` replaces it. The text says why."""


class StatusStore(Protocol):
    """The status of one timer."""

    async def load(self) -> ScheduleStatus | None:
        """Return the status, None if there is none.

        Raises:
            StorageError, UnreadableStatusError.
        """
        ...

    async def save(self, status: ScheduleStatus) -> None:
        """Write the status unless it is not the one that was loaded or saved last.

        Raises:
            StorageError, StatusChangedError.
        """
        ...


class NoStatus:
    """Keeps nothing: what was missed while the timer was not there is not made up for."""

    async def load(self) -> ScheduleStatus | None:
        return None

    async def save(self, status: ScheduleStatus) -> None:
        return


class BlobStatus:
    """Implements StatusStore.

    Args:
        host_id: the same for all instances of the app.
        function: its name.
        zone: of the times in the blob.
    """

    def __init__(self, blobs: BlobStore, host_id: str, function: str, zone: tzinfo) -> None:
        self._blobs = blobs
        self._path = f"timers/{host_id}/Host.Functions.{function}/status"
        self._zone = zone
        self._etag: str | None = None

    async def load(self) -> ScheduleStatus | None:
        self._etag = None
        try:
            properties, body = await self._blobs.get(HOSTS_CONTAINER, self._path, length=SMALL)
        except StorageError as error:
            if error.code in _NO_BLOB:
                return None
            raise
        self._etag = properties.etag
        content = body if isinstance(body, bytes) else b"".join([chunk async for chunk in body])
        try:
            return read_status(content, self._zone)
        except ValueError as error:
            raise UnreadableStatusError(
                f"The schedule status in blob '{self._path}' cannot be read: {error}."
            ) from None

    async def save(self, status: ScheduleStatus) -> None:
        try:
            await self._put(status)
        except StorageError as error:
            if error.code == "ContainerNotFound":
                await self._blobs.create_container(HOSTS_CONTAINER)
                self._etag = None
                await self._put(status)
            elif error.code in _CHANGED:
                raise StatusChangedError from error
            else:
                raise

    async def _put(self, status: ScheduleStatus) -> None:
        unchanged = Conditions(if_none_match="*") if self._etag is None else Conditions(if_match=self._etag)
        content = status_document(status, self._zone)
        properties = await self._blobs.put(
            HOSTS_CONTAINER, self._path, content, content_type="application/json", conditions=unchanged
        )
        self._etag = properties.etag
