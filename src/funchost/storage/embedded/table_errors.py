"""Errors of the table service: codes, statuses and texts as in its reference (Table storage error codes)."""

from __future__ import annotations

from collections.abc import Mapping

from funchost.errors import StorageError

_KNOWN: Mapping[str, tuple[int, str]] = {
    "CommandsInBatchActOnDifferentPartitions": (
        400,
        "All commands in a batch must operate on same entity group.",
    ),
    "ContentLengthExceeded": (400, "The content length for the requested operation has exceeded the limit (4MB)."),
    "EntityAlreadyExists": (409, "The specified entity already exists."),
    "EntityTooLarge": (400, "The entity is larger than the maximum allowed size (1MB)."),
    "InvalidDuplicateRow": (
        400,
        (
            "The batch request contains multiple changes with same row key. An entity can appear only once in a batch"
            " request."
        ),
    ),
    "InvalidInput": (400, "One of the request inputs is not valid."),
    "InvalidResourceName": (400, "The specified resource name contains invalid characters."),
    "KeyValueTooLarge": (400, "The specified key value exceeds the maximum size of 1 KiB (512 UTF-16 characters)."),
    "OutOfRangeInput": (400, "One of the request inputs is out of range."),
    "PropertiesNeedValue": (400, "The values are not specified for all properties in the entity."),
    "PropertyNameInvalid": (400, "The property name is invalid."),
    "PropertyNameTooLong": (400, "The property name exceeds the maximum allowed length (255)."),
    "PropertyValueTooLarge": (
        400,
        (
            "The property value exceeds the maximum allowed size (64KB). If the property value is a string, it is "
            "UTF-16 encoded and the maximum number of characters should be 32K or less."
        ),
    ),
    "ResourceNotFound": (404, "The specified resource does not exist."),
    "TableAlreadyExists": (409, "The table specified already exists."),
    "TableNotFound": (404, "The table specified does not exist."),
    "TooManyProperties": (
        400,
        (
            "The entity contains more properties than allowed. Each entity can include up to 252 properties to store"
            " data. Each entity also has 3 system properties."
        ),
    ),
    "UpdateConditionNotSatisfied": (
        412,
        "The update condition specified in the request was not satisfied.",
    ),
}


def table_error(code: str, message: str | None = None) -> StorageError:
    """Return the error of a code of this service, with a text of its own if one is given."""
    status, known = _KNOWN[code]
    return StorageError(code, message or known, status)


def at_index(index: int, error: StorageError) -> StorageError:
    """Return the error of one operation of a batch, which names its place from 0 on."""
    return StorageError(error.code, f"{index}:{error.reason}", error.status)
