"""Receipts: which version of which blob has been queued for which function. Never read as "processed".

A receipt is an empty blob under the existing host's path, with its metadata, so deleting it means "run again": the
documented way of replaying. It is written after the message was put. A host that is killed in between queues that
version once more: at least once, never not at all. Receipts need no lease: only the holder of the scanner's lock
writes them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Set as AbstractSet

from funchost.errors import StorageError
from funchost.storage.blobs import BlobProperties, BlobStore
from funchost.triggers.singleton import HOSTS_CONTAINER

_COMPLETED = {"Completed": "true"}
_LONGEST_NAME = 1024
_MISSING = frozenset({"BlobNotFound", "ResourceNotFound", "ContainerNotFound"})


def receipt_path(host_id: str, function_id: str, blob: BlobProperties) -> str:
    """Return the name of a receipt in HOSTS_CONTAINER; the ETag stands in it with its quotes.

    Where that would be longer than a name can be, a hash stands for the blob's name.
    """
    start = f"blobreceipts/{host_id}/{function_id}/{blob.etag}/{blob.container}/"
    if len(start) + len(blob.name) <= _LONGEST_NAME:
        return start + blob.name
    return start + hashlib.sha256(blob.name.encode()).hexdigest()


class Receipts:
    """The receipts of one app.

    Args:
        blobs: the host's own account.
    """

    def __init__(self, blobs: BlobStore, host_id: str) -> None:
        self._blobs = blobs
        self._host_id = host_id

    async def exists(self, function_id: str, blob: BlobProperties) -> bool:
        """Return whether this version has been queued for the function.

        Raises:
            StorageError.
        """
        try:
            found = await self._blobs.properties(HOSTS_CONTAINER, receipt_path(self._host_id, function_id, blob))
        except StorageError as error:
            if error.code in _MISSING:
                return False
            raise
        return _is_completed(found)

    async def write(self, function_id: str, blob: BlobProperties) -> None:
        """Note that this version has been queued.

        Raises:
            StorageError.
        """
        path = receipt_path(self._host_id, function_id, blob)
        try:
            await self._blobs.put(HOSTS_CONTAINER, path, b"", metadata=_COMPLETED)
        except StorageError as error:
            if error.code != "ContainerNotFound":
                raise
            await self._blobs.create_container(HOSTS_CONTAINER)
            await self._blobs.put(HOSTS_CONTAINER, path, b"", metadata=_COMPLETED)

    async def all_of(self, function_id: str, page: int) -> AbstractSet[str]:
        """Return the paths of all receipts of a function, for comparing many at once.

        Raises:
            StorageError.
        """
        found: set[str] = set()
        marker: str | None = None
        prefix = f"blobreceipts/{self._host_id}/{function_id}/"
        try:
            while True:
                listed = await self._blobs.list_blobs(HOSTS_CONTAINER, prefix, marker, page)
                found.update(blob.name for blob in listed.blobs if _is_completed(blob))
                marker = listed.next
                if marker is None:
                    return found
        except StorageError as error:
            if error.code in _MISSING:
                return found
            raise


def _is_completed(receipt: BlobProperties) -> bool:
    """An existing host that was killed while it queued a version leaves a receipt without the entry."""
    return any(name.lower() == "completed" for name in receipt.metadata)
