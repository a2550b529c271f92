"""The entries of a package, checked before one of them is unpacked: names, sizes, kinds, and where their bytes are."""

from __future__ import annotations

import stat
import struct
import unicodedata
import zipfile
from collections.abc import Sequence
from enum import Enum
from typing import IO, NamedTuple

from funchost.deploy.package.end_record import EndRecord
from funchost.deploy.package.entry_name import check_name
from funchost.deploy.package.unpack_limits import UnpackLimits
from funchost.errors import PackageError

ROOT_FILE = "host.json"

_LOCAL = struct.Struct("<4s5H3L2H")
_LOCAL_MARK = b"PK\x03\x04"
_ENCRYPTED = 0x1 | 0x40 | 0x2000
_UTF8 = 0x800
_UNIX = 3
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_SHOWN = 5


class EntryKind(Enum):
    """What an entry becomes."""

    FILE = "file"
    FOLDER = "folder"
    LINK = "link"


class Entry(NamedTuple):
    """One entry.

    Args:
        name: below the package's root, forward slashes, none at the end.
        kind: see EntryKind.
        info: as the zip has it.
        executable: its owner may run it.
    """

    name: str
    kind: EntryKind
    info: zipfile.ZipInfo
    executable: bool


def read_entries(
    archive: zipfile.ZipFile, file: IO[bytes], end: EndRecord, packed: int, limits: UnpackLimits, fold: bool
) -> list[Entry]:
    """Return the entries of a package.

    Args:
        file: the same zip, open for reading.
        end: its end record.
        packed: its size.
        fold: the names must differ in more than case.

    Raises:
        PackageError: an entry could do harm, the zip contradicts itself, or there is too much in it.
    """
    infos = archive.infolist()
    if len(infos) != end.entries:
        raise PackageError(f"The package contradicts itself: it holds {len(infos)} entries and says {end.entries}.")
    _check_sizes(infos, packed, limits)
    entries = [entry for info in infos if (entry := _entry(info)) is not None]
    _check_places(infos, file, end)
    _check_tree(entries, fold)
    _check_root(entries)
    return entries


def check_amount(entries: int, directory: int, limits: UnpackLimits) -> None:
    """Check what the end record of a zip says before its list of entries is read.

    Raises:
        PackageError: there are too many entries.
    """
    if entries > limits.entries or directory > limits.directory:
        raise PackageError(f"The package holds too many entries: {entries}; the limit is {limits.entries}.")


def _check_sizes(infos: Sequence[zipfile.ZipInfo], packed: int, limits: UnpackLimits) -> None:
    total = sum(info.file_size for info in infos)
    if total > limits.bytes:
        raise PackageError(f"The package is too large: {total} bytes unpacked; the limit is {limits.bytes}.")
    if total > limits.ratio_from and total > packed * limits.ratio:
        raise PackageError(
            f"The package would unpack to {total} bytes, more than {limits.ratio} times its own {packed}: it is refused"
            " as a decompression bomb."
        )


def _entry(info: zipfile.ZipInfo) -> Entry | None:
    """Return the entry that a record of the zip means, None for the root folder itself."""
    name = _text(info)
    shown = repr(name[:200])
    if "\0" in info.orig_filename:
        raise PackageError(f"{shown} cannot be the name of a file in a package: it holds a NUL.")
    while name.startswith("./"):
        name = name[2:]
    kind, executable = _kind(info, name, shown)
    name = name[:-1] if kind is EntryKind.FOLDER and name.endswith("/") else name
    if not name and kind is EntryKind.FOLDER:
        return None
    check_name(name)
    if info.flag_bits & _ENCRYPTED:
        raise PackageError(f"{shown} is encrypted.", hint="Make the package without a password.")
    if info.compress_type not in _METHODS:
        raise PackageError(
            f"{shown} is packed with method {info.compress_type}, which is not supported.",
            hint="Make the zip with the usual method, deflate.",
        )
    return Entry(name, kind, info, executable)


def _text(info: zipfile.ZipInfo) -> str:
    """Return the name; tools on Unix and macOS write UTF-8 without saying so."""
    name = info.orig_filename
    if info.flag_bits & _UTF8 or name.isascii():
        return name
    try:
        return name.encode("cp437").decode()
    except UnicodeError:
        return name


def _kind(info: zipfile.ZipInfo, name: str, shown: str) -> tuple[EntryKind, bool]:
    mode = info.external_attr >> 16 if info.create_system == _UNIX else 0
    kind = stat.S_IFMT(mode)
    folder = not name or name.endswith("/") or kind == stat.S_IFDIR
    if kind == stat.S_IFLNK:
        return EntryKind.LINK, False
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise PackageError(f"{shown} is neither a file nor a folder but a device, pipe or socket.")
    if folder and info.file_size:
        raise PackageError(f"{shown} is a folder with content, which cannot be.")
    return (EntryKind.FOLDER, False) if folder else (EntryKind.FILE, bool(mode & stat.S_IXUSR))


def _check_places(infos: Sequence[zipfile.ZipInfo], file: IO[bytes], end: EndRecord) -> None:
    """Check that no two entries share bytes: a zip that overlaps itself can hold far more than its size."""
    after = 0
    for info in sorted(infos, key=lambda info: info.header_offset):
        file.seek(info.header_offset)
        header = file.read(_LOCAL.size)
        shown = repr(info.orig_filename[:200])
        if len(header) < _LOCAL.size or not header.startswith(_LOCAL_MARK):
            raise PackageError(f"The package contradicts itself: there is no entry where {shown} should be.")
        fields = _LOCAL.unpack(header)
        start, method = info.header_offset, fields[3]
        if method != info.compress_type:
            raise PackageError(f"The package contradicts itself: {shown} is packed in two ways.")
        if start < after:
            raise PackageError(f"The package is refused as a decompression bomb: {shown} overlaps another entry.")
        after = start + _LOCAL.size + fields[9] + fields[10] + info.compress_size
    if after > end.offset:
        raise PackageError("The package contradicts itself: an entry reaches beyond the place of the last one.")


def _check_tree(entries: Sequence[Entry], fold: bool) -> None:
    """Check that every path is there once, and nothing lies below a file or link."""
    kinds: dict[str, Entry] = {}
    for entry in entries:
        key = _key(entry.name, fold)
        other = kinds.get(key)
        if other is not None and not (other.kind is entry.kind is EntryKind.FOLDER):
            how = "twice" if other.name == entry.name else f"beside {repr(other.name)}, which is the same path here"
            raise PackageError(f"{repr(entry.name)} is in the package {how}.")
        kinds[key] = entry
    for entry in entries:
        _check_parents(entry, kinds, fold)


def _check_parents(entry: Entry, kinds: dict[str, Entry], fold: bool) -> None:
    parent = entry.name
    while "/" in parent:
        parent = parent.rpartition("/")[0]
        other = kinds.get(_key(parent, fold))
        if other is not None and other.kind is not EntryKind.FOLDER:
            raise PackageError(f"{repr(entry.name)} lies below {repr(other.name)}, which is a {other.kind.value}.")


def _key(name: str, fold: bool) -> str:
    return unicodedata.normalize("NFC", name).casefold() if fold else name


def _check_root(entries: Sequence[Entry]) -> None:
    names = [entry.name for entry in entries if entry.kind is EntryKind.FILE]
    if ROOT_FILE in names:
        return
    deeper = sorted(
        (name.removesuffix("/" + ROOT_FILE) for name in names if name.endswith("/" + ROOT_FILE)), key=_depth
    )
    if not deeper:
        raise PackageError(
            f"The package holds no {ROOT_FILE}.", hint=f"Pack the content of the folder that holds {ROOT_FILE}."
        )
    places = ", ".join(repr(name) for name in deeper[:_SHOWN])
    more = f" and {len(deeper) - _SHOWN} more places" if len(deeper) > _SHOWN else ""
    raise PackageError(
        f"{ROOT_FILE} is not at the root of the package but in {places}{more}.",
        hint=f"Pack the content of that folder, not the folder itself: {ROOT_FILE} belongs at the root.",
    )


def _depth(name: str) -> tuple[int, str]:
    return name.count("/"), name
