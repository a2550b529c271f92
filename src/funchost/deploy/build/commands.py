"""Commands of the app's owner around a build: PRE_BUILD_COMMAND and POST_BUILD_COMMAND, as Azure's builds have them.

A command is an app setting, and may hold a password: it stands neither in the build's log nor in the process list.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from funchost.deploy.dependencies.installer_process import run_installer
from funchost.errors import BuildError

SHELL = "/bin/sh"
_GIVEN = "FUNCHOST_BUILD_COMMAND"
_RUN_GIVEN = f'given=${_GIVEN}; unset {_GIVEN}; eval "$given"'


def run_command(
    setting: str, command: str, folder: Path, environment: Mapping[str, str], on_line: Callable[[str], None]
) -> None:
    """Run a command in the unpacked app.

    Args:
        setting: that holds it.
        command: a line for the shell, or the path of a script in the app, which need not be executable.
        folder: the app's.
        environment: of the build.

    Raises:
        BuildError: it does not end with 0.
    """
    script = folder / command
    if _is_script(script, folder):
        said = run_installer([SHELL, str(script)], folder, environment, on_line)
    else:
        said = run_installer([SHELL, "-c", _RUN_GIVEN], folder, {**environment, _GIVEN: command}, on_line)
    if said.code:
        how = f"was killed by signal {-said.code}" if said.code < 0 else f"exited with code {said.code}"
        last = next((line for line in reversed(said.lines) if line.strip()), "")
        raise BuildError(f"{setting} {how}{': ' if last else '.'}{last}")


def _is_script(path: Path, folder: Path) -> bool:
    try:
        return path.is_file() and path.resolve().is_relative_to(folder.resolve())
    except (OSError, ValueError):  # a whole command line as a name: too long, or with a null
        return False
