"""Metadata of blobs, containers and queues, which travels in ``x-ms-meta-`` headers."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from xml.etree.ElementTree import Element

from funchost.errors import StorageError

_PREFIX = "x-ms-meta-"


def metadata_headers(metadata: Mapping[str, str] | None) -> dict[str, str]:
    """Return the headers that carry `metadata`; names go in lower case, which the services take for the same.

    Raises:
        StorageError: InvalidMetadata, a name or value that no header can carry.
    """
    headers: dict[str, str] = {}
    for name, value in (metadata or {}).items():
        if not name.isidentifier() or not name.isascii():
            raise StorageError(
                "InvalidMetadata",
                f"{name!r} cannot be the name of metadata.",
                400,
                hint="Use letters, digits and underscores, no digit first.",
            )
        if value and not (value.isascii() and value.isprintable()):
            raise StorageError(
                "InvalidMetadata",
                f"The value of the metadata {name!r} has characters that a header cannot carry.",
                400,
                hint="Encode it, e.g. in percent form.",
            )
        headers[_PREFIX + name.lower()] = value
    return headers


def metadata_from_headers(headers: Mapping[str, str]) -> Mapping[str, str]:
    """Return the metadata that an answer carries."""
    found = {name[len(_PREFIX) :]: value for name, value in headers.items() if name[: len(_PREFIX)].lower() == _PREFIX}
    return MappingProxyType(found)


def metadata_from_xml(element: Element | None) -> Mapping[str, str]:
    """Return the metadata that an entry of a listing carries."""
    return MappingProxyType({} if element is None else {child.tag: child.text or "" for child in element})
