"""The CPython interpreters of this machine: on PATH, under the usual version managers and in the usual places."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path

MINORS = tuple(range(6, 15))
PROBE_SECONDS = 15.0
PROBE = """
import importlib.util, json, platform, sys
print(json.dumps({
    "version": list(sys.version_info[:3]),
    "implementation": platform.python_implementation(),
    "base": sys.base_prefix,
    "virtual": sys.prefix != sys.base_prefix,
    "free_threaded": "t" in getattr(sys, "abiflags", ""),
    "venv": bool(importlib.util.find_spec("venv") and importlib.util.find_spec("ensurepip")),
}))
"""


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A CPython that was started and told its version.

    Args:
        path: the executable, outside any virtual environment.
        can_make_venv: it has venv and ensurepip (Debian's bare python3 has not).
    """

    path: Path
    version: tuple[int, int, int]
    can_make_venv: bool

    @property
    def name(self) -> str:
        """`3.8`."""
        return f"{self.version[0]}.{self.version[1]}"


@dataclass(frozen=True, slots=True)
class Search:
    """What a search of the machine gave: interpreters by version, executables passed over, versions missing."""

    found: tuple[Interpreter, ...]
    passed_over: tuple[tuple[Path, str], ...]
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Probe:
    path: Path
    failure: str | None
    version: tuple[int, int, int] = (0, 0, 0)
    base: Path = Path()
    virtual: bool = False
    can_make_venv: bool = False


@cache
def search() -> Search:
    """All CPython 3.6-3.14 of this machine, one for each minor version; the answer is kept for the process."""
    with ThreadPoolExecutor(max_workers=8) as pool:
        probes = list(pool.map(_probe, _candidates()))
        bases = {
            probe.base / "bin" / f"python3.{probe.version[1]}"
            for probe in probes
            if probe.failure is None and probe.virtual
        }
        probes += pool.map(_probe, sorted(bases - {probe.path for probe in probes}))
    best: dict[int, Interpreter] = {}
    for probe in probes:
        minor = probe.version[1]
        if probe.failure is not None or probe.virtual or probe.version[0] != 3 or minor not in MINORS:
            continue
        candidate = Interpreter(probe.path, probe.version, probe.can_make_venv)
        if minor not in best or _rank(candidate) > _rank(best[minor]):
            best[minor] = candidate
    passed_over = tuple((probe.path, probe.failure) for probe in probes if probe.failure is not None)
    missing = tuple(f"3.{minor}" for minor in MINORS if minor not in best)
    return Search(tuple(best[minor] for minor in sorted(best)), passed_over, missing)


def _rank(interpreter: Interpreter) -> tuple[bool, tuple[int, int, int]]:
    return interpreter.can_make_venv, interpreter.version


def _probe(path: Path) -> _Probe:
    try:
        done = subprocess.run(
            [str(path), "-I", "-c", PROBE],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PROBE_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return _Probe(path, f"no answer within {PROBE_SECONDS:.0f} s")
    except (OSError, UnicodeDecodeError) as error:
        return _Probe(path, f"cannot be started ({error})")
    if done.returncode != 0:
        return _Probe(path, f"exits with {done.returncode}")
    try:
        answer = json.loads(done.stdout)
    except ValueError:
        return _Probe(path, "does not answer like a Python")
    if answer["implementation"] != "CPython" or answer["free_threaded"]:
        return _Probe(path, "not a plain CPython")
    major, minor, micro = answer["version"]
    return _Probe(path, None, (major, minor, micro), Path(answer["base"]), answer["virtual"], answer["venv"])


def _candidates() -> list[Path]:
    """Executables that may be a Python 3.6-3.14, each path once."""
    names = ["python3", *(f"python3.{minor}" for minor in MINORS)]
    paths = (folder / name for folder in _folders() for name in names)
    return list(dict.fromkeys(path for path in paths if path.is_file() and os.access(path, os.X_OK)))


def _folders() -> Iterator[Path]:
    """Folders in which interpreters stand: PATH, version managers, conda, the usual places of Linux and macOS."""
    yield from (Path(entry) for entry in os.environ.get("PATH", "").split(os.pathsep) if entry)
    home = Path.home()
    yield from _each(Path(os.environ.get("PYENV_ROOT") or home / ".pyenv"), "versions/*/bin")
    yield from _each(Path(os.environ.get("ASDF_DATA_DIR") or home / ".asdf"), "installs/python/*/bin")
    data = Path(os.environ.get("XDG_DATA_HOME") or home / ".local/share")
    yield from _each(Path(os.environ.get("UV_PYTHON_INSTALL_DIR") or data / "uv/python"), "*/bin")
    yield from _each(data, "mise/installs/python/*/bin", "rtx/installs/python/*/bin", "hatch/pythons/*/python/bin")
    yield from _each(home, ".rye/py/*/bin", ".local/bin", "Library/Application Support/uv/python/*/bin")
    yield from _conda_folders(home)
    yield from _each(Path("/opt"), "bin", "*/bin", "python/*/bin", "hostedtoolcache/Python/*/*/bin")
    yield from _each(Path("/opt/homebrew"), "bin", "opt/python@3.*/bin")
    yield from _each(Path("/usr/local"), "bin", "*/bin", "opt/python@3.*/bin")
    yield from _each(Path("/Library/Frameworks/Python.framework/Versions"), "3.*/bin")
    yield Path("/usr/bin")


def _conda_folders(home: Path) -> Iterator[Path]:
    roots = [home / name for name in ("miniconda3", "anaconda3", "miniforge3", "mambaforge", "micromamba")]
    roots.append(Path("/opt/conda"))
    if executable := os.environ.get("CONDA_EXE"):
        roots.append(Path(executable).parent.parent)
    for root in roots:
        yield from _each(root, "bin", "envs/*/bin")
    listed = home / ".conda/environments.txt"
    if listed.is_file():
        yield from (Path(line) / "bin" for line in listed.read_text().splitlines() if line)


def _each(root: Path, *patterns: str) -> Iterable[Path]:
    if not root.is_dir():
        return ()
    return (folder for pattern in patterns for folder in sorted(root.glob(pattern)))
