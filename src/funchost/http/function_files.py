"""FunctionFiles: writes and removes the folders of functions that are declared by function.json files."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

from funchost.app.durable_file import replace_durably

_FUNCTION_NAME = re.compile(r"[a-z][a-z0-9_-]{0,127}", re.ASCII | re.IGNORECASE)
_FILE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}", re.ASCII)
CONFIG_FILE = "function.json"
_MODE = 0o644
"""As that of the other files of an app."""


class FileRefusedError(Exception):
    """A file or folder that must not be written or removed; the message says why."""


class FunctionFiles:
    """The function folders in an app's root. The calls block; nothing outside the root is ever touched.

    Args:
        root: the app's folder.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def write(self, name: str, config: Mapping[str, object] | None, files: Mapping[str, str]) -> None:
        """Write function.json (unless `config` is None) and `files` into the function's folder; others stay.

        Raises:
            FileRefusedError: a name is none, or the folder leaves the app.
            OSError: it cannot be written.
        """
        for file in files:
            if not _FILE_NAME.fullmatch(file):
                raise FileRefusedError(f"{file} is not a valid file name")
        folder = self._folder(name)
        folder.mkdir(exist_ok=True)
        for file, content in files.items():
            replace_durably(folder / file, content.encode(), mode=_MODE)
        if config is not None:
            text = json.dumps(config, indent=2, ensure_ascii=False)
            replace_durably(folder / CONFIG_FILE, f"{text}\n".encode(), mode=_MODE)

    def remove(self, name: str) -> None:
        """Remove the function's folder with all that is in it.

        Raises:
            FileRefusedError: there is no function folder of that name.
            OSError: it cannot be removed.
        """
        folder = self._folder(name)
        if not (folder / CONFIG_FILE).is_file():
            raise FileRefusedError(f"{name} has no folder with a {CONFIG_FILE}")
        shutil.rmtree(folder)

    def _folder(self, name: str) -> Path:
        if not _FUNCTION_NAME.fullmatch(name) or name.lower() == "host":
            raise FileRefusedError(f"{name} is not a valid function name")
        folder = next((item for item in self._root.iterdir() if item.name.lower() == name.lower()), self._root / name)
        if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
            raise FileRefusedError(f"{name} is not a folder of the app")
        return folder
