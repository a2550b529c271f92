"""Metadata of containers, blobs and queues: read from headers, written as headers and XML. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

from funchost.storage.server.refusal import refusal
from funchost.storage.server.xml_document import leaf

PREFIX = "x-ms-meta-"
MAX_BYTES = 8 * 1024

_NAME = re.compile("[A-Za-z_][A-Za-z0-9_]*")


def read_metadata(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the metadata that a request's headers set; names keep their case.

    Raises:
        StorageError: EmptyMetadataKey, InvalidMetadata, MetadataTooLarge.
    """
    found = {name[len(PREFIX) :]: value.strip() for name, value in headers.items() if name.startswith(PREFIX)}
    if not found:
        return found
    for name in found:
        if not name:
            raise refusal("EmptyMetadataKey")
        if not _NAME.fullmatch(name):
            raise refusal("InvalidMetadata")
    if len({name.lower() for name in found}) < len(found):
        raise refusal("InvalidMetadata")
    if sum(len(name) + len(value.encode()) for name, value in found.items()) > MAX_BYTES:
        raise refusal("MetadataTooLarge")
    return found


def metadata_headers(metadata: Mapping[str, str]) -> dict[str, str]:
    """Return the headers that tell of metadata."""
    return {PREFIX + name: value for name, value in metadata.items()}


def metadata_element(metadata: Mapping[str, str]) -> str:
    """Return the element that tells of metadata in a listing."""
    if not metadata:
        return "<Metadata />"
    return f"<Metadata>{''.join(leaf(name, value) for name, value in metadata.items())}</Metadata>"
