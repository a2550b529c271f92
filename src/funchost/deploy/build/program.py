"""BuildProgram: what a build process executes."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import funchost


class BuildProgram(NamedTuple):
    """A program that does what `__main__` here does.

    Args:
        command: the number of the descriptor for reports is added to it.
        needs: files and folders that it reads.
    """

    command: Sequence[str]
    needs: Sequence[Path]


def this_program() -> BuildProgram:
    """Return the program of this installation."""
    command = (sys.executable, "-I", "-m", "funchost.deploy.build")
    return BuildProgram(command, (Path(sys.executable), Path(os.__file__).parent, Path(funchost.__file__).parent))
