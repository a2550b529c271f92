"""Entities: the service's limits, and the form in which they are stored and returned."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import unquote

import msgspec

from funchost.errors import StorageError
from funchost.storage.embedded.table_errors import table_error
from funchost.storage.embedded.table_property import annotated, size_of
from funchost.storage.odata.edm import TYPE_SUFFIX, datetime_text, ticks_of
from funchost.storage.tables import ANY, Entity

MAX_ENTITY = 1024 * 1024
"""Longest entity, counted as the service does: UTF-16 for names and text."""

_MOST_PROPERTIES = 252
_LONGEST_KEY = 512
_LONGEST_NAME = 255
SYSTEM = frozenset({"PartitionKey", "RowKey", "Timestamp"})
_ETAG = re.compile("W/\"datetime'(.*)'\"")
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(dict[str, Any]).decode


def keys_of(entity: Entity) -> tuple[str, str]:
    """Return partition and row key of an entity; StorageError for a key that is missing or against the rules."""
    return _key(entity, "PartitionKey"), _key(entity, "RowKey")


def properties_of(entity: Entity) -> dict[str, Any]:
    """Return an entity's own properties in the form they are stored in.

    Keys, Timestamp and members of the protocol are left out, and so is what is null: the service has no null.
    StorageError for a name, type or value that the service refuses.
    """
    properties: dict[str, Any] = {}
    for name, value in entity.items():
        if value is None or name in SYSTEM or "odata." in name:
            continue
        _check_name(name)
        type_name, stored = annotated(name, entity.get(name + TYPE_SUFFIX), value)
        properties[name] = stored
        if type_name is not None:
            properties[name + TYPE_SUFFIX] = type_name
    return properties


def merged(stored: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return stored properties with the given ones in their place, types included."""
    result = dict(stored)
    for name in given:
        result.pop(name + TYPE_SUFFIX, None)
    result.update(given)
    return result


def check_size(partition: str, row: str, properties: Mapping[str, Any]) -> None:
    """Raise TooManyProperties or EntityTooLarge for what is beyond the service's limits."""
    count, size = 0, 4 + 2 * (len(partition) + len(row))
    for name, value in properties.items():
        if not name.endswith(TYPE_SUFFIX):
            count += 1
            size += 8 + 2 * len(name) + size_of(properties.get(name + TYPE_SUFFIX), value)
    if count > _MOST_PROPERTIES:
        raise table_error("TooManyProperties")
    if size > MAX_ENTITY:
        raise table_error("EntityTooLarge")


def encoded(properties: Mapping[str, Any]) -> bytes:
    """Return properties as they stand in the database; InvalidInput for text that is not Unicode."""
    try:
        return _encode(properties)
    except UnicodeEncodeError as error:
        raise _not_unicode() from error


def decoded(data: bytes) -> dict[str, Any]:
    return _decode(data)


def entity_of(partition: str, row: str, changed: int, properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return an entity as readers get it."""
    timestamp = datetime_text(changed, all_digits=True)
    return {
        "odata.etag": _etag(timestamp),
        "PartitionKey": partition,
        "RowKey": row,
        "Timestamp": timestamp,
        **properties,
    }


def selected(entity: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """Return the properties `names` of an entity with their types, and its ETag."""
    chosen = {"odata.etag": entity["odata.etag"]}
    for name in names:
        for member in (name, name + TYPE_SUFFIX):
            if member in entity:
                chosen[member] = entity[member]
    return chosen


def etag_of(changed: int) -> str:
    """Return the ETag of an entity that was changed at these ticks."""
    return _etag(datetime_text(changed, all_digits=True))


def _etag(timestamp: str) -> str:
    return f"W/\"datetime'{timestamp.replace(':', '%3A')}'\""


def changed_of(etag: str) -> int | None:
    """Return the ticks that an ETag stands for, None for the one that every entity matches."""
    if etag == ANY:
        return None
    match = _ETAG.fullmatch(unquote(etag))
    try:
        return ticks_of(match[1] if match else "")
    except ValueError:
        raise table_error(
            "InvalidInput", f"The etag value '{etag}' specified in one of the request headers is not valid."
        ) from None


def _key(entity: Entity, name: str) -> str:
    value = entity.get(name)
    if not isinstance(value, str):
        raise table_error(
            "PropertiesNeedValue", f"The values are not specified for all properties in the entity: {name} is no text."
        )
    if len(value.encode("utf-16-le", "surrogatepass")) > 2 * _LONGEST_KEY:
        raise table_error("KeyValueTooLarge")
    if any(map(_forbidden, value)):
        raise table_error("OutOfRangeInput", f"The '{name}' parameter of value '{value}' is out of range.")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise _not_unicode() from error
    return value


def _forbidden(character: str) -> bool:
    return character in "/\\#?" or character < " " or "\x7f" <= character <= "\x9f"


def _check_name(name: str) -> None:
    if len(name) > _LONGEST_NAME:
        raise table_error("PropertyNameTooLong")
    if not name.isidentifier():
        raise table_error("PropertyNameInvalid", f"The property name {name!r} is invalid: letters, digits and _ only.")


def _not_unicode() -> StorageError:
    return table_error("InvalidInput", "A text of the entity holds half a surrogate pair.")
