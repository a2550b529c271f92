"""The rules of .funcignore are those of git, which is asked about the same files."""

from __future__ import annotations

import os
import random
import subprocess
from pathlib import Path

import pytest

from funchost.deploy.package.archive import project_files
from funchost.deploy.package.project_files import InstalledPackages
from tests.tools import need_git

NAMES = ("a", "b.py", "c.log", "test", "tests", "data1.csv", "sub dir", "x y.txt", "build", "keep.txt")
PATTERNS = (
    "*.log", "/a", "a/", "test", "!keep.txt", "build/", "build/*", "**/tests", "a/**/c.log", "data[0-9].csv",
    "data?.csv", "sub dir", "sub\\ dir/x*", "!*.py", "*", "!a", "#x", "\\!x", "a/b.py", "/*/keep.txt", "**",
    "x y.txt  ",
)  # fmt: skip


@pytest.fixture(autouse=True)
def git() -> None:
    need_git()


def ignored_by_git(root: Path) -> set[str]:
    """The files that git would not add, by the rules in .funcignore alone."""
    environment = {
        **os.environ,
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_DIR": str(root / ".git"),
    }
    subprocess.run(["git", "init", "-q", str(root)], check=True, env=environment)
    listed = subprocess.run(
        ["git", "ls-files", "--others", "-z", "--exclude-from=.funcignore"],
        cwd=root,
        env=environment | {"GIT_WORK_TREE": str(root)},
        check=True,
        capture_output=True,
    ).stdout
    return set(listed.decode().split("\0")) - {"", ".funcignore"}


@pytest.mark.parametrize("seed", range(12))
def test_the_same_files_are_taken_as_by_git(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)  # noqa: S311
    root = tmp_path / "project"
    root.mkdir()
    for _ in range(40):
        folder = root.joinpath(*(chance.choice(NAMES) for _ in range(chance.randrange(4))))
        path = folder / chance.choice(NAMES)
        if not path.exists() and not any(parent.is_file() for parent in path.parents):
            folder.mkdir(parents=True, exist_ok=True)
            path.write_text("x")
    lines = [chance.choice(PATTERNS) for _ in range(chance.randrange(1, 6))]
    (root / ".funcignore").write_text("\n".join(lines) + "\n")
    ours = {file.name for file in project_files(root, InstalledPackages.AS_IS).included}
    assert ours == ignored_by_git(root), lines
