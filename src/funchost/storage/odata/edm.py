"""Edm: the property types of the Table service, and values of them that can be compared."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any, NamedTuple
from uuid import UUID

INT32 = range(-(2**31), 2**31)
INT64 = range(-(2**63), 2**63)
TYPE_SUFFIX = "@odata.type"
"""Ends the name of the member that tells the type of the property of that name."""

TICKS_PER_SECOND = 10_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DATETIME = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d)(?::(\d\d)(?:\.(\d+))?)?(?:[Zz]|([+-])(\d\d):?(\d\d))?", re.ASCII
)
NON_FINITE: Mapping[str, float] = {
    "NaN": float("nan"),
    "Infinity": float("inf"),
    "INF": float("inf"),
    "-Infinity": float("-inf"),
    "-INF": float("-inf"),
}
"""Doubles that JSON and number syntax have not, by the names the service knows them by."""


class Edm(Enum):
    """Types of properties, by the name they have in JSON."""

    STRING = "Edm.String"
    INT32 = "Edm.Int32"
    INT64 = "Edm.Int64"
    DOUBLE = "Edm.Double"
    BOOLEAN = "Edm.Boolean"
    DATETIME = "Edm.DateTime"
    GUID = "Edm.Guid"
    BINARY = "Edm.Binary"


class Kind(Enum):
    """What can be compared with each other: all numbers, else only values of one type."""

    NUMBER = "number"
    STRING = "string"
    BOOLEAN = "boolean"
    DATETIME = "date and time"
    GUID = "guid"
    BINARY = "binary"


class Value(NamedTuple):
    """A value to compare: numbers as int or float, dates as ticks, GUIDs as lower-case text, binary as bytes."""

    kind: Kind
    value: Any


def ticks_of(text: str) -> int:
    """Return a date and time as units of 100 ns since 1970, negative before; without an offset it is UTC.

    Digits of the fraction beyond the seventh are cut off. ValueError if it is no date and time.
    """
    match = _DATETIME.fullmatch(text)
    if match is None:
        raise ValueError(f"not a date and time: {text!r}")
    date, minute, second, fraction, sign, hours, minutes = match.groups()
    moment = datetime.fromisoformat(f"{date}T{minute}:{second or '00'}+00:00")
    whole = (moment - _EPOCH) // timedelta(seconds=1)
    if sign:
        offset = int(hours) * 3600 + int(minutes) * 60
        whole += -offset if sign == "+" else offset
    return whole * TICKS_PER_SECOND + int((fraction or "")[:7].ljust(7, "0"))


def datetime_text(ticks: int, *, all_digits: bool = False) -> str:
    """Return ticks as the service writes them: UTC, with as many digits of the fraction as say something.

    Args:
        all_digits: keep all seven digits, as in ETags.
    """
    moment = (_EPOCH + timedelta(microseconds=ticks // 10)).isoformat(timespec="microseconds")
    text = f"{moment[:26]}{ticks % 10}"
    return text + "Z" if all_digits else text.rstrip("0").removesuffix(".") + "Z"


def binary_of(text: str) -> bytes:
    """Return what Base64 text stands for; ValueError if it is none."""
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError(f"not Base64: {error}") from error


def guid_text(text: str) -> str:
    """Return a GUID in its usual form, lower-case; ValueError if it is none."""
    return str(UUID(text))


def comparable(properties: Mapping[str, Any], name: str) -> Value | None:
    """Return the property `name` of a stored entity as a value to compare, None if it is not there.

    Args:
        properties: in the service's JSON form with annotations where needed, values already checked.
    """
    raw = properties.get(name)
    if raw is None:
        return None
    kind = _PLAIN.get(type(raw))
    if kind is not Kind.STRING:
        return None if kind is None else Value(kind, raw)
    annotation = properties.get(name + TYPE_SUFFIX)
    return Value(Kind.STRING, raw) if annotation is None else _annotated(annotation, raw)


_PLAIN = {bool: Kind.BOOLEAN, int: Kind.NUMBER, float: Kind.NUMBER, str: Kind.STRING}


def _annotated(annotation: str, text: str) -> Value:
    edm = Edm(annotation)
    if edm is Edm.INT64:
        return Value(Kind.NUMBER, int(text))
    if edm is Edm.DOUBLE:
        return Value(Kind.NUMBER, NON_FINITE[text])
    if edm is Edm.DATETIME:
        return Value(Kind.DATETIME, ticks_of(text))
    if edm is Edm.GUID:
        return Value(Kind.GUID, text)
    return Value(Kind.BINARY, binary_of(text)) if edm is Edm.BINARY else Value(Kind.STRING, text)
