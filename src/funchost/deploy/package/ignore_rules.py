"""IgnoreRules: which files of a project never become part of its package."""

from __future__ import annotations

from pathlib import Path

from pathspec import GitIgnoreSpec

from funchost.errors import PackageError

FILE_NAME = ".funcignore"
PACKAGES_FOLDER = ".python_packages"
VIRTUAL_ENVIRONMENT_MARK = "pyvenv.cfg"

SETTINGS_FILE = "local.settings.json"
FIXED_FOLDERS = frozenset({".git", ".vscode", "__pycache__", ".funchost"})
FIXED_FILES = frozenset({SETTINGS_FILE, FILE_NAME, ".gitignore", "project.lock.json", ".git"})
UNFINISHED = ".funchost-part"
"""Ends the name of a package that is being written; one that a killed process left is not packed either."""

_MAX_SIZE = 1024 * 1024


class IgnoreRules:
    """The lines of `.funcignore`, read as git reads those of `.gitignore`, and the names that are never packed.

    The existing tool reads them with a parser of its own, which anchors every pattern at the root, takes ``?`` and
    ``[...]`` literally and lets ``!`` win in any order (func-cli.md 2.7). As there, only the file in the project's root
    counts, and below `.python_packages` only lines that name that folder: a ``tests/`` that is meant for the project
    must not cut holes into other people's packages.

    Args:
        lines: of the file.
    """

    def __init__(self, lines: tuple[str, ...] = ()) -> None:
        self._spec = GitIgnoreSpec.from_lines(lines)
        self._spec_of_packages = GitIgnoreSpec.from_lines(line for line in lines if PACKAGES_FOLDER in line)

    @classmethod
    def read(cls, root: Path) -> IgnoreRules:
        """Return the rules of a project; without a `.funcignore` only the fixed ones.

        Raises:
            PackageError: the file cannot be read, or holds a pattern that means nothing.
        """
        path = root / FILE_NAME
        try:
            with path.open("rb") as file:
                data = file.read(_MAX_SIZE + 1)
        except FileNotFoundError:
            return cls()
        except OSError as error:
            raise PackageError(f"{path} cannot be read: {error.strerror or error}.") from error
        if len(data) > _MAX_SIZE:
            raise PackageError(f"{path} is longer than {_MAX_SIZE} bytes.", hint="Ignore whole folders instead.")
        lines = data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogateescape").split("\n")
        try:
            return cls(tuple(line.removesuffix("\r") for line in lines))
        except ValueError as error:
            raise PackageError(f"{path} holds a pattern that cannot be read: {error}") from error

    def ignores(self, relative: str, is_dir: bool) -> bool:
        """Return whether a file or folder stays out.

        A folder that stays out takes all with it: as in git, no ``!`` pattern brings a file in it back.

        Args:
            relative: path below the project with forward slashes.
        """
        return is_fixed(relative, is_dir) or self.matches(relative, is_dir)

    def matches(self, relative: str, is_dir: bool) -> bool:
        """Return whether the file's patterns alone keep a path, or a folder around it, out."""
        parents = [relative[:place] + "/" for place, letter in enumerate(relative) if letter == "/"]
        own = relative + "/" if is_dir else relative
        return any(self._spec_for(path).match_file(path) for path in (*parents, own))

    def _spec_for(self, path: str) -> GitIgnoreSpec:
        inside = path.startswith(PACKAGES_FOLDER + "/") and path != PACKAGES_FOLDER + "/"
        return self._spec_of_packages if inside else self._spec


def is_fixed(relative: str, is_dir: bool) -> bool:
    """Return whether a path is never packed because of its name or that of a folder around it.

    Compiled modules count only beside their source: a distribution in `.python_packages` may consist of nothing else.
    """
    *folders, name = relative.split("/")
    if any(folder in FIXED_FOLDERS for folder in folders):
        return True
    if is_dir:
        return name in FIXED_FOLDERS
    compiled = name.endswith(".pyc") and PACKAGES_FOLDER not in folders
    return name in FIXED_FILES or name.endswith(UNFINISHED) or compiled
