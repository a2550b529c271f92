"""Which Python runs the app: the setting, the active environment, the project's own, then PATH."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from funchost.errors import InterpreterError
from funchost.workers.probe import Probed, ProbeError, probe_interpreter

SETTING = "languageWorkers__python__defaultExecutablePath"
OLDEST = (3, 6)

_ACTIVE = "VIRTUAL_ENV"
_PROJECT_ENVIRONMENTS = (".venv", "venv", "env")
_NAMES = ("python3", "python", *(f"python3.{minor}" for minor in range(14, 5, -1)))

Probe = Callable[[str], Probed]
"""Tries one executable; raises ProbeError."""


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
    """A place to look at.

    Args:
        path: absolute path of an executable.
        reason: why it is one.
        may_be_shim: the real interpreter behind it is taken, which starts faster.
    """

    path: str
    reason: str
    may_be_shim: bool = False


def choose_interpreter(
    app_root: Path,
    explicit: str | None,
    environ: Mapping[str, str],
    probe: Probe | None = None,
    *,
    setting: str = SETTING,
) -> tuple[Interpreter, tuple[str, ...]]:
    """Return the interpreter for an app, and sentences about those that were passed over or left out for it.

    Args:
        explicit: value of the setting that names one; then no other is tried.
        environ: VIRTUAL_ENV and PATH are read, and the interpreters are tried in it.
        probe: how to try one; by default it is started, which takes about 20 ms.
        setting: the name of that setting as the user wrote it.

    Raises:
        InterpreterError: none can be used; it lists what was tried.
    """
    probe = probe or (lambda path: probe_interpreter(path, app_root, environ))
    if explicit:
        return _take_explicit(_resolve_explicit(app_root, explicit, environ), setting, probe), ()
    passed: list[str] = []
    for candidate in candidates(app_root, environ):
        try:
            chosen = _try(candidate, probe)
        except ProbeError as error:
            passed.append(f"{candidate.path} ({candidate.reason}): it {error}.")
            continue
        return chosen, (*(f"Passed over {line}" for line in passed), *_shadowed(app_root, candidate, environ))
    tried = "\n".join(f"  {line}" for line in passed) or "  nothing: no python3 and no python on PATH."
    raise InterpreterError(
        f"No Python interpreter of version {OLDEST[0]}.{OLDEST[1]} or later was found for the app. Tried:\n{tried}",
        hint=f"Create a virtual environment with 'python3 -m venv .venv' in the project, or set {SETTING}.",
    )


def _take_explicit(path: str, setting: str, probe: Probe) -> Interpreter:
    try:
        return _try(Candidate(path, f"the setting {setting}"), probe)
    except ProbeError as error:
        raise InterpreterError(
            f"The setting {setting} names an interpreter that cannot be used: {path}: it {error}.",
            hint="Correct the setting, or remove it to use the project's virtual environment or PATH.",
        ) from error


def _resolve_explicit(app_root: Path, explicit: str, environ: Mapping[str, str]) -> str:
    if os.sep in explicit:
        return os.path.join(app_root, os.path.expanduser(explicit))
    return shutil.which(explicit, path=environ.get("PATH", "")) or explicit


def _try(candidate: Candidate, probe: Probe) -> Interpreter:
    """Raises: ProbeError."""
    version, virtual_env, executable = probe(candidate.path)
    if version < OLDEST:
        found = ".".join(map(str, version))
        raise ProbeError(f"is Python {found}, older than {OLDEST[0]}.{OLDEST[1]}")
    path = executable if candidate.may_be_shim and os.path.isabs(executable) else candidate.path
    return Interpreter(path, version, candidate.reason, virtual_env)


def candidates(app_root: Path, environ: Mapping[str, str]) -> Iterator[Candidate]:
    """Yield what exists, best first, each path once."""
    seen: set[str] = set()
    for candidate in _all_candidates(app_root, environ):
        if candidate.path not in seen:
            seen.add(candidate.path)
            yield candidate


def _shadowed(app_root: Path, chosen: Candidate, environ: Mapping[str, str]) -> Iterator[str]:
    """Yield that the project's own environment is not used, if an active one is taken and is another."""
    if chosen.reason != _ACTIVE:
        return
    for name in _PROJECT_ENVIRONMENTS:
        if _environment_python(app_root / name):
            if os.path.realpath(app_root / name) != os.path.realpath(environ[_ACTIVE]):
                yield f"The project's {name} is not used: another environment is active (VIRTUAL_ENV)."
            return


def _all_candidates(app_root: Path, environ: Mapping[str, str]) -> Iterator[Candidate]:
    active = environ.get(_ACTIVE)
    if active:
        yield Candidate(_environment_python(Path(active)) or os.path.join(active, "bin", "python"), _ACTIVE)
    for name in _PROJECT_ENVIRONMENTS:
        own = _environment_python(app_root / name)
        if own:
            yield Candidate(own, f"{name} in the project")
    directories = [entry for entry in environ.get("PATH", "").split(os.pathsep) if os.path.isabs(entry)]
    for name in _NAMES:
        for directory in directories:
            path = os.path.join(directory, name)
            if os.path.lexists(path) and not os.path.isdir(path):
                yield Candidate(path, f"{name} on PATH", may_be_shim=True)


def _environment_python(folder: Path) -> str | None:
    """The executable of a virtual environment, dangling or not; None if the folder is not one."""
    for name in ("python3", "python"):
        path = folder / "bin" / name
        if os.path.lexists(path):
            return str(path)
    return str(folder / "bin" / "python") if (folder / "pyvenv.cfg").is_file() else None
