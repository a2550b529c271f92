"""Where the app is: the folder that a command works on."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from funchost.errors import SettingError, UsageError

ROOT_SETTING = "AzureWebJobsScriptRoot"
ROOT_FILES = ("host.json", "local.settings.json", "function_app.py")


def find_root(script_root: Path | None, environ: Mapping[str, str], current: Path) -> Path:
    """Return the absolute folder of the app.

    It is the one the command line names, else the one AzureWebJobsScriptRoot names, else the nearest of `current` and
    the folders above it that holds one of ROOT_FILES, else `current`: an app may consist of function folders alone.

    Raises:
        UsageError: the folder of the command line does not exist.
        SettingError: the folder of AzureWebJobsScriptRoot does not exist.
    """
    if script_root is not None:
        root = (current / script_root.expanduser()).resolve()
        if not root.is_dir():
            raise UsageError(f'"{root}" doesn\'t exist.', hint="--script-root names the folder of the app.")
        return root
    setting = environ.get(ROOT_SETTING)
    if setting:
        root = (current / setting).resolve()
        if not root.is_dir():
            raise SettingError(ROOT_SETTING, f'"{root}" doesn\'t exist.', hint="It names the folder of the app.")
        return root
    current = current.resolve()
    for folder in (current, *current.parents):
        if any((folder / name).is_file() for name in ROOT_FILES):
            return folder
    return current
