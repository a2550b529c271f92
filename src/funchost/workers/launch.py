"""WorkerLaunch: everything that starting a worker process needs to know."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from funchost.workers.interpreter import Interpreter
from funchost_worker import wire

WORKER_SCRIPT = Path(wire.__file__).with_name("__main__.py")


@dataclass(frozen=True, slots=True)
class WorkerLaunch:
    """How the worker processes of one app are started.

    Args:
        interpreter: the app's Python.
        arguments: extra arguments for the interpreter, in front of the script (``-m debugpy ...``).
        app_root: absolute app folder, the worker's working directory.
        environment: the worker's whole environment, app settings included.
        packages: ``.python_packages`` folder that comes before site-packages, None if it does not count.
        log_level: lowest level that workers send, a Python level name.
        start_timeout: seconds for the process to answer, and again for the app's code to load.
        script: what the interpreter runs; tests put their own worker here.
    """

    interpreter: Interpreter
    arguments: tuple[str, ...]
    app_root: Path
    environment: Mapping[str, str]
    packages: Path | None
    log_level: str
    start_timeout: float
    script: Path = WORKER_SCRIPT

    def command(self, wire_fd: int, lifeline_fd: int) -> list[str]:
        """The argument vector of a worker that inherits these two descriptors."""
        fds = ["--wire", str(wire_fd), "--lifeline", str(lifeline_fd)]
        return [self.interpreter.path, *self.arguments, str(self.script), *fds]

    def process_environment(self) -> dict[str, str]:
        """The environment with the variables that apps know from Azure; existing ones win (host-behaviour 4.2)."""
        major, minor, _ = self.interpreter.version
        known = {
            "FUNCTIONS_WORKER_DIRECTORY": os.fspath(self.script.parent),
            "FUNCTIONS_APPLICATION_DIRECTORY": os.fspath(self.app_root),
            "FUNCTIONS_WORKER_RUNTIME_VERSION": f"{major}.{minor}",
        }
        return {**known, **self.environment}
