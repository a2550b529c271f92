"""Tells whether an executable is a Python that apps can run on, by starting it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from funchost.deploy.pythons.installation import Installation
from funchost.deploy.pythons.places import Candidate
from funchost.deploy.pythons.versions import NEWEST, OLDEST
from funchost.workers.probe import ProbeError, ask_interpreter

TIMEOUT = 15.0
"""A conda environment on a busy machine takes its time."""

_QUESTION = (
    "import platform, sys;"
    "base = getattr(sys, 'base_prefix', sys.prefix);"
    "print('%d %d %d %d %d %s %s' % (sys.version_info[:3] + (sys.prefix != base, 't' in getattr(sys, 'abiflags', ''),"
    " platform.python_implementation(), sys.executable)))"
)


def examine(candidate: Candidate, environ: Mapping[str, str]) -> Installation:
    """Start an executable and return what it is.

    Args:
        environ: its whole environment.

    Raises:
        ProbeError: it is no plain CPython of a version that apps can run on, outside virtual environments.
    """
    said = ask_interpreter(str(candidate.path), _QUESTION, Path("/"), environ, TIMEOUT)
    return read_answer(candidate, said)


def read_answer(candidate: Candidate, said: str) -> Installation:
    """Return what an executable said it is; pure but for resolving links.

    Args:
        said: version (3 numbers), whether in a virtual environment, whether free-threaded, implementation, executable.

    Raises:
        ProbeError: as examine.
    """
    try:
        major, minor, micro, virtual, free_threaded, implementation, executable = said.split(" ", 6)
        version = int(major), int(minor), int(micro)
    except ValueError as error:
        raise ProbeError(f"does not answer like Python: {said[:80]!r}") from error
    if virtual == "1":
        raise ProbeError("belongs to a virtual environment")
    if implementation != "CPython" or free_threaded == "1":
        raise ProbeError(f"is {implementation}{' without the GIL' if free_threaded == '1' else ''}, not plain CPython")
    if not OLDEST <= version[:2] <= NEWEST:
        raise ProbeError(f"is Python {'.'.join(map(str, version))}")
    path = Path(executable).resolve() if os.path.isabs(executable) and os.path.isfile(executable) else candidate.path
    return Installation(path, version, candidate.source)
