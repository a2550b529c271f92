"""Headers that tell of a blob or container. Pure."""

from __future__ import annotations

import json
from email.utils import formatdate
from functools import lru_cache

from funchost.storage.embedded.blob_row import SECOND, BlobRow, etag_text, unpack
from funchost.storage.embedded.blob_writes import APPEND_BLOB
from funchost.storage.embedded.containers import ContainerRow
from funchost.storage.embedded.leases import Lease

_NAMED = (
    ("content-encoding", 11),
    ("content-language", 12),
    ("content-disposition", 13),
    ("cache-control", 14),
)
"""Headers and the places of their values in a BlobRow."""


@lru_cache(maxsize=4096)
def second_text(second: int) -> str:
    """Return a time as HTTP writes it.

    Args:
        second: since 1970.
    """
    return formatdate(second, usegmt=True)


def time_text(microseconds: int) -> str:
    """Return a stored time as HTTP writes it."""
    return second_text(microseconds // SECOND)


def version_headers(row: BlobRow | ContainerRow) -> dict[str, str]:
    """Return what every write answers: the new ETag and time."""
    return {"etag": etag_text(row.etag), "last-modified": time_text(row.modified)}


def written_headers(row: BlobRow) -> dict[str, str]:
    """Return what writes of content answer."""
    headers = version_headers(row)
    headers["x-ms-request-server-encrypted"] = "true"
    return headers


def lease_headers(lease: Lease, now: int) -> dict[str, str]:
    """Return status, state and kind of a lease."""
    state = lease.state(now)
    headers = {"x-ms-lease-status": "locked" if lease.active(now) else "unlocked", "x-ms-lease-state": state}
    duration = lease.duration(now)
    if duration is not None:
        headers["x-ms-lease-duration"] = duration
    return headers


def blob_headers(row: BlobRow, now: int) -> dict[str, str]:
    """Return all that a blob's properties say, but for the length and MD5 of what is sent."""
    headers = version_headers(row)
    headers["accept-ranges"] = "bytes"
    headers["content-type"] = row.content_type or "application/octet-stream"
    for name, place in _NAMED:
        value = row[place]
        if value:
            headers[name] = str(value)
    headers["x-ms-blob-type"] = row.kind
    headers["x-ms-creation-time"] = time_text(row.created)
    headers["x-ms-server-encrypted"] = "true"
    if row.lease_id:
        headers.update(lease_headers(row.lease, now))
    elif not row.snapshot:
        headers["x-ms-lease-status"] = "unlocked"
        headers["x-ms-lease-state"] = "available"
    if row.kind == APPEND_BLOB:
        headers["x-ms-blob-committed-block-count"] = str(row.segments)
        if row.sealed:
            headers["x-ms-blob-sealed"] = "true"
    else:
        headers.update(tier_headers(row))
    if row.metadata:
        headers.update(metadata_headers(row.metadata))
    if row.tags:
        headers["x-ms-tag-count"] = str(len(unpack(row.tags)))
    if row.copy:
        headers.update({f"x-ms-copy-{name}": value for name, value in json.loads(row.copy).items()})
    return headers


def tier_headers(row: BlobRow) -> dict[str, str]:
    """Return a block blob's tier; one that was never set is Hot."""
    if row.tier is None:
        return {"x-ms-access-tier": "Hot", "x-ms-access-tier-inferred": "true"}
    headers = {"x-ms-access-tier": row.tier}
    if row.tier_changed is not None:
        headers["x-ms-access-tier-change-time"] = time_text(row.tier_changed)
    return headers


def container_headers(row: ContainerRow, now: int) -> dict[str, str]:
    """Return all that a container's properties say."""
    headers = version_headers(row)
    headers.update(lease_headers(row.lease, now))
    headers["x-ms-has-immutability-policy"] = "false"
    headers["x-ms-has-legal-hold"] = "false"
    headers["x-ms-default-encryption-scope"] = "$account-encryption-key"
    headers["x-ms-deny-encryption-scope-override"] = "false"
    if row.public:
        headers["x-ms-blob-public-access"] = row.public
    headers.update(metadata_headers(row.metadata))
    return headers


def metadata_headers(packed: str) -> dict[str, str]:
    """Return stored metadata as headers."""
    return {f"x-ms-meta-{name}": value for name, value in unpack(packed).items()}
