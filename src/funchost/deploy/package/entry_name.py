"""Which names the entries of a package may have, so that unpacking one can never leave its folder."""

from __future__ import annotations

import re

from funchost.errors import PackageError

MAX_LENGTH = 1024
MAX_PART = 255
MAX_DEPTH = 64

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_DRIVE = re.compile(r"[A-Za-z]:")


def check_name(name: str) -> None:
    """Check the name of an entry, without a slash at its end.

    Raises:
        PackageError: it could not be unpacked safely everywhere; says why.
    """
    fault = _fault(name)
    if fault is not None:
        shown = name if len(name) <= MAX_LENGTH else name[:80] + "..."
        raise PackageError(f"{repr(shown)} cannot be the name of a file in a package: it {fault}.")


def _fault(name: str) -> str | None:
    try:
        length = len(name.encode())
    except UnicodeEncodeError:
        return "is not UTF-8"
    if length > MAX_LENGTH:
        return f"is longer than {MAX_LENGTH} bytes"
    if _CONTROL.search(name):
        return "holds a control character"
    if "\\" in name:
        return "holds a backslash"
    if name.startswith("/"):
        return "is an absolute path"
    if _DRIVE.match(name):
        return "starts with a drive letter"
    return _part_fault(name.split("/"))


def _part_fault(parts: list[str]) -> str | None:
    if len(parts) > MAX_DEPTH:
        return f"lies deeper than {MAX_DEPTH} folders"
    for part in parts:
        if part == "..":
            return "leads out of its folder with '..'"
        if part in ("", "."):
            return "has an empty part"
        if len(part.encode()) > MAX_PART:
            return f"has a part longer than {MAX_PART} bytes"
    return None
