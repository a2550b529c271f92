"""The folder of a built version: made read-only, written through to the disk, put in place in one step, removed."""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

from funchost.app.durable_file import sync_folder
from funchost.errors import BuildError

_WRITABLE_FOLDER = 0o755
_FOLDER = 0o555
_FILE = 0o444
_PROGRAM = 0o555


def publish(content: Path, target: Path) -> int:
    """Make what was built a version: read-only, this process's own, on the disk, at its place; returns its bytes.

    Args:
        content: what was built; nothing may change it any more.
        target: where it goes, on the same file system; must not exist.

    Raises:
        BuildError: there is something in it that no version may hold, or there is something at its place.
        OSError: the disk.
    """
    try:
        size = _seal(content)
    except RecursionError as error:
        raise BuildError("The build left folders that lie too deep in one another.") from error
    _sync(content)
    if os.path.lexists(target):
        raise BuildError(f"{target} exists already; a version is never overwritten.")
    os.rename(content, target)
    target.chmod(_FOLDER)
    sync_folder(target.parent)
    return size


def remove(folder: Path) -> None:
    """Remove a folder that a build has made or begun; what is gone already is fine.

    Raises:
        OSError: something in it cannot be removed.
    """
    if not os.path.lexists(folder):
        return
    _open_up(folder)
    try:
        shutil.rmtree(folder)
    except RecursionError:  # folders below one another without end
        subprocess.run(["rm", "-rf", "--", folder], check=False)  # noqa: S603, S607 - the system's, which does not mind


def _open_up(folder: Path) -> None:
    """Make all folders writable; those whose names have become too long for that need not be."""
    waiting = [str(folder)]
    while waiting:
        path = waiting.pop()
        try:
            os.chmod(path, _WRITABLE_FOLDER)
            with os.scandir(path) as entries:
                waiting += [entry.path for entry in entries if entry.is_dir(follow_symlinks=False)]
        except OSError as error:
            if error.errno != errno.ENAMETOOLONG:
                raise


def _seal(content: Path) -> int:
    """Take over and write-protect everything, folders before what they hold; returns the bytes of all files."""
    root = os.path.realpath(content)
    size = 0
    for parent, folders, names, held in os.fwalk(content):
        top = parent == str(content)
        _take_over(held, _WRITABLE_FOLDER)
        links = [name for name in folders if stat.S_ISLNK(os.lstat(name, dir_fd=held).st_mode)]
        for name in (*names, *links):
            size += _seal_entry(root, parent, name, held)
        if not top:  # the top one can only be renamed while it can be written
            os.fchmod(held, _FOLDER)
    return size


def _seal_entry(root: str, parent: str, name: str, held: int) -> int:
    status = os.lstat(name, dir_fd=held)
    path = os.path.join(parent, name)
    if stat.S_ISLNK(status.st_mode):
        _check_link(root, path)
        return 0
    if not stat.S_ISREG(status.st_mode):
        raise BuildError(f"The build left {os.path.relpath(path, root)}, which is neither a file nor a folder.")
    if status.st_nlink > 1:  # its other name would let somebody change it later
        _separate(name, held)
    fd = os.open(name, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=held)
    try:
        _take_over(fd, _PROGRAM if status.st_mode & stat.S_IXUSR else _FILE)
    finally:
        os.close(fd)
    return status.st_size


def _take_over(fd: int, mode: int) -> None:
    if os.fstat(fd).st_uid != os.geteuid():
        os.fchown(fd, os.geteuid(), os.getegid())
    os.fchmod(fd, mode)


def _check_link(root: str, path: str) -> None:
    real = os.path.realpath(path)
    if os.path.isabs(os.readlink(path)) or not real.startswith(root + os.sep):
        raise BuildError(
            f"The build left the link {os.path.relpath(path, root)}, which leads out of the version.",
            hint="Put the file itself there.",
        )


def _separate(name: str, held: int) -> None:
    """Give a file with several names content of its own."""
    copy = f"{name}.copy"
    with (
        open(os.open(name, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=held), "rb") as source,
        open(os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600, dir_fd=held), "wb") as target,
    ):
        status = os.fstat(source.fileno())
        shutil.copyfileobj(source, target)
        target.flush()
        os.fchmod(target.fileno(), stat.S_IMODE(status.st_mode))
        os.utime(target.fileno(), ns=(status.st_atime_ns, status.st_mtime_ns))  # bytecode is valid by it
    os.rename(copy, name, src_dir_fd=held, dst_dir_fd=held)


def _sync(folder: Path) -> None:
    """Have everything on the disk: the file system as a whole where that is possible, which is much faster."""
    if sys.platform == "linux":
        fd = os.open(folder, os.O_RDONLY)
        try:
            if ctypes.CDLL(None, use_errno=True).syncfs(fd) != 0:
                raise OSError(ctypes.get_errno(), "cannot be written to the disk", str(folder))
        finally:
            os.close(fd)
        return
    for parent, _, names in os.walk(folder):
        for path in (*(os.path.join(parent, name) for name in names), parent):
            if not os.path.islink(path):
                fd = os.open(path, os.O_RDONLY)
                try:
                    os.fsync(fd)
                finally:
                    os.close(fd)
