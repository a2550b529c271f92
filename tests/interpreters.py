"""What the worker is tested on: the Pythons of this machine, and a cached virtual environment for each case.

The worker must run on every Python from 3.6 to 3.14, so its tests run on all of them that `tests.python_search` finds.
What is missing is named, never assumed.

Several test runs may want the same environment at once: one makes it under a file lock, the others wait. A marker
file is written last, so an environment whose making was broken off is made anew.

`python -m tests.interpreters` prints what was found, what was passed over and why, and the matrix.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.python_search import Interpreter, search

__all__ = [
    "EMPTY",
    "NEWEST",
    "EnvironmentFailure",
    "Interpreter",
    "WorkerCase",
    "describe",
    "environment_for",
    "find_interpreters",
    "matrix",
]

NEWEST = "newest"
"""Stands for the newest azure-functions that pip gives to a Python."""

PINNED = {"1.0.3": 6, "1.2.1": 7, "1.7.2": 8, "1.13.3": 9, "1.21.3": 10}
"""Older azure-functions releases, and the minor version of Python that apps pinned to them ran on."""

EMPTY = "none"
"""Asks for an environment without azure-functions."""

HOME = Path(__file__).resolve().parent.parent / ".venvs"
COMMAND_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class WorkerCase:
    """One row of the matrix: an interpreter and the azure-functions release in its environment."""

    interpreter: Interpreter
    azure_functions: str

    @property
    def name(self) -> str:
        """`py3.8-azf1.7.2`."""
        return f"py{self.interpreter.name}-azf{self.azure_functions}"


class EnvironmentFailure(Exception):
    """A virtual environment for a test could not be made."""


def find_interpreters() -> list[Interpreter]:
    """The interpreters found, oldest first."""
    return list(search().found)


def matrix() -> list[WorkerCase]:
    """Each interpreter with the newest azure-functions, and each pinned release on the Python nearest to its time."""
    found = find_interpreters()
    cases = [WorkerCase(interpreter, NEWEST) for interpreter in found]
    if found:
        for release, minor in PINNED.items():
            nearest = min(found, key=lambda interpreter: abs(interpreter.version[1] - minor))
            cases.append(WorkerCase(nearest, release))
    return cases


def describe() -> list[str]:
    """Lines for a test report: what the worker is tested on, what is missing, what was passed over."""
    result = search()
    names = ", ".join(".".join(map(str, interpreter.version)) for interpreter in result.found)
    lines = [f"worker interpreters: {names or 'none'}; missing: {', '.join(result.missing) or 'none'}"]
    by_reason: dict[str, list[str]] = {}
    for path, reason in result.passed_over:
        by_reason.setdefault(f"{path.parent}: {reason}", []).append(path.name)
    lines += [f"passed over: {', '.join(names)} in {reason}" for reason, names in sorted(by_reason.items())]
    return lines


def environment_for(version: str, azure_functions: str | None = None) -> Path:
    """The Python of a virtual environment, made on first use and kept.

    Args:
        version: `3.6` ... `3.14`; must be one of `find_interpreters()`.
        azure_functions: a release (`1.2.1`); None or `newest`: the newest that pip gives that Python; `none`: an
            environment without it.
    Returns:
        `<repo>/.venvs/py<version>-azf<azure_functions>/bin/python`. The environment is its `.parent.parent`.
    Raises:
        LookupError: no such interpreter here.
        EnvironmentFailure: venv or pip failed; the message ends with what they printed.
    """
    interpreter = next((found for found in find_interpreters() if found.name == version), None)
    if interpreter is None:
        names = ", ".join(found.name for found in find_interpreters()) or "none"
        raise LookupError(f"no Python {version} on this machine; found: {names}")
    release = azure_functions or NEWEST
    home = HOME / f"py{version}-azf{release}"
    marker = home / ".complete"
    if not _is_complete(marker, interpreter):
        with _locked(home):
            if not _is_complete(marker, interpreter):
                _make(home, interpreter, release)
                marker.write_text(str(interpreter.path))
    return home / "bin" / "python"


def _is_complete(marker: Path, interpreter: Interpreter) -> bool:
    try:
        return marker.read_text() == str(interpreter.path)
    except FileNotFoundError:
        return False


@contextmanager
def _locked(home: Path) -> Iterator[None]:
    home.parent.mkdir(exist_ok=True)
    with home.with_name(home.name + ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _make(home: Path, interpreter: Interpreter, release: str) -> None:
    shutil.rmtree(home, ignore_errors=True)
    package = {NEWEST: "azure-functions", EMPTY: ""}.get(release, f"azure-functions=={release}")
    python = str(home / "bin" / "python")
    if interpreter.can_make_venv:
        _run([str(interpreter.path), "-m", "venv", str(home)])
        install = [python, "-m", "pip", "install", "--quiet"]
    else:  # Debian's bare python3 has no ensurepip
        uv = _uv(interpreter)
        _run([*uv, "venv", "--quiet", "--python", str(interpreter.path), str(home)])
        install = [*uv, "pip", "install", "--quiet", "--python", python]
    if package:
        _run([*install, package])


def _uv(interpreter: Interpreter) -> list[str]:
    beside = Path(sys.executable).with_name("uv")
    found = shutil.which("uv") or (str(beside) if beside.is_file() else None)
    if found is None:
        raise EnvironmentFailure(f"{interpreter.path} has no venv or ensurepip module, and uv is not installed")
    return [found]


def _run(command: Sequence[str]) -> None:
    environment = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "PYTHONHOME"}}
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=COMMAND_SECONDS,
        check=False,
        env=environment,
    )
    if done.returncode != 0:
        raise EnvironmentFailure(f"{' '.join(command)} exited with {done.returncode}:\n{done.stdout[-2000:]}")


if __name__ == "__main__":
    print("\n".join(describe()))
    print("\n".join(case.name for case in matrix()))
