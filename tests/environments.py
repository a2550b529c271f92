"""Virtual environments that are made once and kept in `.venvs`.

Several test runs may want the same environment at once: one makes it under a file lock, the others wait. A marker
file is written last, so an environment whose making was broken off is made anew.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.python_search import Interpreter

HOME = Path(__file__).resolve().parent.parent / ".venvs"
COMMAND_SECONDS = 300.0


class EnvironmentFailure(Exception):
    """A virtual environment for a test could not be made."""


def virtual_environment(name: str, interpreter: Interpreter, packages: Sequence[str]) -> Path:
    """The Python of the virtual environment `.venvs/<name>`, made on first use and kept.

    Args:
        packages: requirements that pip installs together; the environment is made anew when they change.
    Raises:
        EnvironmentFailure: venv or pip failed; the message ends with what they printed.
    """
    home = HOME / name
    marker = home / ".complete"
    content = "\n".join([str(interpreter.path), *packages])
    if _content(marker) != content:
        with _locked(home):
            if _content(marker) != content:
                _make(home, interpreter, packages)
                marker.write_text(content)
    return home / "bin" / "python"


def _content(marker: Path) -> str | None:
    return marker.read_text() if marker.is_file() else None


@contextmanager
def _locked(home: Path) -> Iterator[None]:
    home.parent.mkdir(exist_ok=True)
    with home.with_name(home.name + ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _make(home: Path, interpreter: Interpreter, packages: Sequence[str]) -> None:
    shutil.rmtree(home, ignore_errors=True)
    python = str(home / "bin" / "python")
    if interpreter.can_make_venv:
        _run([str(interpreter.path), "-m", "venv", str(home)])
        install = [python, "-m", "pip", "install", "--quiet"]
    else:  # Debian's bare python3 has no ensurepip
        uv = _uv(interpreter)
        _run([*uv, "venv", "--quiet", "--python", str(interpreter.path), str(home)])
        install = [*uv, "pip", "install", "--quiet", "--python", python]
    if packages:
        _run([*install, *packages])


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
