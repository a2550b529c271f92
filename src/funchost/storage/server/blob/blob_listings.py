"""List Blobs, flat and by hierarchy."""

from __future__ import annotations

import json
import re
import sqlite3
from urllib.parse import quote

from funchost.storage.embedded.blob_listing import Group, ListedBlob, Listing, ListingPage, list_page
from funchost.storage.embedded.blob_row import BlobRow, unpack
from funchost.storage.embedded.blob_writes import APPEND_BLOB
from funchost.storage.embedded.containers import container_id
from funchost.storage.server.blob.blob_call import BlobCall
from funchost.storage.server.blob.changes import tags_element
from funchost.storage.server.blob.container_operations import metadata_element, page_limit
from funchost.storage.server.blob.response_headers import time_text
from funchost.storage.server.exchange import StorageReply
from funchost.storage.server.refusal import unsupported, wrong_query
from funchost.storage.server.xml_document import attribute, document, escape, leaf

_INCLUDES = frozenset(
    "copy deleted metadata snapshots tags uncommittedblobs versions deletedwithversions immutabilitypolicy legalhold "
    "permissions".split()
)
_UNWRITABLE = re.compile("[\x00-\x1f\ufffe\uffff]")
"""Characters of names that no XML text can hold as they are."""

_COPY = (
    ("id", "CopyId"),
    ("source", "CopySource"),
    ("status", "CopyStatus"),
    ("progress", "CopyProgress"),
    ("completion-time", "CopyCompletionTime"),
)


async def list_blobs(call: BlobCall) -> StorageReply:
    """List Blobs. The page is found and written in a reader's thread."""
    query = call.query
    includes = {part for part in query.get("include", "").lower().split(",") if part}
    if not includes <= _INCLUDES:
        raise wrong_query("include", query["include"])
    for name in ("startfrom", "endbefore"):
        if name in query:
            raise unsupported(call.request, f"List Blobs with {name}")
    limit = page_limit(call)
    now = call.now

    def read(connection: sqlite3.Connection) -> bytes:
        listing = Listing(
            container_id(connection, call.account, call.container),
            query.get("prefix", ""),
            query.get("delimiter", ""),
            query.get("marker"),
            limit,
            "snapshots" in includes,
            "uncommittedblobs" in includes,
        )
        return _document(call, list_page(connection, listing), includes, now)

    return StorageReply(200, {"content-type": "application/xml"}, await call.read(read))


def _document(call: BlobCall, page: ListingPage, includes: set[str], now: int) -> bytes:
    query = call.query
    asked = "".join(
        leaf(name, query[name.lower()])
        for name in ("Prefix", "Marker", "MaxResults", "Delimiter")
        if query.get(name.lower())
    )
    entries = []
    for entry in page.entries:
        if isinstance(entry, BlobRow):
            entries.append(_blob(entry, includes, now))
        elif isinstance(entry, Group):
            entries.append(f"<BlobPrefix>{_name(entry.prefix)}</BlobPrefix>")
        else:
            entries.append(_staged(entry))
    place = f'ServiceEndpoint="{attribute(call.request.url)}/" ContainerName="{attribute(call.container)}"'
    return document(
        f"<EnumerationResults {place}>{asked}<Blobs>{''.join(entries)}</Blobs>"
        f"{leaf('NextMarker', page.next or '')}</EnumerationResults>"
    )


def _name(name: str) -> str:
    if name.isprintable() or not _UNWRITABLE.search(name):
        return f"<Name>{escape(name)}</Name>"
    return f'<Name Encoded="true">{quote(name, safe="")}</Name>'


def _blob(row: BlobRow, includes: set[str], now: int) -> str:
    parts = [_name(row.name)]
    if row.snapshot:
        parts.append(f"<Snapshot>{row.snapshot}</Snapshot>")
    parts.append(_properties(row, includes, now))
    if "metadata" in includes:
        parts.append(metadata_element(row.metadata))
    if "tags" in includes and row.tags:
        parts.append(tags_element(row))
    return f"<Blob>{''.join(parts)}</Blob>"


def _properties(row: BlobRow, includes: set[str], now: int) -> str:
    fixed = (
        f"<Creation-Time>{time_text(row.created)}</Creation-Time>"
        f"<Last-Modified>{time_text(row.modified)}</Last-Modified><Etag>0x{row.etag:X}</Etag>"
        f"<Content-Length>{row.size}</Content-Length>"
        f"<Content-Type>{escape(row.content_type or 'application/octet-stream')}</Content-Type>"
    )
    parts = [fixed]
    named = (
        ("Content-Encoding", row.content_encoding),
        ("Content-Language", row.content_language),
        ("Content-MD5", row.md5),
        ("Cache-Control", row.cache_control),
        ("Content-Disposition", row.content_disposition),
    )
    parts += [leaf(name, value) for name, value in named if value]
    parts.append(f"<BlobType>{row.kind}</BlobType>{_tier(row)}")
    if not row.snapshot:
        parts.append(_lease(row, now))
    if row.sealed:
        parts.append("<Sealed>true</Sealed>")
    if row.tags:
        parts.append(f"<TagCount>{len(unpack(row.tags))}</TagCount>")
    if row.copy and "copy" in includes:
        copy = json.loads(row.copy)
        parts += [leaf(name, copy[key]) for key, name in _COPY if key in copy]
    return f"<Properties>{''.join(parts)}<ServerEncrypted>true</ServerEncrypted></Properties>"


def _tier(row: BlobRow) -> str:
    if row.kind == APPEND_BLOB:
        return ""
    if row.tier is None:
        return "<AccessTier>Hot</AccessTier><AccessTierInferred>true</AccessTierInferred>"
    changed = f"<AccessTierChangeTime>{time_text(row.tier_changed)}</AccessTierChangeTime>" if row.tier_changed else ""
    return f"<AccessTier>{row.tier}</AccessTier>{changed}"


def _lease(row: BlobRow, now: int) -> str:
    if not row.lease_id:
        return "<LeaseStatus>unlocked</LeaseStatus><LeaseState>available</LeaseState>"
    lease = row.lease
    status = "locked" if lease.active(now) else "unlocked"
    duration = lease.duration(now)
    kind = f"<LeaseDuration>{duration}</LeaseDuration>" if duration else ""
    return f"<LeaseStatus>{status}</LeaseStatus><LeaseState>{lease.state(now)}</LeaseState>{kind}"


def _staged(entry: ListedBlob) -> str:
    return (
        f"<Blob>{_name(entry.name)}<Properties><Content-Length>0</Content-Length><BlobType>BlockBlob</BlobType>"
        "<LeaseStatus>unlocked</LeaseStatus><LeaseState>available</LeaseState></Properties></Blob>"
    )
