"""The search for interpreters starts what it finds, and passes over what fails."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.interpreters import find_interpreters
from tests.python_search import search


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder at the head of PATH."""
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    return tmp_path


def add(folder: Path, name: str, body: str) -> Path:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return path


def test_the_python_that_runs_the_tests_is_found() -> None:
    mine = [found for found in find_interpreters() if found.name == f"3.{sys.version_info[1]}"]
    assert len(mine) == 1
    assert mine[0].version[:2] == sys.version_info[:2]


def test_each_version_is_found_once_and_the_rest_is_named_as_missing() -> None:
    result = search()
    names = [found.name for found in result.found]
    assert sorted([*names, *result.missing], key=lambda name: int(name[2:])) == [f"3.{minor}" for minor in range(6, 15)]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("echo 'pyenv: python3.9: command not found' >&2; exit 127", "exits with 127"),
        ("echo hello", "does not answer like a Python"),
    ],
)
def test_an_executable_that_is_no_python_is_passed_over_with_the_reason(folder: Path, body: str, reason: str) -> None:
    shim = add(folder, "python3.9", body)
    assert (shim, reason) in search.__wrapped__().passed_over


def test_a_file_that_cannot_be_started_is_passed_over(folder: Path) -> None:
    path = folder / "python3.9"
    path.write_text("#!/no/such/interpreter\n")
    path.chmod(0o755)
    reasons = dict(search.__wrapped__().passed_over)
    assert reasons[path].startswith("cannot be started")
