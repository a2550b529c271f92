"""What the blob service says of blobs in headers and listings, and the headers of conditions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from urllib.parse import unquote
from xml.etree.ElementTree import Element

from funchost.storage.blobs import BlobProperties, Conditions, ContainerProperties
from funchost.storage.remote.dates import read_date
from funchost.storage.remote.metadata import metadata_from_headers, metadata_from_xml

_NO_TYPE = "application/octet-stream"


def condition_headers(conditions: Conditions) -> dict[str, str]:
    """Return the headers that state `conditions`."""
    headers: dict[str, str] = {}
    if conditions.if_match is not None:
        headers["if-match"] = conditions.if_match
    if conditions.if_none_match is not None:
        headers["if-none-match"] = conditions.if_none_match
    if conditions.if_modified_since is not None:
        headers["if-modified-since"] = _http_date(conditions.if_modified_since)
    if conditions.if_unmodified_since is not None:
        headers["if-unmodified-since"] = _http_date(conditions.if_unmodified_since)
    if conditions.lease_id is not None:
        headers["x-ms-lease-id"] = conditions.lease_id
    return headers


def blob_from_headers(container: str, name: str, headers: Mapping[str, str], size: int | None = None) -> BlobProperties:
    """Return a blob's properties from an answer about it.

    Args:
        size: of the whole blob; None = what the answer's Content-Length says.
    """
    get = headers.get
    part = "Content-Range" in headers  # then Content-MD5 is the part's
    created = get("x-ms-creation-time")
    return BlobProperties(
        container=container,
        name=name,
        etag=quoted(headers["ETag"]),
        last_modified=read_date(headers["Last-Modified"]),
        size=int(get("Content-Length", "0")) if size is None else size,
        created=read_date(created) if created else None,
        blob_type=get("x-ms-blob-type", "BlockBlob"),
        content_type=get("Content-Type", _NO_TYPE),
        content_encoding=get("Content-Encoding") or None,
        content_language=get("Content-Language") or None,
        content_disposition=get("Content-Disposition") or None,
        cache_control=get("Cache-Control") or None,
        content_md5=get("x-ms-blob-content-md5" if part else "Content-MD5") or None,
        lease_state=get("x-ms-lease-state", "available"),
        lease_duration=get("x-ms-lease-duration") or None,
        access_tier=get("x-ms-access-tier") or None,
        metadata=metadata_from_headers(headers),
    )


def blob_from_listing(container: str, element: Element) -> BlobProperties:
    """Return a blob's properties from its entry in a listing."""
    found = {child.tag: child.text or "" for child in element.find("Properties") or ()}
    get = found.get
    created = get("Creation-Time")
    return BlobProperties(
        container=container,
        name=_name(element),
        etag=quoted(found["Etag"]),
        last_modified=read_date(found["Last-Modified"]),
        size=int(get("Content-Length") or "0"),
        created=read_date(created) if created else None,
        blob_type=get("BlobType") or "BlockBlob",
        content_type=get("Content-Type") or _NO_TYPE,
        content_encoding=get("Content-Encoding") or None,
        content_language=get("Content-Language") or None,
        content_disposition=get("Content-Disposition") or None,
        cache_control=get("Cache-Control") or None,
        content_md5=get("Content-MD5") or None,
        lease_state=get("LeaseState") or "available",
        lease_duration=get("LeaseDuration") or None,
        access_tier=get("AccessTier") or None,
        metadata=metadata_from_xml(element.find("Metadata")),
    )


def container_from_headers(name: str, headers: Mapping[str, str]) -> ContainerProperties:
    """Return a container's properties from an answer about it."""
    return ContainerProperties(
        name, quoted(headers["ETag"]), read_date(headers["Last-Modified"]), metadata_from_headers(headers)
    )


def container_from_listing(element: Element) -> ContainerProperties:
    """Return a container's properties from its entry in a listing."""
    return ContainerProperties(
        element.findtext("Name") or "",
        quoted(element.findtext("Properties/Etag") or ""),
        read_date(element.findtext("Properties/Last-Modified") or ""),
        metadata_from_xml(element.find("Metadata")),
    )


def quoted(etag: str) -> str:
    """Return an ETag with its quotes, which listings of the service leave out."""
    return etag if etag.startswith('"') else f'"{etag}"'


def _name(element: Element) -> str:
    name = element.find("Name")
    if name is None:
        return ""
    text = name.text or ""
    return unquote(text) if name.get("Encoded") == "true" else text  # names that XML cannot carry come in percent form


def _http_date(time: datetime) -> str:
    return format_datetime(time.astimezone(UTC), usegmt=True)
