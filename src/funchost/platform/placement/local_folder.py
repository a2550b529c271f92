"""The folder of an instance: its home and its temporary files, gone with it."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from funchost.deploy.build.tree_removal import remove_tree
from funchost.platform.data_directory import DataDirectory
from funchost.platform.placement.instance_environment import home_folder, temporary_folder
from funchost.platform.placement.local_remains import end_remains


def make_folder(folder: Path) -> None:
    """Make it; blocking. Raises: OSError."""
    for made in (home_folder(folder), temporary_folder(folder)):
        made.mkdir(mode=0o700, parents=True)


def remove_folder(folder: Path) -> None:
    """Remove a folder with all that an app has left in it; what resists stays until the server's next start."""
    try:
        remove_tree(folder)
    except OSError:
        with suppress(RecursionError):
            shutil.rmtree(folder, ignore_errors=True)


def clear_away(instances: Sequence[str], data: DataDirectory) -> None:
    """End what is left of instances that have ended, and remove their folders; blocking."""
    end_remains(instances)
    for instance in instances:
        remove_folder(data.instance(instance))


def remove_leftovers(data: DataDirectory) -> None:
    """Clear away all instances of the last server, which was killed; blocking."""
    folders = list(data.instances.glob("*"))
    end_remains([folder.name for folder in folders])
    for folder in folders:
        remove_folder(folder)
