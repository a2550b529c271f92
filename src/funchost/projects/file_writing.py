"""Writes files of a project: a file is there as a whole or not at all, and never replaced by accident."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from funchost.app.durable_file import replace_durably
from funchost.errors import FuncHostError


def write_new_file(path: Path, text: str) -> bool:
    """Write a file that is not there yet, folders included; return False, and do nothing, if it is.

    Raises:
        FuncHostError: it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() or path.is_symlink():
            return False
        _replace(path, text.encode())
    except OSError as error:
        raise _failure(path, error) from error
    return True


def replace_file(path: Path, content: bytes) -> None:
    """Write a file in place of the one that may be there; its mode stays. A link stays, and its target is replaced.

    Raises:
        FuncHostError: it cannot be written; the old content is still there.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _replace(path.resolve(), content)
    except OSError as error:
        raise _failure(path, error) from error


def _replace(path: Path, content: bytes) -> None:
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except FileNotFoundError:
        mode = 0o666 & ~_umask()
    replace_durably(path, content, mode=mode)


def _umask() -> int:
    # There is no way to read it without setting it; a command of the tool has one thread.
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _failure(path: Path, error: OSError) -> FuncHostError:
    return FuncHostError(f"{path} cannot be written: {error.strerror or error}.")
