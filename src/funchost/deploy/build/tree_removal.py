"""Removes a folder that strangers have filled: however deep it is, and whatever in it is closed to its owner."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path

_OPEN = 0o700


def remove_tree(folder: Path) -> None:
    """Remove a folder with all that it holds; what is gone already is fine, and links are not followed.

    Folders deeper down are moved up before they are emptied: no path gets longer than the system takes, and nothing
    here recurs, though they lie thousands deep in one another.

    Raises:
        OSError: something in it cannot be removed.
    """
    if not os.path.lexists(folder):
        return
    top = str(folder)
    os.chmod(top, _OPEN)
    # Not to be guessed by whoever filled the folder.
    prefix = f"{top}{os.sep}.{secrets.token_hex(8)}-"
    places = (f"{prefix}{number}" for number in count())
    waiting = _emptied(top, None)
    while waiting:
        path = waiting.pop()
        waiting += _emptied(path, places)
        os.rmdir(path)
    os.rmdir(top)


def _emptied(path: str, places: Iterator[str] | None) -> list[str]:
    """Remove the files of a folder and return its folders, moved to `places` unless that is None."""
    folders = []
    with os.scandir(path) as entries:
        found = list(entries)
    for entry in found:
        with suppress(FileNotFoundError):
            if not entry.is_dir(follow_symlinks=False):
                os.unlink(entry.path)
                continue
            os.chmod(entry.path, _OPEN)
            place = entry.path
            if places is not None:
                place = next(places)
                os.rename(entry.path, place)
            folders.append(place)
    return folders
