"""Compiles a version's files to bytecode with the app's own interpreter, so that its instances start faster."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from funchost.deploy.pythons import Installation

_MANY = 400
"""Files from which it pays to use several processes."""


def compile_all(folder: Path, python: Installation) -> int:
    """Compile every module below a folder; returns how many there are.

    Bytecode that was uploaded is replaced: it may be another source's. A file that does not compile is no failure:
    whether anything imports it shows when the app is loaded, with the traceback. Packages bring templates and tests for
    other Pythons.
    """
    modules = sum(name.endswith(".py") for _, _, names in os.walk(folder) for name in names)
    if modules == 0:
        return 0
    command = [str(python.path), "-I", "-m", "compileall", "-q", "-f", "-d", "", str(folder)]
    if modules >= _MANY:
        command[4:4] = ["-j", "0"]
    subprocess.run(  # noqa: S603 - the app's interpreter
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False
    )
    return modules
