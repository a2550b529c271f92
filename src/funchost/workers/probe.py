"""Asks a Python interpreter who it is, by starting it."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

PROBE_TIMEOUT = 5.0

_QUESTION = (
    "import sys; base = getattr(sys, 'real_prefix', getattr(sys, 'base_prefix', sys.prefix));"
    "print('%d %d %d %d %s' % (sys.version_info[:3] + (sys.prefix != base, sys.executable)))"
)


class Probed(NamedTuple):
    """What an interpreter said of itself.

    Args:
        version: its version.
        virtual_env: it belongs to a virtual environment.
        executable: where it is, by its own account; differs from the path that was started for shims.
    """

    version: tuple[int, int, int]
    virtual_env: bool
    executable: str


class ProbeError(Exception):
    """An interpreter does not start; the text completes "it ..."."""


def probe_interpreter(path: str, folder: Path, environ: Mapping[str, str], timeout: float = PROBE_TIMEOUT) -> Probed:
    """Start an interpreter and ask for its version.

    Args:
        path: the executable.
        folder: working directory; shims choose a version by it.
        environ: its whole environment.
        timeout: seconds until it counts as hanging.

    Raises:
        ProbeError: it does not start, hangs, or says something else.
    """
    return _read_answer(ask_interpreter(path, _QUESTION, folder, environ, timeout))


def ask_interpreter(
    path: str, question: str, folder: Path, environ: Mapping[str, str], timeout: float = PROBE_TIMEOUT
) -> str:
    """Start an interpreter with a short program and return the last line that it prints.

    Args:
        path: the executable.
        question: the program, valid for Python 3.6.
        folder: working directory; shims choose a version by it.
        environ: its whole environment.
        timeout: seconds until it counts as hanging.

    Raises:
        ProbeError: it does not start, hangs, or fails.
    """
    if os.path.islink(path) and not os.path.exists(path):
        raise ProbeError(f"is a link to {os.readlink(path)}, which does not exist")
    try:
        process = subprocess.Popen(  # noqa: S603 - asking it is the point
            [path, "-E", "-s", "-c", question],
            env=dict(environ),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except OSError as error:
        raise ProbeError(f"cannot be started: {error.strerror}") from error
    with process:
        stdout, stderr = _talk(process, timeout)
    if process.returncode:
        raise ProbeError(_describe_failure(process.returncode, stderr))
    # What `.pth` files print comes before the answer.
    return stdout.decode("utf-8", "surrogateescape").strip().rpartition("\n")[2]


def _talk(process: subprocess.Popen[bytes], timeout: float) -> tuple[bytes, bytes]:
    try:
        return process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired as error:
        # A shim that hangs may have children, which hold the pipes open.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        raise ProbeError(f"did not answer within {timeout:g} seconds") from error


def _describe_failure(returncode: int, stderr: bytes) -> str:
    lines = stderr.decode("utf-8", "replace").strip().splitlines()
    said = f": {lines[0].strip()}" if lines else ""
    how = f"was killed by signal {-returncode}" if returncode < 0 else f"exited with code {returncode}"
    return how + said


def _read_answer(said: str) -> Probed:
    try:
        major, minor, micro, virtual_env, executable = said.split(" ", 4)
        return Probed((int(major), int(minor), int(micro)), virtual_env == "1", executable)
    except ValueError as error:
        raise ProbeError(f"does not answer like Python: {said[:80]!r}") from error
