"""The worker's source is valid on every interpreter of this machine, the oldest included."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.interpreters import Interpreter, find_interpreters

SOURCE = Path(__file__).resolve().parents[2] / "src" / "funchost_worker"
COMPILE = """
import io, sys
for path in sys.argv[1:]:
    with io.open(path, encoding="utf-8") as file:
        compile(file.read(), path, "exec", dont_inherit=True)
"""


@pytest.mark.parametrize("interpreter", find_interpreters(), ids=lambda interpreter: interpreter.name)
def test_every_file_of_the_worker_compiles(interpreter: Interpreter) -> None:
    files = [str(path) for path in sorted(SOURCE.rglob("*.py"))]
    command = [str(interpreter.path), "-W", "error", "-c", COMPILE, *files]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
