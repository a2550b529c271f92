"""The scripts find a Python by themselves, or say in one sentence what is missing.

Each test gives a script a PATH of its own with made-up Pythons on it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
TOOLS = ("sh", "dirname", "basename", "cksum", "cat", "rm", "grep", "printf")
SHIM = "echo 'the version is not installed' >&2; exit 127"
OLD = 'case "$2" in *platform*) echo 3.9.2 ;; *"(3, 11)"*) exit 1 ;; esac'
WITHOUT_VENV = 'case "$2" in *ensurepip*) exit 1 ;; esac'
MAKES_A_VENV = 'if [ "$2" = venv ]; then echo "venv with $0" >&2; exit 3; fi'


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A folder, with a space in its path, that holds the scripts as a fresh clone does."""
    clone = tmp_path / "a clone"
    shutil.copytree(REPOSITORY / "scripts", clone / "scripts")
    shutil.copy(REPOSITORY / "pyproject.toml", clone)
    (clone / "bin").mkdir()
    for tool in TOOLS:
        if found := shutil.which(tool):
            (clone / "bin" / tool).symlink_to(found)
    return clone


def add_python(clone: Path, name: str, body: str) -> None:
    path = clone / "bin" / name
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)


def run_test_script(clone: Path) -> tuple[int, list[str]]:
    done = subprocess.run(
        ["sh", str(clone / "scripts" / "test")],
        cwd="/",
        env={"PATH": str(clone / "bin"), "HOME": str(clone), "PIP_NO_INDEX": "1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout == ""
    return done.returncode, done.stderr.splitlines()


def test_no_python_is_one_sentence(clone: Path) -> None:
    code, lines = run_test_script(clone)
    assert code == 1
    assert lines[-1].startswith("scripts/test: Python 3.11 or newer is needed, and there is no Python on PATH that")
    assert len(lines) == 2


def test_a_python_that_is_too_old_is_named_with_its_version(clone: Path) -> None:
    add_python(clone, "python3", OLD)
    code, lines = run_test_script(clone)
    assert code == 1
    assert "Python 3.11 or newer is needed" in lines[-1]
    assert f"{clone}/bin/python3 (3.9.2)" in lines[-1]
    assert len(lines) == 2


def test_a_python_without_venv_names_the_package_to_install(clone: Path) -> None:
    add_python(clone, "python3", WITHOUT_VENV)
    code, lines = run_test_script(clone)
    assert code == 1
    assert f"{clone}/bin/python3 has no venv module" in lines[-1]
    assert "apt install python3-venv" in lines[-1]
    assert len(lines) == 2


def test_a_shim_that_fails_is_passed_over(clone: Path) -> None:
    add_python(clone, "python3.14", SHIM)
    add_python(clone, "python3.13", SHIM)
    add_python(clone, "python3.12", MAKES_A_VENV)
    code, lines = run_test_script(clone)
    assert code == 1
    assert f"venv with {clone}/bin/python3.12" in lines


def test_a_newer_python_without_venv_gives_way_to_one_with_it(clone: Path) -> None:
    add_python(clone, "python3.13", WITHOUT_VENV)
    add_python(clone, "python3", MAKES_A_VENV)
    _, lines = run_test_script(clone)
    assert f"venv with {clone}/bin/python3" in lines


def test_a_virtual_environment_is_made_without_uv(clone: Path) -> None:
    (clone / "bin" / "python3").symlink_to(Path(sys.base_prefix) / "bin" / f"python3.{sys.version_info[1]}")
    (clone / "pyproject.toml").write_text("[project]\n")  # nothing can be installed from it
    code, lines = run_test_script(clone)
    assert code == 1
    assert os.access(clone / ".venv" / "bin" / "python", os.X_OK)
    assert lines[-1].startswith("scripts/test: the installation failed")
