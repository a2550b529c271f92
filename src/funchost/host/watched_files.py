"""Which files of an app matter for a reload, and what they look like now. Reads the file system, changes nothing."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from funchost.http.pages import OFFLINE_FILE

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

ALWAYS_WATCHED = frozenset({"host.json", "function.json", "local.settings.json", OFFLINE_FILE})
NEVER_WATCHED = frozenset({"__pycache__", "node_modules"})
MAX_FOLDERS = 2000
"""More folders than any app has; protects the machine's watch limit against a root like the home folder."""


class FileState(NamedTuple):
    """What tells one version of a file from the next."""

    modified_ns: int
    size: int
    inode: int


@dataclass(frozen=True)
class WatchRules:
    """What host.json adds to the rules.

    Args:
        files: further file names that count wherever they stand.
        directories: top-level folders in which every file counts, compared case-sensitively.
        enabled: whether changes count at all.
    """

    files: frozenset[str] = frozenset()
    directories: frozenset[str] = frozenset()
    enabled: bool = True


@dataclass(frozen=True)
class Snapshot:
    """The app's folders and the files in them that count, at one moment.

    Args:
        folders: paths of all folders that were looked into, the root among them.
        files: path to state.
        truncated: there are more than MAX_FOLDERS folders; the rest was left out.
        refused: lines of ``.funcignore`` that are no patterns; the others count.
    """

    folders: frozenset[str]
    files: Mapping[str, FileState]
    truncated: bool = False
    refused: tuple[str, ...] = ()


def take_snapshot(root: Path, rules: WatchRules) -> Snapshot:
    """Return the app's own folders and files that count.

    Virtual environments, caches, hidden folders, `.funchost` and what `.funcignore` lists are left out.
    Linked folders are followed once; a file that vanishes meanwhile is left out.
    """
    ignored, refused = _ignored(root)
    folders: list[str] = []
    files: dict[str, FileState] = {}
    seen: set[str] = set()
    pending = [(str(root), False)]
    while pending and len(folders) < MAX_FOLDERS:
        folder, everything = pending.pop()
        real = os.path.realpath(folder)
        if real in seen:
            continue
        seen.add(real)
        folders.append(folder)
        for entry in _entries(folder):
            is_folder = os.path.isdir(entry.path)
            if ignored is not None and _is_ignored(ignored, os.path.relpath(entry.path, root), is_folder):
                continue
            if is_folder:
                inside = everything or (folder == str(root) and entry.name in rules.directories)
                if inside or _is_own_folder(entry):
                    pending.append((entry.path, inside))
            elif everything or _counts(entry.name, rules):
                state = _state(entry)
                if state is not None:
                    files[entry.path] = state
    return Snapshot(frozenset(folders), files, bool(pending), refused)


def changed_files(before: Snapshot, after: Snapshot) -> list[tuple[str, str]]:
    """Return (kind, path) for each difference, kinds as the existing host names them, sorted by path."""
    changes = []
    for path in before.files.keys() | after.files.keys():
        if path not in after.files:
            changes.append(("Deleted", path))
        elif path not in before.files:
            changes.append(("Created", path))
        elif before.files[path] != after.files[path]:
            changes.append(("Changed", path))
    return sorted(changes, key=lambda change: change[1])


def rescoped(before: Snapshot, now: Snapshot) -> Snapshot:
    """Return `before` by the rules of `now`, so that a file that only now counts, or no longer does, is no change."""
    kept = {path: state for path, state in before.files.items() if path in now.files or not os.path.lexists(path)}
    return Snapshot(before.folders, {**now.files, **kept})


def _is_ignored(ignored: GitIgnoreSpec, relative: str, is_folder: bool) -> bool:
    return ignored.match_file(relative + "/" if is_folder else relative)


def _entries(folder: str) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            yield from entries
    except OSError:
        # Gone or unreadable by now: it has nothing that could be loaded either.
        return


def _is_own_folder(entry: os.DirEntry[str]) -> bool:
    if entry.name.startswith(".") or entry.name in NEVER_WATCHED:
        return False
    return not os.path.exists(os.path.join(entry.path, "pyvenv.cfg"))


def _counts(name: str, rules: WatchRules) -> bool:
    return name.endswith(".py") or name.lower() in ALWAYS_WATCHED or name in rules.files


def _state(entry: os.DirEntry[str]) -> FileState | None:
    try:
        status = entry.stat()
    except OSError:
        return None
    return FileState(status.st_mtime_ns, status.st_size, status.st_ino)


def _ignored(root: Path) -> tuple[GitIgnoreSpec | None, tuple[str, ...]]:
    """Return what `.funcignore` takes out, None without one, and its lines that are no patterns."""
    try:
        lines = (root / ".funcignore").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None, ()
    from pathspec import GitIgnoreSpec  # only apps with a .funcignore pay for the import

    try:
        return GitIgnoreSpec.from_lines(lines), ()
    except ValueError:
        refused = tuple(line for line in lines if not _is_pattern(line))
        return GitIgnoreSpec.from_lines(line for line in lines if line not in refused), refused


def _is_pattern(line: str) -> bool:
    from pathspec import GitIgnoreSpec

    try:
        GitIgnoreSpec.from_lines([line])
    except ValueError:
        return False
    return True
