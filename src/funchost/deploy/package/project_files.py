"""Which files of a project go into its package: a walk that follows links inside the project and refuses others."""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Iterator
from enum import Enum
from pathlib import Path
from typing import NamedTuple

from funchost.deploy.package.entry_name import check_name
from funchost.deploy.package.ignore_rules import FILE_NAME, PACKAGES_FOLDER, VIRTUAL_ENVIRONMENT_MARK, IgnoreRules
from funchost.deploy.package.ignore_rules import is_fixed as is_fixed_name
from funchost.errors import PackageError

MAX_DEPTH = 60


class InstalledPackages(Enum):
    """What becomes of `.python_packages` in the project."""

    BUILT = "built"
    """A build has just made it: all of it goes in, whatever `.funcignore` says."""
    AS_IS = "as-is"
    """It is a folder like any other."""
    LEFT_OUT = "left-out"
    """The server makes its own."""


class ProjectFile(NamedTuple):
    """A file that goes in.

    Args:
        name: below the project, forward slashes.
        path: absolute path to read it at.
        size: bytes.
    """

    name: str
    path: Path
    size: int


class ProjectFiles(NamedTuple):
    """What a walk found.

    Args:
        included: sorted by name.
        ignored: files and whole folders that stay out, folders with a slash at the end, sorted.
    """

    included: tuple[ProjectFile, ...]
    ignored: tuple[str, ...]


def list_files(
    root: Path, rules: IgnoreRules, packages: InstalledPackages, without: Collection[Path] = ()
) -> ProjectFiles:
    """Return which files of a project are packed and which are not.

    Args:
        root: the project's folder.
        without: files that stay out, e.g. the package itself.

    Raises:
        PackageError: a link leads out of the project or nowhere, a name cannot stand in a package, a file is neither
            file nor folder, or a folder cannot be read.
    """
    walk = _Walk(root.resolve(), rules, packages, frozenset(path.resolve() for path in without))
    included = sorted(walk.files("", root.resolve(), ()), key=lambda file: file.name)
    return ProjectFiles(tuple(included), tuple(sorted(walk.ignored)))


class _Walk:
    def __init__(self, root: Path, rules: IgnoreRules, packages: InstalledPackages, without: frozenset[Path]) -> None:
        self._root = root
        self._rules = rules
        self._packages = packages
        self._without = without
        self.ignored: list[str] = []

    def files(self, prefix: str, folder: Path, around: tuple[str, ...]) -> Iterator[ProjectFile]:
        """Yield the files below a folder.

        Args:
            prefix: its name in the package with a slash at the end; empty = the project itself.
            around: real paths of the folders on the way, to notice a link that leads back.
        """
        if prefix.count("/") > MAX_DEPTH:
            raise PackageError(f"{prefix!r} lies too deep: {MAX_DEPTH} folders are the limit.")
        around = (*around, os.path.realpath(folder))
        for entry in self._entries(folder, prefix):
            name = prefix + entry.name
            path = folder / entry.name
            kind = self._kind(path, name)
            if kind is None or self._stays_out(name, path, kind):
                self.ignored.append(name + "/" if kind == stat.S_IFDIR else name)
                continue
            self._check_name(name)
            if kind == stat.S_IFDIR:
                if os.path.realpath(path) in around:
                    raise PackageError(f"'{name}' is a link to a folder that it lies in, so it has no end.", hint=_HINT)
                yield from self.files(name + "/", path, around)
            else:
                yield ProjectFile(name, path, path.stat().st_size)

    def _check_name(self, name: str) -> None:
        try:
            check_name(name)
        except PackageError as error:
            raise PackageError(str(error), hint=_NAME_HINT) from error

    def _entries(self, folder: Path, prefix: str) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(folder) as entries:
                return list(entries)
        except OSError as error:
            raise PackageError(
                f"The folder '{prefix or folder}' cannot be read: {error.strerror or error}.", hint=_HINT
            ) from error

    def _kind(self, path: Path, name: str) -> int | None:
        """Return S_IFREG or S_IFDIR after links; None if it stays out whatever it is."""
        try:
            found = path.lstat()
            if not stat.S_ISLNK(found.st_mode):
                return self._checked(found, name)
            if self._ignored_by_name(name, is_dir=False) and self._ignored_by_name(name, is_dir=True):
                return None
            found = path.stat()
        except FileNotFoundError as error:
            if path.is_symlink():
                message = f"'{name}' is a link to '{os.readlink(path)}', which does not exist."
                raise PackageError(message, hint=_HINT) from error
            raise PackageError(f"'{name}' has vanished while the project was read.") from error
        except OSError as error:
            raise PackageError(f"'{name}' cannot be read: {error.strerror or error}.", hint=_HINT) from error
        return self._linked(path, name, found)

    def _linked(self, path: Path, name: str, found: os.stat_result) -> int | None:
        kind = self._checked(found, name)
        if self._ignored_by_name(name, is_dir=kind == stat.S_IFDIR):
            return None
        target = Path(os.path.realpath(path))
        if not target.is_relative_to(self._root):
            raise PackageError(f"'{name}' is a link out of the project, to {os.readlink(path)}.", hint=_HINT)
        # A link must not carry out what its target's name protects: local settings, the history, keys.
        inside = target.relative_to(self._root).as_posix()
        return None if inside != "." and is_fixed_name(inside, kind == stat.S_IFDIR) else kind

    def _checked(self, found: os.stat_result, name: str) -> int | None:
        kind = stat.S_IFMT(found.st_mode)
        if kind in (stat.S_IFREG, stat.S_IFDIR):
            return kind
        if self._ignored_by_name(name, is_dir=False):
            return None
        what = _SPECIAL.get(kind, "no file")
        raise PackageError(f"'{name}' is {what}, which cannot be packed.", hint=_HINT)

    def _ignored_by_name(self, name: str, is_dir: bool) -> bool:
        first = name.partition("/")[0]
        if first == PACKAGES_FOLDER and (is_dir or first != name):
            if self._packages is InstalledPackages.LEFT_OUT:
                return True
            if self._packages is InstalledPackages.BUILT:
                return is_fixed_name(name, is_dir)
        return self._rules.ignores(name, is_dir)

    def _stays_out(self, name: str, path: Path, kind: int) -> bool:
        is_dir = kind == stat.S_IFDIR
        if self._ignored_by_name(name, is_dir) or path in self._without:
            return True
        return is_dir and (path / VIRTUAL_ENVIRONMENT_MARK).is_file()


_HINT = f"Leave it out with a line in {FILE_NAME}, or put a file in its place."
_NAME_HINT = f"Rename it, or leave it out with a line in {FILE_NAME}."
_SPECIAL = {
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}
