"""Bytecode that Python keeps beside the app's modules."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from glob import escape, glob


def forget_bytecode(scripts: Iterable[str]) -> None:
    """Remove the cached bytecode of changed modules, for every Python.

    Python takes bytecode for current if the source has the same size and the same second in its time of change, so
    a file that is saved twice in a second could run as it was before.

    Args:
        scripts: paths; those that are no ``.py`` files are left alone. Files that cannot be removed stay.
    """
    for script in scripts:
        folder, name = os.path.split(script)
        stem, suffix = os.path.splitext(name)
        if suffix != ".py":
            continue
        for cached in glob(os.path.join(escape(folder), "__pycache__", f"{escape(stem)}.*.pyc")):
            with suppress(OSError):
                os.unlink(cached)
