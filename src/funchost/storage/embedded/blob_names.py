"""Names that the service allows for containers, blobs and metadata. Pure.

Source: "Naming and Referencing Containers, Blobs, and Metadata" of the service's REST reference.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from funchost.errors import StorageError

ROOT = "$root"
SPECIAL = frozenset({ROOT, "$web", "$logs", "$blobchangefeed"})
"""Containers whose names are none that a user could choose."""

MAX_NAME = 1024
MAX_METADATA = 8 * 1024

_CONTAINER = re.compile(r"[a-z0-9](?:-?[a-z0-9])*", re.ASCII)
_METADATA = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_UNPRINTED = re.compile("[\x00-\x08\x0a-\x1f\x7f]")
_FORBIDDEN = re.compile("[\x00\ud800-\udfff]")


def check_container(name: str) -> None:
    """Refuse a container name that is none.

    Raises:
        StorageError: 400 OutOfRangeInput for its length, InvalidResourceName for its characters.
    """
    if name in SPECIAL:
        return
    if not 3 <= len(name) <= 63:
        raise StorageError(
            "OutOfRangeInput",
            f"The container name {name!r} has {len(name)} characters; it must have 3 to 63.",
            400,
        )
    if _CONTAINER.fullmatch(name) is None:
        raise StorageError(
            "InvalidResourceName",
            f"The container name {name!r} contains characters that are not allowed: use lower-case letters, digits and "
            "single hyphens between them.",
            400,
        )


def check_blob(name: str) -> None:
    """Refuse a blob name that is none.

    Raises:
        StorageError: 400 OutOfRangeInput for its length, InvalidResourceName for its characters.
    """
    if not 1 <= len(name) <= MAX_NAME:
        raise StorageError(
            "OutOfRangeInput", f"The blob name has {len(name)} characters; it must have 1 to {MAX_NAME}.", 400
        )
    if not name.isascii() or "\x00" in name:
        if _FORBIDDEN.search(name) is not None:
            raise StorageError("InvalidResourceName", f"The blob name {name!r} contains invalid characters.", 400)


def stored_name(name: str) -> str:
    """Return a blob's name as the service keeps it: a backslash means a slash."""
    return name.replace("\\", "/")


def check_metadata(metadata: Mapping[str, str]) -> None:
    """Refuse metadata that a header could not carry.

    Raises:
        StorageError: 400 InvalidMetadata, EmptyMetadataKey or MetadataTooLarge.
    """
    for name in metadata:
        if not name:
            raise StorageError("EmptyMetadataKey", "The key for one of the metadata key-value pairs is empty.", 400)
        if _METADATA.fullmatch(name) is None:
            raise StorageError(
                "InvalidMetadata",
                f"The metadata name {name!r} is no identifier: use letters, digits and underscores.",
                400,
            )
    if any(_UNPRINTED.search(value) for value in metadata.values()):
        raise StorageError("InvalidMetadata", "A metadata value holds a line break or another control character.", 400)
    if sum(len(name) + len(value) for name, value in metadata.items()) > MAX_METADATA:
        raise StorageError(
            "MetadataTooLarge", "The size of the specified metadata exceeds the maximum size permitted.", 400
        )
