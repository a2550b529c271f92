"""Packs a project into a zip: the same files give the same bytes, whenever and wherever they are packed.

The bytes of compressed entries are those of the zlib library at hand; two machines with different ones make packages
of the same content that differ in bytes.
"""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
import stat
import zipfile
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from io import BufferedRandom
from pathlib import Path
from typing import IO, NamedTuple

from funchost.deploy.package.ignore_rules import UNFINISHED, IgnoreRules
from funchost.deploy.package.project_files import InstalledPackages, ProjectFile, ProjectFiles, list_files
from funchost.errors import PackageError

CHUNK = 256 * 1024
LEVEL = 6

_EARLIEST = (1980, 1, 1, 0, 0, 0)
_ZIP64_FROM = 2**31 - 1
_UNIX = 3

Progress = Callable[[int, int], None]
"""Told the bytes read so far and those in all."""


class PackedPackage(NamedTuple):
    """A finished package.

    Args:
        path: of the zip.
        digest: SHA-256 of its bytes, hexadecimal.
        files: how many are inside.
        bytes_in: their size in all.
        bytes_out: size of the zip.
        included: what is inside; the files may be gone.
    """

    path: Path
    digest: str
    files: int
    bytes_in: int
    bytes_out: int
    included: tuple[ProjectFile, ...]


def pack(
    root: Path,
    target: Path,
    *,
    included: Collection[ProjectFile] | None = None,
    packages: InstalledPackages = InstalledPackages.AS_IS,
    on_progress: Progress | None = None,
) -> PackedPackage:
    """Write the package of a project; at `target` stands all of it or what was there before.

    Args:
        root: folder with host.json.
        target: path of the zip; its folder must exist.
        included: what goes in, as list_files found it; None = find it.
        packages: what becomes of `.python_packages` when `included` is None.
        on_progress: called after each piece.

    Raises:
        PackageError: a file cannot be read, changes or vanishes while it is packed, or the disk is full.
    """
    if included is None:
        included = project_files(root, packages, target).included
    files = sorted(included, key=lambda file: file.name)
    total = sum(file.size for file in files)
    with _beside(target) as output:
        done = 0
        with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED, compresslevel=LEVEL) as archive:
            for file in files:
                for length in _add(archive, file):
                    done += length
                    if on_progress:
                        on_progress(done, total)
        output.flush()
        size = output.seek(0, os.SEEK_END)
        output.seek(0)
        digest = hashlib.file_digest(output, "sha256").hexdigest()
        os.fsync(output.fileno())
    return PackedPackage(target, digest, len(files), total, size, tuple(files))


def project_files(root: Path, packages: InstalledPackages, target: Path | None = None) -> ProjectFiles:
    """Return which files of a project are packed, by its `.funcignore`.

    Raises:
        PackageError: see IgnoreRules.read and list_files.
    """
    return list_files(root, IgnoreRules.read(root), packages, () if target is None else (target,))


def _add(archive: zipfile.ZipFile, file: ProjectFile) -> Iterator[int]:
    """Write an entry; yield the length of each piece."""
    with _opened(file) as (source, before):
        info = zipfile.ZipInfo(file.name, _EARLIEST)
        info.create_system = _UNIX
        info.compress_type = zipfile.ZIP_DEFLATED
        info.file_size = before.st_size
        mode = 0o755 if before.st_mode & stat.S_IXUSR else 0o644
        info.external_attr = (stat.S_IFREG | mode) << 16
        left = before.st_size
        with archive.open(info, "w", force_zip64=before.st_size > _ZIP64_FROM) as entry:
            while left and (piece := _read(source, min(CHUNK, left), file.name)):
                entry.write(piece)
                left -= len(piece)
                yield len(piece)
        after = os.fstat(source.fileno())
        if left or (after.st_size, after.st_mtime_ns) != (before.st_size, before.st_mtime_ns):
            raise PackageError(f"'{file.name}' changed while it was packed.", hint="Pack again when nothing writes it.")


@contextmanager
def _opened(file: ProjectFile) -> Iterator[tuple[IO[bytes], os.stat_result]]:
    try:
        # A named pipe that took the file's place must not stop us.
        descriptor = os.open(file.path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError as error:
        raise PackageError(f"'{file.name}' has vanished while the project was packed.") from error
    except OSError as error:
        raise PackageError(f"'{file.name}' cannot be read: {error.strerror or error}.") from error
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode) or found.st_size != file.size:
        os.close(descriptor)
        raise PackageError(f"'{file.name}' changed while the project was packed.")
    with open(descriptor, "rb", buffering=0) as source:
        yield source, found


def _read(source: IO[bytes], length: int, name: str) -> bytes:
    try:
        return source.read(length)
    except OSError as error:
        raise PackageError(f"'{name}' cannot be read: {error.strerror or error}.") from error


@contextmanager
def _beside(target: Path) -> Iterator[BufferedRandom]:
    """A temporary file that takes the place of `target` when all went well, and is gone otherwise."""
    name = target.with_name(f".{target.name}.{secrets.token_hex(4)}{UNFINISHED}")
    try:
        with name.open("x+b") as output:
            yield output
        name.replace(target)
    except OSError as error:
        name.unlink(missing_ok=True)
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        hint = "Free some space, or choose another folder." if full else None
        raise PackageError(f"The package {target} cannot be written: {error.strerror or error}.", hint=hint) from error
    except BaseException:
        name.unlink(missing_ok=True)
        raise
