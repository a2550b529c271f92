"""What may be a function: folders with a function.json, or what a worker found in decorated code."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from funchost.app.declaration import Declaration
from funchost.app.function_app import Model
from funchost.app.function_json import FILE_NAME, read_declaration, read_function_json
from funchost.app.indexed import AppIndex, IndexedFunction, LoadError
from funchost.app.jsonc import Document
from funchost.errors import ConfigError


class Candidate(Protocol):
    """A function by name.

    Args:
        name: as found; may be no valid name.
        source: the file of its declaration, None if its path cannot be printed.
        document: that file once `declare` has read it.
        error: why the worker could not make sense of it.
    """

    name: str
    source: Path | None
    document: Document | None
    error: LoadError | None

    def declare(self) -> Declaration:
        """Return the declaration. Raises ConfigError or DeclarationProblem."""


def function_folders(root: Path) -> tuple[Path, ...]:
    """Return the immediate sub-folders with a function.json, sorted by name as the existing host sorts.

    Raises:
        ConfigError: the app folder cannot be read.
    """
    try:
        names = sorted(os.listdir(root), key=_order)
    except OSError as error:
        raise ConfigError(root, f"The app folder cannot be read: {error.strerror or error}.") from error
    # lexists: a link to nowhere is an error of that function, not a folder that does not count.
    return tuple(root / name for name in names if os.path.lexists(os.path.join(root, name, FILE_NAME)))


def candidates_in_folders(root: Path, folders: Sequence[Path]) -> list[Candidate]:
    """Return a candidate for each function folder."""
    return [_Folder(root, folder) for folder in folders]


def indexed_candidates(root: Path, index: AppIndex) -> list[Candidate]:
    """Return a candidate for each function that a worker found, sorted by name."""
    return [_Indexed(root, function) for function in sorted(index.functions, key=lambda f: _order(f.name))]


def _order(name: str) -> tuple[str, str]:
    return name.upper(), name


class _Folder:
    def __init__(self, root: Path, folder: Path) -> None:
        readable = folder.name.encode(errors="backslashreplace").decode()
        self.name = readable
        self.source = folder / FILE_NAME if readable == folder.name else None
        self.document: Document | None = None
        self.error: LoadError | None = None
        self._root = root
        self._folder = folder

    def declare(self) -> Declaration:
        self.document = read_function_json(self._root, self._folder)
        return read_declaration(self._root, self._folder, self.document)


class _Indexed:
    def __init__(self, root: Path, function: IndexedFunction) -> None:
        self.name = function.name
        self.source: Path | None = root / function.script_file
        self.document: Document | None = None
        self.error = function.error
        self._root = root
        self._function = function

    def declare(self) -> Declaration:
        function = self._function
        script = self._root / function.script_file
        bindings = list(function.bindings)
        return Declaration(
            name=function.name,
            directory=self._root / function.directory,
            script_file=script,
            source=script,
            model=Model.DECORATORS,
            bindings=bindings,
            retry=function.retry,
            config={
                "name": function.name,
                "scriptFile": script.name,
                "language": "python",
                "functionDirectory": str(self._root / function.directory),
                "bindings": bindings,
            },
        )
