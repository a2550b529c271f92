"""Which account a build runs as: its own when the server is root and that account can read what the build needs."""

from __future__ import annotations

import os
import pwd
import stat
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

_READ, _ENTER = 4, 1

Status = Callable[[Path], os.stat_result]


class BuildUser(NamedTuple):
    """An account without rights.

    Args:
        name: e.g. ``nobody``.
        uid: its number.
        gid: of its group.
    """

    name: str
    uid: int
    gid: int


class UnusableUserError(Exception):
    """Builds cannot run as an account of their own; the text says why, a sentence without its end."""


def choose_user(name: str, effective_uid: int) -> BuildUser | None:
    """Return the account that a build runs as; None = that of the server, which is not root.

    Args:
        name: of the account.
        effective_uid: the server's.

    Raises:
        UnusableUserError: the server is root, and the account does not exist or is root too.
    """
    if effective_uid != 0:
        return None
    try:
        entry = pwd.getpwnam(name)
    except KeyError as error:
        raise UnusableUserError(f"there is no account {name!r} on this machine") from error
    if entry.pw_uid == 0:
        raise UnusableUserError(f"the account {name!r} is root")
    return BuildUser(name, entry.pw_uid, entry.pw_gid)


def check_open(path: Path, user: BuildUser, status: Status = Path.stat, *, enter_only: bool = False) -> None:
    """Check that an account can read a path.

    Args:
        status: for tests: tells the mode and owner of a path, links followed.
        enter_only: it need not list the folder that the path is.

    Raises:
        UnusableUserError: it cannot; names what is closed to it.
    """
    closed = closed_part(path, user, status, enter_only=enter_only)
    if closed is not None:
        mode = stat.S_IMODE(status(closed).st_mode)
        beyond = "" if closed == path else f", which {path} is below or leads to,"
        raise UnusableUserError(f"{closed}{beyond} is closed to {user.name!r} (mode {mode:o})")


def closed_part(path: Path, user: BuildUser, status: Status = Path.stat, *, enter_only: bool = False) -> Path | None:
    """Return the first folder on the way to a path, or the path, that an account cannot enter or read; None = none.

    Links are followed: the folders that they stand in count and those that they lead to. Reads the modes of files;
    access lists beyond these are not seen.

    Raises:
        FileNotFoundError: there is no such path.
    """
    path.stat()  # a chain of links that has no end is an error here
    for part in _ways(path):
        held = status(part)
        if stat.S_ISDIR(held.st_mode):
            wanted = _READ | _ENTER if part == path and not enter_only else _ENTER
        else:
            wanted = _READ
        if not _allows(held, wanted, user):
            return part
    return None


def _ways(path: Path) -> Iterable[Path]:
    """Yield the folders that are entered on the way to a path, then the path; those of links' targets too."""
    current = path
    while True:
        folder = Path(os.path.realpath(current.parent))
        yield from reversed([folder, *folder.parents])
        if not current.is_symlink():
            yield path
            return
        current = folder / os.readlink(current)


def _allows(held: os.stat_result, wanted: int, user: BuildUser) -> bool:
    mode = held.st_mode
    if held.st_uid == user.uid:
        mode >>= 6
    elif held.st_gid == user.gid:
        mode >>= 3
    return mode & wanted == wanted
