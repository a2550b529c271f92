"""Which Python runs the app. The order is a decision of its own; trying a candidate is the only thing that acts."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from funchost.errors import InterpreterError

SETTING = "languageWorkers__python__defaultExecutablePath"
OLDEST = (3, 6)

_PROJECT_ENVIRONMENTS = (".venv", "venv", "env")
_NAMES = ("python3", "python", *(f"python3.{minor}" for minor in range(14, 5, -1)))
_PROBE_TIMEOUT = 5.0
_PROBE = (
    "import sys; base = getattr(sys, 'real_prefix', getattr(sys, 'base_prefix', sys.prefix));"
    "print('%d %d %d %d' % (sys.version_info[:3] + (sys.prefix != base,)))"
)


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A Python that starts.

    Args:
        path: absolute path of the executable.
        version: its version.
        reason: why it was chosen, e.g. ``.venv in the project``.
        virtual_env: it belongs to a virtual environment.
    """

    path: str
    version: tuple[int, int, int]
    reason: str
    virtual_env: bool


class Candidate(NamedTuple):
    """A place to look at."""

    path: str
    reason: str


class Probed(NamedTuple):
    """What a candidate said of itself."""

    version: tuple[int, int, int]
    virtual_env: bool


class ProbeError(Exception):
    """A candidate does not start; the text completes "path ..."."""


def choose_interpreter(
    app_root: Path,
    explicit: str | None,
    environ: Mapping[str, str],
    probe: Callable[[str, Mapping[str, str]], Probed] | None = None,
) -> tuple[Interpreter, tuple[str, ...]]:
    """Return the interpreter for an app, and the names passed over on the way, each with its reason.

    Args:
        explicit: the setting that names one; then no other is tried.
        environ: VIRTUAL_ENV and PATH are read, and the interpreter is tried in it.
        probe: tries one candidate; raises ProbeError.

    Raises:
        InterpreterError: none can be used; it lists what was tried.
    """
    probe = probe or probe_interpreter
    if explicit:
        return _take_explicit(app_root, explicit, environ, probe), ()
    passed: list[str] = []
    for candidate in candidates(app_root, environ):
        try:
            return _try(candidate, environ, probe), tuple(passed)
        except ProbeError as error:
            passed.append(f"{candidate.path} ({candidate.reason}) {error}")
    tried = "\n".join(f"  {line}" for line in passed) or "  nothing: there is no python3 or python on PATH"
    raise InterpreterError(
        f"No Python interpreter of version 3.6 or later was found for the app. Tried:\n{tried}",
        hint=f"Create a virtual environment with 'python3 -m venv .venv' in the project, or set {SETTING}.",
    )


def _take_explicit(
    app_root: Path, explicit: str, environ: Mapping[str, str], probe: Callable[[str, Mapping[str, str]], Probed]
) -> Interpreter:
    path = _resolve_explicit(app_root, explicit, environ)
    try:
        return _try(Candidate(path, f"the setting {SETTING}"), environ, probe)
    except ProbeError as error:
        raise InterpreterError(
            f"The interpreter of the setting {SETTING} cannot be used: {path} {error}",
            hint="Correct the setting, or remove it to use the project's virtual environment or PATH.",
        ) from error


def _resolve_explicit(app_root: Path, explicit: str, environ: Mapping[str, str]) -> str:
    if os.sep in explicit:
        return os.path.join(app_root, os.path.expanduser(explicit))
    return shutil.which(explicit, path=environ.get("PATH", "")) or explicit


def candidates(app_root: Path, environ: Mapping[str, str]) -> Iterator[Candidate]:
    """Yield what exists, best first: the active environment, the project's own, then PATH."""
    seen: set[str] = set()
    for candidate in _all_candidates(app_root, environ):
        if candidate.path not in seen:
            seen.add(candidate.path)
            yield candidate


def _all_candidates(app_root: Path, environ: Mapping[str, str]) -> Iterator[Candidate]:
    active = environ.get("VIRTUAL_ENV")
    if active:
        yield Candidate(_environment_python(Path(active)), "VIRTUAL_ENV")
    for name in _PROJECT_ENVIRONMENTS:
        folder = app_root / name
        if (folder / "bin").is_dir() or (folder / "pyvenv.cfg").is_file():
            yield Candidate(_environment_python(folder), f"{name} in the project")
    for name in _NAMES:
        for directory in environ.get("PATH", "").split(os.pathsep):
            path = os.path.join(directory, name)
            if directory and os.path.lexists(path) and not os.path.isdir(path):
                yield Candidate(path, f"{name} on PATH")


def _environment_python(folder: Path) -> str:
    for name in ("python3", "python"):
        path = folder / "bin" / name
        if os.path.lexists(path):
            return str(path)
    return str(folder / "bin" / "python")


def _try(
    candidate: Candidate, environ: Mapping[str, str], probe: Callable[[str, Mapping[str, str]], Probed]
) -> Interpreter:
    """Raises: ProbeError."""
    probed = probe(candidate.path, environ)
    if probed.version < OLDEST:
        found = ".".join(map(str, probed.version))
        raise ProbeError(f"is Python {found}, older than {OLDEST[0]}.{OLDEST[1]}")
    return Interpreter(candidate.path, probed.version, candidate.reason, probed.virtual_env)


def probe_interpreter(path: str, environ: Mapping[str, str]) -> Probed:
    """Start a candidate and ask for its version.

    Raises:
        ProbeError: it does not start, or says something else.
    """
    if os.path.islink(path) and not os.path.exists(path):
        raise ProbeError(f"is a link to {os.readlink(path)}, which does not exist")
    try:
        done = subprocess.run(  # noqa: S603 - asking it is the point
            [path, "-E", "-s", "-c", _PROBE],
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_PROBE_TIMEOUT,
            check=False,
            start_new_session=True,
        )
    except subprocess.TimeoutExpired as error:
        raise ProbeError(f"did not answer within {_PROBE_TIMEOUT:g} seconds") from error
    except OSError as error:
        raise ProbeError(f"cannot be started: {error.strerror}") from error
    if done.returncode:
        raise ProbeError(_describe_failure(done.returncode, done.stderr))
    return _read_answer(done.stdout)


def _describe_failure(returncode: int, stderr: bytes) -> str:
    lines = stderr.decode("utf-8", "replace").strip().splitlines()
    said = f": {lines[0].strip()}" if lines else ""
    how = f"was killed by signal {-returncode}" if returncode < 0 else f"exited with code {returncode}"
    return how + said


def _read_answer(stdout: bytes) -> Probed:
    try:
        major, minor, micro, virtual_env = map(int, stdout.split())
    except ValueError as error:
        said = stdout[:80].decode("utf-8", "replace").strip()
        raise ProbeError(f"does not answer like Python: {said!r}") from error
    return Probed((major, minor, micro), bool(virtual_env))
