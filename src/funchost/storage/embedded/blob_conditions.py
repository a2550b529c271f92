"""Conditions of one operation, decided from what is stored. Pure.

Source of the rules: "Specifying conditional headers for Blob service operations" of the service's REST reference.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from funchost.errors import StorageError
from funchost.storage.blobs import Conditions

ANY = "*"


class Version(NamedTuple):
    """The parts of a blob or container that conditions look at.

    Args:
        etag: with its quotes.
        modified: microseconds since 1970.
    """

    etag: str
    modified: int


def check_read(conditions: Conditions, version: Version) -> None:
    """Refuse a read whose conditions do not hold.

    Raises:
        StorageError: 412, 304 when the caller has the newest content already, or 400 when nothing could be read.
    """
    if not _conditional(conditions):
        return
    if conditions.if_none_match == ANY:
        raise StorageError(
            "UnsatisfiableCondition", "The request includes an unsatisfiable condition for this operation.", 400
        )
    _check_match(conditions, version)
    if conditions.if_none_match is not None and _matches(conditions.if_none_match, version.etag):
        raise _not_modified()
    since = conditions.if_modified_since
    if since is not None and conditions.if_none_match is None and _second(version) <= since.timestamp():
        raise _not_modified()


def check_write(conditions: Conditions, version: Version | None) -> None:
    """Refuse a write whose conditions do not hold.

    Args:
        version: what is stored now, None if the blob does not exist.

    Raises:
        StorageError: 412 ConditionNotMet, or 409 BlobAlreadyExists when only a new blob was to be written.
    """
    if not _conditional(conditions):
        return
    if version is None:
        if conditions.if_match is not None:
            raise _not_met()
        return
    if conditions.if_none_match == ANY:
        raise StorageError("BlobAlreadyExists", "The specified blob already exists.", 409)
    _check_match(conditions, version)
    if conditions.if_none_match is not None and _matches(conditions.if_none_match, version.etag):
        raise _not_met()
    since = conditions.if_modified_since
    if since is not None and conditions.if_none_match is None and _second(version) <= since.timestamp():
        raise _not_met()


def check_source(conditions: Conditions, version: Version) -> None:
    """Refuse a copy whose source is not in the state asked for (`x-ms-source-if-*`).

    Raises:
        StorageError: 412 SourceConditionNotMet.
    """
    try:
        check_read(conditions, version)
    except StorageError:
        raise StorageError(
            "SourceConditionNotMet", "The source condition specified using HTTP conditional header(s) is not met.", 412
        ) from None


def _conditional(conditions: Conditions) -> bool:
    return conditions[:4] != (None, None, None, None)


def _check_match(conditions: Conditions, version: Version) -> None:
    if conditions.if_match is not None and not _matches(conditions.if_match, version.etag):
        raise _not_met()
    until: datetime | None = conditions.if_unmodified_since
    if until is not None and conditions.if_match is None and _second(version) > until.timestamp():
        raise _not_met()


def _matches(wanted: str, etag: str) -> bool:
    if wanted == ANY or wanted == etag:
        return True
    return any(one.strip().strip('"') == etag.strip('"') for one in wanted.split(","))


def _second(version: Version) -> int:
    return version.modified // 1_000_000


def _not_met() -> StorageError:
    return StorageError("ConditionNotMet", "The condition specified using HTTP conditional header(s) is not met.", 412)


def _not_modified() -> StorageError:
    return StorageError("ConditionNotMet", "The condition specified using HTTP conditional header(s) is not met.", 304)
