"""Where Pythons stand on a machine: PATH, version managers, conda, the usual places of Linux and macOS. Only looks."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from funchost.deploy.pythons.versions import SUPPORTED

_NAMES = (*(f"python{version}" for version in SUPPORTED), "python3")
_MACOS_STUB = "/usr/bin/python3"
"""Asks the user to install Apple's tools when they are missing; where they are is a place of its own."""

_CONDA_ROOTS = ("miniconda3", "anaconda3", "miniforge3", "mambaforge", "micromamba")


class Place(NamedTuple):
    """A folder with executables.

    Args:
        folder: may not exist.
        source: what put them there, for people.
    """

    folder: Path
    source: str


class Candidate(NamedTuple):
    """An executable that may be a Python.

    Args:
        path: links resolved, so that one of a virtual environment is usually the real interpreter already.
        source: see Place.
    """

    path: Path
    source: str


def candidates(environ: Mapping[str, str], downloads: Path | None = None) -> list[Candidate]:
    """Return the executables that may be Pythons for apps, each once, those on PATH first.

    Shims of version managers are left out: what they would start stands in the managers' own folders.

    Args:
        environ: PATH, HOME and the variables of version managers are read.
        downloads: a folder with Pythons that uv has downloaded.
    """
    found: dict[Path, Candidate] = {}
    for place in _places(environ, downloads):
        for name in _NAMES:
            path = place.folder / name
            if not (path.is_file() and os.access(path, os.X_OK)) or (
                sys.platform == "darwin" and str(path) == _MACOS_STUB
            ):
                continue
            real = path.resolve()
            known = found.get(real)
            if known is None:
                found[real] = Candidate(real, place.source)
            elif known.source == "PATH":  # the manager that put it there says more; its rank stays
                found[real] = known._replace(source=place.source)
    return list(found.values())


def _places(environ: Mapping[str, str], downloads: Path | None) -> Iterator[Place]:
    home = Path(environ.get("HOME") or "~").expanduser()
    on_path = [Path(entry) for entry in environ.get("PATH", "").split(os.pathsep) if os.path.isabs(entry)]
    yield from (Place(folder, "PATH") for folder in on_path if folder.name != "shims")
    if downloads is not None:
        yield from _each(downloads, "downloaded", "*/bin")
    yield from _version_managers(environ, home, [folder.parent for folder in on_path if folder.name == "shims"])
    yield from _system()
    yield from _conda(environ, home)
    yield Place(Path(sys.base_prefix) / "bin", "the Python that runs the server")


def _version_managers(environ: Mapping[str, str], home: Path, shimmed: list[Path]) -> Iterator[Place]:
    data = Path(environ.get("XDG_DATA_HOME") or home / ".local/share")
    for root in (Path(environ.get("PYENV_ROOT") or home / ".pyenv"), *shimmed):
        yield from _each(root, "pyenv", "versions/*/bin")
    for root in (Path(environ.get("ASDF_DATA_DIR") or home / ".asdf"), *shimmed):
        yield from _each(root, "asdf", "installs/python/*/bin")
    yield from _each(Path(environ.get("UV_PYTHON_INSTALL_DIR") or data / "uv/python"), "uv", "*/bin")
    yield from _each(home, "uv", "Library/Application Support/uv/python/*/bin")
    yield from _each(Path(environ.get("MISE_DATA_DIR") or data / "mise"), "mise", "installs/python/*/bin")
    yield from _each(data, "hatch", "hatch/pythons/*/python/bin")
    yield from _each(home, "rye", ".rye/py/*/bin")
    yield Place(home / ".local/bin", "the home folder")


def _system() -> Iterator[Place]:
    yield from _each(Path("/opt/homebrew"), "Homebrew", "bin", "opt/python@3.*/bin")
    yield from _each(Path("/home/linuxbrew/.linuxbrew"), "Homebrew", "bin", "opt/python@3.*/bin")
    yield from _each(Path("/usr/local"), "/usr/local", "bin", "opt/python@3.*/bin", "python*/bin")
    yield from _each(Path("/opt"), "/opt", "bin", "python*/bin", "python/*/bin", "hostedtoolcache/Python/*/*/bin")
    yield from _each(Path("/Library/Frameworks/Python.framework/Versions"), "python.org", "3.*/bin")
    yield Place(Path("/Library/Developer/CommandLineTools/usr/bin"), "Apple's tools")
    yield Place(Path("/usr/bin"), "/usr/bin")


def _conda(environ: Mapping[str, str], home: Path) -> Iterator[Place]:
    roots = [*(home / name for name in _CONDA_ROOTS), Path("/opt/conda")]
    if executable := environ.get("CONDA_EXE"):
        roots.append(Path(executable).parent.parent)
    if prefix := environ.get("MAMBA_ROOT_PREFIX"):
        roots.append(Path(prefix))
    for root in roots:
        yield from _each(root, "conda", "bin", "envs/*/bin")


def _each(root: Path, source: str, *patterns: str) -> Iterator[Place]:
    for pattern in patterns:
        yield from (Place(folder, source) for folder in sorted(root.glob(pattern)))
