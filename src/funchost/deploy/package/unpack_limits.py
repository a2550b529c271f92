"""UnpackLimits: how much a package may hold."""

from __future__ import annotations

from typing import NamedTuple

MIB = 1024 * 1024


class UnpackLimits(NamedTuple):
    """Bounds for a package that a stranger sent.

    Args:
        entries: files and folders.
        bytes: unpacked size in all.
        ratio: unpacked to packed size; counts only above `ratio_from`.
        ratio_from: unpacked bytes that are harmless however well they were packed.
        directory: bytes of the zip's own list of entries, which is read into memory.
    """

    entries: int = 200_000
    bytes: int = 4096 * MIB
    ratio: int = 200
    ratio_from: int = 256 * MIB
    directory: int = 64 * MIB
