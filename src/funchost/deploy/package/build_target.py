"""For which Python and platform the packages of a project are installed, when nobody says otherwise."""

from __future__ import annotations

import platform as machine_platform
import shutil
from collections.abc import Mapping
from pathlib import Path

from funchost.deploy.dependencies.target_python import GLIBC, Platform, TargetPython, this_platform
from funchost.workers.interpreter import choose_interpreter
from funchost.workers.probe import ProbeError, probe_interpreter

USUAL = Platform("linux", "x86_64")
"""Where apps run that are not packed on Linux."""


def choose_target(
    root: Path,
    version: tuple[int, int] | None,
    platform: Platform | None,
    environment: Mapping[str, str],
    executable: str | None = None,
) -> TargetPython:
    """Return the target of a build on this machine; starts interpreters to ask for their version.

    Args:
        root: the project.
        version: the Python that the app will run on; None = the one that `func start` runs it on.
        platform: where it will run; None = this machine if it is a Linux one, else Linux on x86_64.
        environment: VIRTUAL_ENV and PATH count.
        executable: the setting that names the app's interpreter.

    Raises:
        InterpreterError: no version is given, and there is no Python for the app.
    """
    platform = platform or default_platform()
    if version is None:
        chosen, _ = choose_interpreter(root, executable, environment)
        return TargetPython(chosen.version[:2], Path(chosen.path), platform)
    return TargetPython(version, _interpreter_of(version, root, environment), platform)


def default_platform() -> Platform | None:
    """Return where apps packed on this machine run; None = nowhere but on machines with this one's C library."""
    here = this_platform()
    if here.system != "linux":
        return USUAL
    library, release = machine_platform.libc_ver()
    try:
        found = tuple(int(part) for part in release.split(".")[:2])
    except ValueError:
        return None
    return here if library == "glibc" and found >= GLIBC else None


def _interpreter_of(version: tuple[int, int], root: Path, environment: Mapping[str, str]) -> Path | None:
    major, minor = version
    for name in (f"python{major}.{minor}", "python3", "python"):
        path = shutil.which(name, path=environment.get("PATH", ""))
        if path is None:
            continue
        try:
            found = probe_interpreter(path, root, environment)
        except ProbeError:
            continue
        if found.version[:2] == version:
            return Path(found.executable if Path(found.executable).is_absolute() else path)
    return None
