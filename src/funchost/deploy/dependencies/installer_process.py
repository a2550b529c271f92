"""Runs an installer and keeps what it said, line by line."""

from __future__ import annotations

import re
import subprocess
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from funchost.deploy.dependencies.installation import OnLine
from funchost.errors import BuildError

KEPT_LINES = 400
MAX_LINE = 4000

_CREDENTIALS = re.compile(r"(?<=://)[^/\s@]+@")


class Said(NamedTuple):
    """What a finished process left.

    Args:
        code: exit status.
        lines: the last of its output, stdout and stderr together.
    """

    code: int
    lines: tuple[str, ...]


def run_installer(command: Sequence[str], folder: Path, environment: Mapping[str, str], on_line: OnLine) -> Said:
    """Run a command to its end; it stays in this process's group and ends with it.

    Args:
        folder: its working directory.
        environment: its whole environment.
        on_line: told each line; addresses come without their credentials.

    Raises:
        BuildError: it cannot be started.
    """
    try:
        process = subprocess.Popen(  # noqa: S603 - an installer that was chosen by path
            list(command),
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
    except OSError as error:
        raise BuildError(f"{command[0]} cannot be started: {error.strerror or error}.") from error
    kept: deque[str] = deque(maxlen=KEPT_LINES)
    with process:
        try:
            assert process.stdout is not None  # noqa: S101 - a pipe was asked for
            while data := process.stdout.readline(MAX_LINE):
                line = without_credentials(data.decode("utf-8", "replace").rstrip())
                kept.append(line)
                on_line(line)
        except BaseException:
            process.kill()
            raise
    return Said(process.returncode, tuple(kept))


def without_credentials(text: str) -> str:
    """Return a text with the user and password of each address in it left out."""
    return _CREDENTIALS.sub("***@", text)
