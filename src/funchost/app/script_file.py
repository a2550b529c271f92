"""Which file of a function folder holds the function. Never one outside of the app."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from funchost.app.problem import DeclarationProblem

KEY = ("scriptFile",)
_INVALID = "Invalid script file name configuration."
_UNDETERMINED = "Unable to determine the primary function script."


class Script(NamedTuple):
    """The script of a function.

    Args:
        path: absolute; where it should be if `problem` says that it is not there.
        problem: why it cannot be loaded, None if it can.
    """

    path: Path
    problem: DeclarationProblem | None = None


def find_script(root: Path, folder: Path, script_file: str | None) -> Script:
    """Return the function's script.

    Without `scriptFile`: the only file besides function.json, else ``run.py``, else ``__init__.py``, else the only
    Python file. The existing host would also take scripts of other languages.

    Args:
        root: absolute app folder.
        folder: the function's folder, below `root`.
        script_file: property `scriptFile`, relative to `folder`.

    Raises:
        DeclarationProblem: the folder cannot be read.
    """
    if not script_file:
        return _chosen(root, folder)
    named = folder / script_file
    if not os.path.isfile(named) and "\\" in script_file:
        named = folder / script_file.replace("\\", "/")
    if "\0" in script_file:
        return _wrong(folder, "The 'scriptFile' property holds a NUL character.")
    if not is_inside(root, named):
        return _wrong(named, f"The 'scriptFile' property names '{script_file}', which is outside of the app folder.")
    if not os.path.isfile(named):
        found = "Found instead: " + (", ".join(_files(folder)) or "no file") + "."
        return _wrong(named, f"The 'scriptFile' property is set to a file that does not exist. {found}")
    if named.suffix != ".py":
        return _wrong(named, f"The 'scriptFile' property names '{script_file}', which is not a Python file.")
    return Script(_tidy(root, named))


def is_inside(root: Path, path: Path) -> bool:
    """Return whether a path stays in the app folder after all links are followed."""
    return os.path.commonpath([os.path.realpath(root), os.path.realpath(path)]) == os.path.realpath(root)


def _wrong(path: Path, why: str) -> Script:
    return Script(path, DeclarationProblem(f"{_INVALID} {why}", KEY))


def _chosen(root: Path, folder: Path) -> Script:
    files = _files(folder)
    scripts = [name for name in files if name.endswith(".py")]
    preferred = [name for name in ("run.py", "__init__.py") if name in scripts]
    if len(files) == 1 and scripts:
        chosen = scripts[0]
    elif preferred:
        chosen = preferred[0]
    elif len(scripts) == 1:
        chosen = scripts[0]
    else:
        found = f"It is one of {', '.join(scripts)}" if scripts else "The function's folder has no Python file"
        advice = 'call it __init__.py or name it with "scriptFile" in function.json.'
        return Script(folder / "__init__.py", DeclarationProblem(f"{_UNDETERMINED} {found}; {advice}"))
    path = folder / chosen
    if not is_inside(root, path):
        return Script(path, DeclarationProblem(f"{_UNDETERMINED} '{chosen}' is a link that leaves the app folder."))
    return Script(path)


def _files(folder: Path) -> list[str]:
    try:
        names = sorted(os.listdir(folder))
    except OSError as error:
        raise DeclarationProblem(f"The function's folder cannot be read: {error.strerror or error}.") from error
    return [name for name in names if name.lower() != "function.json" and os.path.isfile(folder / name)]


def _tidy(root: Path, path: Path) -> Path:
    """Return the path below `root` without ``..``; a folder that is a link makes the textual way differ."""
    tidy = os.path.normpath(path)
    real = os.path.realpath(path)
    if os.path.realpath(tidy) == real:
        return Path(tidy)
    return root / os.path.relpath(real, os.path.realpath(root))
