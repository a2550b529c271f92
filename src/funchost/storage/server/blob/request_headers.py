"""What the headers of a request to the blob service say. Pure."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple
from urllib.parse import parse_qsl

from funchost.errors import StorageError
from funchost.storage.blobs import ALWAYS, Conditions
from funchost.storage.embedded.blob_names import check_metadata
from funchost.storage.embedded.blob_row import ContentHeaders, pack
from funchost.storage.server.dates import read_http_date
from funchost.storage.server.refusal import missing_header, refusal, wrong_header

Headers = Mapping[str, str]

META = "x-ms-meta-"
MAX_TAGS = 10
TIERS = frozenset({"Hot", "Cool", "Cold", "Archive", "Premium"} | {f"P{size}" for size in (4, 6, 10, 15, 20, 30)})

_CONDITIONAL = ("if-match", "if-none-match", "if-modified-since", "if-unmodified-since", "x-ms-lease-id")
_TAG = re.compile(r"[A-Za-z0-9 +\-./:=_]*")
_RANGE = re.compile(r"bytes=(\d+)-(\d*)", re.ASCII)


class ByteRange(NamedTuple):
    """Bytes from `first` to `last`, both included; `last` is None for the end of the blob."""

    first: int
    last: int | None


def read_conditions(headers: Headers, prefix: str = "") -> Conditions:
    """Return the conditional headers and the lease of a request.

    Args:
        prefix: ``x-ms-source-`` for those of a copy's source.

    Raises:
        StorageError: InvalidHeaderValue.
    """
    if not any(prefix + name in headers for name in _CONDITIONAL):
        return ALWAYS
    lease = headers.get("x-ms-lease-id") if not prefix else None
    return Conditions(
        headers.get(f"{prefix}if-match"),
        headers.get(f"{prefix}if-none-match"),
        _date(headers, f"{prefix}if-modified-since"),
        _date(headers, f"{prefix}if-unmodified-since"),
        lease and lease_id("x-ms-lease-id", lease),
    )


def read_metadata(headers: Headers) -> dict[str, str]:
    """Return the metadata of a request.

    Raises:
        StorageError: InvalidMetadata, EmptyMetadataKey, MetadataTooLarge.
    """
    metadata = {name[len(META) :]: value for name, value in headers.items() if name.startswith(META)}
    if metadata:
        check_metadata(metadata)
    return metadata


def read_content_headers(headers: Headers, fallback: bool = True) -> ContentHeaders:
    """Return what readers of the blob will get.

    Args:
        fallback: whether headers of the request itself count where the blob's own (``x-ms-blob-...``) are missing.
    """

    def value(name: str, *, ours: str = "x-ms-blob-") -> str | None:
        given = headers.get(ours + name)
        return given or (headers.get(name) if fallback else None) or None

    return ContentHeaders(
        value("content-type"),
        value("content-encoding"),
        value("content-language"),
        headers.get("x-ms-blob-content-disposition") or None,
        value("cache-control"),
        headers.get("x-ms-blob-content-md5") or None,
    )


def read_tags(headers: Headers) -> str:
    """Return the tags of the ``x-ms-tags`` header, packed."""
    text = headers.get("x-ms-tags")
    return "" if not text else pack(checked_tags(parse_qsl(text, keep_blank_values=True)))


def checked_tags(pairs: list[tuple[str, str]]) -> dict[str, str]:
    """Return tags whose number, lengths and characters the service allows.

    Raises:
        StorageError: 400 InvalidTags, InvalidTag.
    """
    tags = dict(pairs)
    if len(tags) > MAX_TAGS or len(tags) < len(pairs):
        raise StorageError("InvalidTags", f"A blob has at most {MAX_TAGS} tags, each with a key of its own.", 400)
    if any(not 1 <= len(key) <= 128 or len(value) > 256 for key, value in tags.items()):
        raise StorageError(
            "InvalidTags", "A tag has a key of 1 to 128 characters and a value of at most 256 characters.", 400
        )
    wrong = next((text for text in (*tags, *tags.values()) if not _TAG.fullmatch(text)), None)
    if wrong is not None:
        raise StorageError(
            "InvalidTag",
            f"The tags specified are invalid. {wrong!r} has characters that are not permitted; a tag has letters,"
            " digits, spaces and + - . / : = _.",
            400,
        )
    return tags


def read_tier(headers: Headers) -> str | None:
    """Return the access tier of a request, None if it names none.

    Raises:
        StorageError: InvalidHeaderValue.
    """
    tier = headers.get("x-ms-access-tier")
    if tier is not None and tier not in TIERS:
        raise wrong_header("x-ms-access-tier", tier)
    return tier


def read_range(headers: Headers, name: str = "range") -> ByteRange | None:
    """Return the range that a request asks for, None for all; a header of another form is ignored, as in HTTP.

    Args:
        name: ``range`` stands for ``x-ms-range`` too, which comes first.
    """
    text = headers.get("x-ms-range") or headers.get("range") if name == "range" else headers.get(name)
    match = _RANGE.fullmatch(text.strip()) if text else None
    if match is None:
        return None
    last = int(match[2]) if match[2] else None
    first = int(match[1])
    return None if last is not None and last < first else ByteRange(first, last)


def resolve_range(wanted: ByteRange | None, size: int) -> tuple[int, int]:
    """Return offset and length of a range in a blob of `size` bytes.

    Raises:
        StorageError: 416 InvalidRange: it begins behind the end.
    """
    if wanted is None:
        return 0, size
    if wanted.first >= size:
        error = refusal("InvalidRange")
        error.headers["content-range"] = f"bytes */{size}"
        raise error
    last = size - 1 if wanted.last is None else min(wanted.last, size - 1)
    return wanted.first, last - wanted.first + 1


def lease_id(name: str, value: str) -> str:
    """Return a lease id as it is stored.

    Raises:
        StorageError: InvalidHeaderValue: it is no GUID.
    """
    try:
        return str(uuid.UUID(value))
    except ValueError:
        raise wrong_header(name, value) from None


def number(headers: Headers, name: str) -> int | None:
    """Return a header's whole number, None if the header is not there.

    Raises:
        StorageError: InvalidHeaderValue.
    """
    text = headers.get(name)
    if text is None:
        return None
    try:
        return int(text)
    except ValueError:
        raise wrong_header(name, text) from None


def required(headers: Headers, name: str) -> str:
    """Return a header's value.

    Raises:
        StorageError: MissingRequiredHeader.
    """
    value = headers.get(name)
    if not value:
        raise missing_header(name)
    return value


def flag(headers: Headers, name: str) -> bool:
    """Return whether a header says ``true``."""
    return headers.get(name, "").lower() == "true"


def md5_of(data: bytes) -> str:
    """Return an MD5 as the service writes it, Base64 text."""
    return base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode("ascii")


def check_md5(expected: str | None, actual: str) -> None:
    """Refuse content whose MD5 is not what the sender computed.

    Raises:
        StorageError: InvalidMd5, Md5Mismatch.
    """
    if expected is None or expected == actual:
        return
    try:
        valid = len(base64.b64decode(expected, validate=True)) == 16
    except (binascii.Error, ValueError):
        valid = False
    if not valid:
        raise refusal("InvalidMd5")
    raise refusal("Md5Mismatch", UserSpecifiedMd5=expected, ServerCalculatedMd5=actual)


def _date(headers: Headers, name: str) -> datetime | None:
    text = headers.get(name)
    if text is None:
        return None
    try:
        return read_http_date(text)
    except (ValueError, TypeError):
        raise wrong_header(name, text) from None
