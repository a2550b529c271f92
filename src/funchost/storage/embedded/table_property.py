"""One property of an entity: its type and value, checked, in the form they are stored in.

Where the type shows in the JSON value (text, Boolean, Int32, finite Double) nothing else is stored; other types stand
beside their text. A number without a type is an Int32 if it has no fraction and fits, else a Double, as OData says.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Callable, Mapping
from typing import Any

from funchost.storage.embedded.table_errors import table_error
from funchost.storage.odata.edm import (
    INT32,
    INT64,
    NON_FINITE,
    TICKS_PER_SECOND,
    Edm,
    binary_of,
    datetime_text,
    guid_text,
    ticks_of,
)

_LONGEST = 64 * 1024
_FIRST_YEAR = -11_644_473_600 * TICKS_PER_SECOND
"""1601-01-01, before which the service has no dates."""

_SIZES: Mapping[str, int] = {Edm.INT64.value: 8, Edm.DOUBLE.value: 8, Edm.DATETIME.value: 8, Edm.GUID.value: 16}


def annotated(name: str, type_name: object, value: object) -> tuple[str | None, Any]:
    """Return the type that must stand beside a property (None = it shows) and the property's stored value.

    Raises:
        StorageError: InvalidInput, the type is unknown or the value is not of it; OutOfRangeInput;
            PropertyValueTooLarge.
    """
    if type_name is None:
        return None, _plain(name, value)
    try:
        edm = Edm(type_name)
    except ValueError:
        raise table_error("InvalidInput", f"The property {name!r} has the unknown type {type_name!r}.") from None
    try:
        stored = _STORED[edm](value)
    except (ValueError, TypeError, LookupError, OverflowError):
        raise table_error("InvalidInput", f"The value of the property {name!r} is no {edm.value}.") from None
    if edm is Edm.DATETIME and ticks_of(stored) < _FIRST_YEAR:
        raise table_error("OutOfRangeInput", f"The property {name!r} is a date before the year 1601.")
    if edm is Edm.BINARY and len(binary_of(stored)) > _LONGEST:
        raise table_error("PropertyValueTooLarge")
    shows = edm in (Edm.STRING, Edm.BOOLEAN, Edm.INT32) or isinstance(stored, float)
    return (None, _plain(name, stored)) if shows else (edm.value, stored)


def size_of(type_name: str | None, value: object) -> int:
    """Return the bytes that the service counts for a stored value."""
    fixed = None if type_name is None else _SIZES.get(type_name)
    if fixed is not None:
        return fixed
    if isinstance(value, str):
        return 4 + (len(value) * 3 // 4 if type_name else _utf16(value))
    return 1 if isinstance(value, bool) else 8 if isinstance(value, float) else 4


def _plain(name: str, value: object) -> Any:
    if isinstance(value, str):
        if len(value) * 2 > _LONGEST or _utf16(value) > _LONGEST:
            raise table_error("PropertyValueTooLarge")
        return value
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if value in INT32 else float(value)
    if isinstance(value, float) and math.isfinite(value):
        return value
    raise table_error(
        "InvalidInput", f"The property {name!r} has a value that is no text, number or Boolean: {type(value).__name__}."
    )


def _utf16(text: str) -> int:
    return 2 * len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass"))


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _boolean(value: object) -> bool:
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}[_text(value).lower()]


def _integer(value: object) -> int:
    if isinstance(value, bool | float):
        raise TypeError
    return int(value)  # type: ignore[call-overload, no-any-return]


def _int32(value: object) -> int:
    number = _integer(value)
    if number not in INT32:
        raise ValueError
    return number


def _int64(value: object) -> str:
    number = _integer(value)
    if number not in INT64:
        raise ValueError
    return str(number)


def _double(value: object) -> float | str:
    number = float(_text(value) if isinstance(value, str) else value)  # type: ignore[arg-type]
    if math.isfinite(number):
        return number
    if isinstance(value, str) and value not in NON_FINITE:
        raise ValueError
    return "NaN" if math.isnan(number) else "Infinity" if number > 0 else "-Infinity"


_STORED: Mapping[Edm, Callable[[object], Any]] = {
    Edm.STRING: _text,
    Edm.BOOLEAN: _boolean,
    Edm.INT32: _int32,
    Edm.INT64: _int64,
    Edm.DOUBLE: _double,
    Edm.DATETIME: lambda value: datetime_text(ticks_of(_text(value))),
    Edm.GUID: lambda value: guid_text(_text(value)),
    Edm.BINARY: lambda value: base64.b64encode(binary_of(_text(value))).decode(),
}
