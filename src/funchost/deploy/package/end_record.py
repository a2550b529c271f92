"""The end of a zip: where its list of entries is, read before anything else of it is believed.

Source: APPNOTE.TXT 4.3.14 to 4.3.16.
"""

from __future__ import annotations

import os
import struct
from typing import IO, NamedTuple

from funchost.errors import PackageError

_END = struct.Struct("<4s4H2LH")
_LOCATOR = struct.Struct("<4sLQL")
_END_64 = struct.Struct("<4sQ2H2L4Q")
_END_MARK = b"PK\x05\x06"
_LOCATOR_MARK = b"PK\x06\x07"
_END_64_MARK = b"PK\x06\x06"
_MAX_COMMENT = 65_535
_SATURATED_COUNT = 0xFFFF
_SATURATED = 0xFFFFFFFF


class EndRecord(NamedTuple):
    """What the end of a zip says of it.

    Args:
        entries: how many.
        size: bytes of the list of entries.
        offset: where that list begins.
    """

    entries: int
    size: int
    offset: int


def read_end_record(file: IO[bytes]) -> EndRecord:
    """Return the end record of an open zip.

    Raises:
        PackageError: it is no zip, was cut off, is one of several parts, or contradicts itself.
    """
    length = file.seek(0, os.SEEK_END)
    file.seek(max(length - _MAX_COMMENT - _END.size, 0))
    tail = file.read()
    place = tail.rfind(_END_MARK)
    if place < 0 or place + _END.size > len(tail):
        raise PackageError("The package is not a zip file, or its end is missing.", hint="Upload it again.")
    _, disk, first_disk, here, entries, size, offset, _ = _END.unpack_from(tail, place)
    at = length - len(tail) + place
    if entries == _SATURATED_COUNT or _SATURATED in (size, offset):
        disk, first_disk, here, entries, size, offset, at = _read_64(file, at, (entries, size, offset))
    if disk or first_disk or here != entries:
        raise PackageError("The package is one part of a zip file in several parts.", hint="Make a single zip file.")
    if offset + size != at:
        raise PackageError("The package contradicts itself: its list of entries is not where its end says.")
    return EndRecord(entries, size, offset)


def _read_64(file: IO[bytes], end: int, plain: tuple[int, int, int]) -> tuple[int, int, int, int, int, int, int]:
    """Return the fields of the record for large zips, and where it is; those of the plain one if there is none."""
    entries, size, offset = plain
    file.seek(max(end - _LOCATOR.size, 0))
    locator = file.read(_LOCATOR.size)
    if len(locator) < _LOCATOR.size or not locator.startswith(_LOCATOR_MARK):
        return 0, 0, entries, entries, size, offset, end
    _, _, at, _ = _LOCATOR.unpack(locator)
    file.seek(min(at, end))
    record = file.read(_END_64.size)
    if len(record) < _END_64.size or not record.startswith(_END_64_MARK):
        raise PackageError("The package contradicts itself: its record for large files is missing.")
    _, _, _, _, disk, first_disk, here, entries, size, offset = _END_64.unpack(record)
    return disk, first_disk, here, entries, size, offset, at
