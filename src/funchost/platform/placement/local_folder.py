"""The folder of an instance: its home and its temporary files, gone with it."""

from __future__ import annotations

import os
import shutil
import stat
from contextlib import suppress
from pathlib import Path

from funchost.platform.placement.instance_environment import home_folder, temporary_folder


def make_folder(folder: Path) -> None:
    """Make it; blocking. Raises: OSError."""
    for made in (home_folder(folder), temporary_folder(folder)):
        made.mkdir(mode=0o700, parents=True)


def remove_folder(folder: Path) -> None:
    """Remove a folder with all that an app has left in it; what resists stays until the server's next start."""

    if not folder.exists():
        return
    for path, folders, _ in os.walk(folder):
        for name in folders:
            below = Path(path, name)
            if not below.is_symlink():
                with suppress(OSError):
                    below.chmod(stat.S_IRWXU)
    shutil.rmtree(folder, ignore_errors=True)


def remove_leftovers(folders: Path) -> None:
    """Remove what is in the folder of these folders; blocking."""
    for folder in folders.glob("*"):
        remove_folder(folder)
