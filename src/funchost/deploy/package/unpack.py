"""Unpacks a package that may have been made to do harm: it is checked before, and counted while it is written."""

from __future__ import annotations

import errno
import os
import shutil
import struct
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from funchost.deploy.package.end_record import read_end_record
from funchost.deploy.package.entries import Entry, EntryKind, check_amount, read_entries
from funchost.deploy.package.unpack_limits import UnpackLimits
from funchost.errors import PackageError

__all__ = ["UnpackLimits", "UnpackedPackage", "unpack"]

CHUNK = 256 * 1024
MAX_LINK = 4096

_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, struct.error)


class UnpackedPackage(NamedTuple):
    """What came out of a package.

    Args:
        files: how many, links among them.
        bytes: their size in all.
    """

    files: int
    bytes: int


def unpack(package: Path, target: Path, limits: UnpackLimits = UnpackLimits()) -> UnpackedPackage:  # noqa: B008
    """Unpack a package into a new folder; when that fails, the folder is gone again.

    Files become 0644, or 0755 if their owner could run them. Links between files of the package stay links.

    Args:
        package: the zip.
        target: must not exist; its parent must.

    Raises:
        PackageError: the package is refused or broken, or the disk is full; names the reason and the entry.
    """
    try:
        target.mkdir(mode=0o755)
    except OSError as error:
        raise PackageError(f"The package cannot be unpacked to {target}: {error.strerror or error}.") from error
    try:
        return _unpack(package, target, limits)
    except BaseException as error:
        shutil.rmtree(target, ignore_errors=True)
        if isinstance(error, OSError):
            raise _disk_error(error) from error
        raise


def _unpack(package: Path, target: Path, limits: UnpackLimits) -> UnpackedPackage:
    with package.open("rb") as file:
        end = read_end_record(file)
        check_amount(end.entries, end.size, limits)
        try:
            with zipfile.ZipFile(file) as archive, package.open("rb") as second:
                packed = os.fstat(file.fileno()).st_size
                entries = read_entries(archive, second, end, packed, limits, _folds_case(target))
                return _write_all(archive, entries, target, limits)
        except _BROKEN as error:
            raise PackageError(f"The package is broken: {error}.", hint="Make and upload it again.") from error


def _folds_case(target: Path) -> bool:
    """Return whether the file system takes two names that differ in case for one."""
    probe = target / ".case"
    probe.touch(exist_ok=False)
    try:
        return (target / ".CASE").exists()
    finally:
        probe.unlink()


def _write_all(
    archive: zipfile.ZipFile, entries: Iterable[Entry], target: Path, limits: UnpackLimits
) -> UnpackedPackage:
    files = written = 0
    links: dict[str, str] = {}
    for entry in entries:
        path = target / entry.name
        if entry.kind is EntryKind.FOLDER:
            path.mkdir(parents=True, exist_ok=True)
        elif entry.kind is EntryKind.LINK:
            links[entry.name] = _link_target(archive, entry)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            written += _write(archive, entry, path, limits.bytes - written)
            files += 1
    _make_links(target, links)
    return UnpackedPackage(files + len(links), written)


def _write(archive: zipfile.ZipFile, entry: Entry, path: Path, room: int) -> int:
    """Write a file; return its size."""
    mode = 0o755 if entry.executable else 0o644
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    written = 0
    with open(os.open(path, flags, mode), "wb") as output:
        os.fchmod(output.fileno(), mode)  # whatever the umask
        with _opened(archive, entry) as source:
            while piece := source.read(CHUNK):
                written += len(piece)
                if written > room:
                    raise PackageError(f"The package is too large: {repr(entry.name)} goes beyond the limit.")
                output.write(piece)
    if written != entry.info.file_size:
        raise PackageError(f"The package is broken: {repr(entry.name)} is shorter than it says.")
    return written


def _opened(archive: zipfile.ZipFile, entry: Entry) -> zipfile.ZipExtFile:
    source = archive.open(entry.info)
    if not isinstance(source, zipfile.ZipExtFile):
        raise PackageError(f"The package is broken: {repr(entry.name)} cannot be read.")
    return source


def _link_target(archive: zipfile.ZipFile, entry: Entry) -> str:
    if entry.info.file_size > MAX_LINK:
        raise PackageError(f"{repr(entry.name)} is a link to a name that is too long.")
    with _opened(archive, entry) as source:
        text = os.fsdecode(source.read(MAX_LINK + 1))
    if not text or "\0" in text or text.startswith("/") or "\\" in text:
        raise PackageError(f"{repr(entry.name)} is a link to {repr(text)}, which is not in the package.")
    return text


def _make_links(target: Path, links: dict[str, str]) -> None:
    """Make the links when all else is there, and check where each one leads."""
    root = os.path.realpath(target)
    for name, text in links.items():
        path = target / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(text)
    for name, text in links.items():
        real = os.path.realpath(target / name)
        if not real.startswith(root + os.sep) or not os.path.isfile(real):
            raise PackageError(
                f"{repr(name)} is a link to {repr(text)}, which is no file of the package.",
                hint="Pack the file itself in place of the link.",
            )


def _disk_error(error: OSError) -> PackageError:
    full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    what = "the disk is full" if full else f"{error.filename or 'its folder'}: {error.strerror or error}"
    return PackageError(
        f"The package cannot be unpacked: {what}.", hint="Free some space and try again." if full else None
    )
