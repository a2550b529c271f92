"""ScanState: up to when a container has been scanned, in a blob under the existing host's path.

It decides one thing: a function that is new on a container that was scanned before does not get the blobs from before.
Setting it back, or deleting it, and deleting receipts, makes a running host look at old blobs again.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import NamedTuple

from funchost.app.foreign_json import read_foreign
from funchost.errors import StorageError
from funchost.storage.blobs import BlobStore
from funchost.triggers.singleton import HOSTS_CONTAINER

_MISSING = frozenset({"BlobNotFound", "ResourceNotFound", "ContainerNotFound"})


class Scanned(NamedTuple):
    """Args:

    until: the last complete scan saw everything older; None = there was none.
    etag: of the blob, None if there is none.
    """

    until: datetime | None
    etag: str | None


class ScanState:
    """The state of one container.

    Args:
        blobs: the host's own account.
        account: name of the container's account.
    """

    def __init__(self, blobs: BlobStore, host_id: str, account: str, container: str) -> None:
        self._blobs = blobs
        self._path = f"blobscaninfo/{host_id}/{account}/{container}/scanInfo"
        self._etag: str | None = None

    async def load(self) -> Scanned:
        """Raises: StorageError."""
        try:
            properties, body = await self._blobs.get(HOSTS_CONTAINER, self._path)
        except StorageError as error:
            if error.code not in _MISSING:
                raise
            self._etag = None
            return Scanned(None, None)
        self._etag = properties.etag
        content = body if isinstance(body, bytes) else b"".join([chunk async for chunk in body])
        return Scanned(_latest_scan(content), properties.etag)

    async def save(self, until: datetime) -> datetime:
        """Write the state; returns the store's time of doing so.

        Raises:
            StorageError.
        """
        content = json.dumps({"LatestScan": until.astimezone(UTC).isoformat()}).encode()
        try:
            properties = await self._blobs.put(HOSTS_CONTAINER, self._path, content, content_type="application/json")
        except StorageError as error:
            if error.code != "ContainerNotFound":
                raise
            await self._blobs.create_container(HOSTS_CONTAINER)
            properties = await self._blobs.put(HOSTS_CONTAINER, self._path, content, content_type="application/json")
        self._etag = properties.etag
        return properties.last_modified

    async def is_changed(self) -> bool:
        """Return whether somebody else has written or deleted it since it was loaded or saved here.

        Raises:
            StorageError.
        """
        try:
            properties = await self._blobs.properties(HOSTS_CONTAINER, self._path)
        except StorageError as error:
            if error.code not in _MISSING:
                raise
            return self._etag is not None
        return properties.etag != self._etag


def _latest_scan(content: bytes) -> datetime | None:
    """Return the time in the blob; None if it holds none, then everything is looked at, and receipts decide."""
    try:
        document = read_foreign(content)
        latest = datetime.fromisoformat(document["LatestScan"])  # type: ignore[index]
    except (ValueError, TypeError, KeyError):
        return None
    return latest if latest.tzinfo is not None else latest.replace(tzinfo=UTC)
