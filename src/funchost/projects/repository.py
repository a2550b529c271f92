"""Repository: the git repository that a project is in."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from funchost.errors import FuncHostError

TIMEOUT = 60.0


@dataclass(frozen=True, slots=True)
class Repository:
    """A folder that shall be in a git repository.

    Args:
        root: the folder.
        git: the program.
    """

    root: Path
    git: str

    @classmethod
    def find(cls, root: Path) -> Repository:
        """Return the repository of a folder, whether it is one yet or not.

        Raises:
            FuncHostError: there is no git.
        """
        git = shutil.which("git")
        if git is None:
            raise FuncHostError("A git repository needs git, and there is none on PATH.", hint="Install git.")
        return cls(root, git)

    def begin(self) -> str:
        """Make a repository unless the folder is in one; return what was done, a sentence.

        Raises:
            FuncHostError: git refuses.
        """
        inside = self._run("-C", str(self.root), "rev-parse", "--is-inside-work-tree")
        if inside.returncode == 0 and inside.stdout.strip() == "true":
            return f"{self.root} is in a git repository already."
        made = self._run("init", "--quiet", str(self.root))
        if made.returncode:
            raise FuncHostError(f"git init failed in {self.root}: {made.stderr.strip()}")
        return f"Began a git repository in {self.root}."

    def _run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        try:
            return subprocess.run(  # noqa: S603 - git, found on PATH, and arguments of our own
                [self.git, *arguments],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=TIMEOUT,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise FuncHostError(f"git {arguments[0]} has not ended within {TIMEOUT:g} s.") from None
