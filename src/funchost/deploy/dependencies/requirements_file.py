"""The lines of a requirements file that say where more is to be read: -r, -c, -e, paths and hashes.

The installer reads the requirements themselves; this says which files and folders of the project they depend on.
Source: pip's "Requirements File Format".
"""

from __future__ import annotations

import codecs
import re
from pathlib import Path
from typing import NamedTuple

from funchost.errors import BuildError

MAX_SIZE = 4 * 1024 * 1024
MAX_FILES = 100

_INCLUDE = re.compile(r"(?:-r|--requirement|-c|--constraint)(?:\s*=\s*|\s+|(?<=-[rc]))(?P<path>\S.*)")
_EDITABLE = re.compile(r"(?:-e|--editable)(?:\s*=\s*|\s+|(?<=-e))(?P<path>\S.*)")
_LOCAL = re.compile(r"(?:[\w.-]+(?:\[.*\])?\s*@\s*)?(?P<path>(?:\.{1,2}/|/|file:)[^\s\[;]*|\.)(?:\[.*\])?(?:\s*;.*)?")
_COMMENT = re.compile(r"(?:^|\s)#.*$")
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://|git\+", re.IGNORECASE)
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class RequirementsFile(NamedTuple):
    """What one requirements file says, and those that it names.

    Args:
        files: itself and the files it includes, absolute, each once.
        folders: projects of this machine that it installs, absolute.
        names: how many requirements there are in all.
        hashed: one of them has a hash, so all must (as pip has it).
    """

    files: tuple[Path, ...]
    folders: tuple[Path, ...]
    names: int
    hashed: bool


def read_requirements_file(path: Path) -> RequirementsFile:
    """Return what a requirements file depends on.

    Raises:
        BuildError: it, or a file it names, is not there, cannot be read or is not text.
    """
    reading = _Reading(path.resolve().parent)
    reading.read(path, None, 0)
    return RequirementsFile(tuple(reading.files), tuple(reading.folders), reading.names, reading.hashed)


def text_of(path: Path) -> str:
    """Return the text of a requirements file: UTF-8, or UTF-16 with a byte-order mark, lines ended in any way.

    Raises:
        BuildError: it cannot be read, is too long or is not text.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_SIZE + 1)
    except OSError as error:
        raise BuildError(f"{path} cannot be read: {error.strerror or error}.") from error
    if len(data) > MAX_SIZE:
        raise BuildError(f"{path} is longer than {MAX_SIZE} bytes.")
    encoding = next((name for mark, name in _BYTE_ORDER_MARKS if data.startswith(mark)), "utf-8")
    try:
        return data.decode(encoding).replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        raise BuildError(f"{path} is not UTF-8 text.", hint="Save it with the encoding UTF-8.") from error


class _Reading:
    def __init__(self, root: Path) -> None:
        self._root = root
        self.files: list[Path] = []
        self.folders: list[Path] = []
        self.names = 0
        self.hashed = False

    def read(self, path: Path, named_by: Path | None, line: int) -> None:
        path = path.resolve()
        if path in self.files:
            return
        if len(self.files) == MAX_FILES:
            raise BuildError(f"{named_by}:{line}: more than {MAX_FILES} requirements files include one another.")
        if named_by is not None and not path.is_file():
            raise BuildError(
                f"{named_by}:{line}: '{path}' is not there.", hint="The path counts from the file it is in."
            )
        self.files.append(path)
        for number, text in logical_lines(text_of(path)):
            self._take(text, path, number)

    def _take(self, text: str, file: Path, line: int) -> None:
        self.hashed = self.hashed or "--hash" in text
        if (found := _INCLUDE.fullmatch(text)) and not _ADDRESS.match(found["path"]):
            self.read(file.parent / found["path"].strip("'\""), file, line)
            return
        local = _EDITABLE.fullmatch(text) or _LOCAL.fullmatch(text)
        if local and not _ADDRESS.match(local["path"].removeprefix("file:")):
            self._add_folder(file, local["path"], line)
        if local or not text.startswith("-"):
            self.names += 1

    def _add_folder(self, file: Path, text: str, line: int) -> None:
        path = re.sub(r"\[.*$|\s*;.*$", "", text).strip("'\"").removeprefix("file://").removeprefix("file:")
        # Unlike the path of an included file, this one counts from the folder that the installer runs in.
        folder = (self._root / path).resolve()
        if not folder.exists():
            raise BuildError(
                f"{file}:{line}: '{path}' is not there; such paths count from {self._root}.",
                hint="Check that it is in the project and that .funcignore does not leave it out.",
            )
        self.folders.append(folder)


def logical_lines(text: str) -> list[tuple[int, str]]:
    """Return (number, text) of each line that says something; a backslash joins a line to the next."""
    lines: list[tuple[int, str]] = []
    joined, start = "", 0
    for number, line in enumerate(text.split("\n"), 1):
        start = start or number
        if line.endswith("\\") and not line.lstrip().startswith("#"):
            joined += line[:-1] + " "
            continue
        whole = _COMMENT.sub("", joined + line).strip()
        if whole:
            lines.append((start, whole))
        joined, start = "", 0
    return lines
