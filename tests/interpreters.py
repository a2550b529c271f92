"""What the worker is tested on: the Pythons of this machine, and a cached virtual environment for each case.

The worker must run on every Python from 3.6 to 3.14, so its tests run on all of them that `tests.python_search` finds.
What is missing is named, never assumed.

`python -m tests.interpreters` prints what was found, what was passed over and why, and the matrix.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tests.environments import EnvironmentFailure, virtual_environment
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
    "interpreter",
    "matrix",
]

NEWEST = "newest"
"""Stands for the newest azure-functions that pip gives to a Python."""

PINNED = {"1.0.3": 6, "1.2.1": 7, "1.7.2": 8, "1.13.3": 9, "1.21.3": 10}
"""Older azure-functions releases, and the minor version of Python that apps pinned to them ran on."""

EMPTY = "none"
"""Asks for an environment without azure-functions."""


@dataclass(frozen=True, slots=True)
class WorkerCase:
    """One row of the matrix: an interpreter and the azure-functions release in its environment."""

    interpreter: Interpreter
    azure_functions: str

    @property
    def name(self) -> str:
        """`py3.8-azf1.7.2`."""
        return f"py{self.interpreter.name}-azf{self.azure_functions}"


def find_interpreters() -> list[Interpreter]:
    """The interpreters found, oldest first."""
    return list(search().found)


def interpreter(version: str) -> Interpreter:
    """The interpreter found for `3.6` ... `3.14`; LookupError names those that were found."""
    for found in find_interpreters():
        if found.name == version:
            return found
    names = ", ".join(found.name for found in find_interpreters()) or "none"
    raise LookupError(f"no Python {version} on this machine; found: {names}")


def matrix() -> list[WorkerCase]:
    """Each interpreter with the newest azure-functions, and each pinned release on the Python nearest to its time."""
    found = find_interpreters()
    cases = [WorkerCase(each, NEWEST) for each in found]
    if found:
        for release, minor in PINNED.items():
            nearest = min(found, key=lambda found: abs(found.version[1] - minor))
            cases.append(WorkerCase(nearest, release))
    return cases


def describe() -> list[str]:
    """Lines for a test report: what the worker is tested on, what is missing, what was passed over."""
    result = search()
    names = ", ".join(".".join(map(str, found.version)) for found in result.found)
    lines = [f"worker interpreters: {names or 'none'}; missing: {', '.join(result.missing) or 'none'}"]
    by_reason: dict[str, list[str]] = {}
    for path, reason in result.passed_over:
        by_reason.setdefault(f"{path.parent}: {reason}", []).append(path.name)
    lines += [f"passed over: {', '.join(names)} in {reason}" for reason, names in sorted(by_reason.items())]
    return lines


def environment_for(version: str, azure_functions: str | None = None) -> Path:
    """The Python of a virtual environment for the worker, made on first use and kept.

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
    release = azure_functions or NEWEST
    packages = {NEWEST: ["azure-functions"], EMPTY: []}.get(release, [f"azure-functions=={release}"])
    return virtual_environment(f"py{version}-azf{release}", interpreter(version), packages)


if __name__ == "__main__":
    print("\n".join(describe()))
    print("\n".join(case.name for case in matrix()))
