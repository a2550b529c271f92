"""The servers that are compared, each with its environment."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from benchmarks.outcome import NotMeasured
from benchmarks.serving import Server
from tests.environments import EnvironmentFailure, virtual_environment
from tests.interpreters import environment_for, interpreter

HERE = Path(__file__).resolve().parent
BIN = Path(sys.executable).parent
VERSION = f"{sys.version_info[0]}.{sys.version_info[1]}"

OFFICIAL_WORKER = "azure-functions-worker==1.1.9"
FUNCTIONS_FRAMEWORK = "functions-framework>=3.8"
CELERY = "celery[redis]==5.7.0"
WARNINGS_ONLY = {"AzureFunctionsJobHost__logging__logLevel__default": "Warning"}


def funchost(
    app: str = "hello",
    *,
    warnings_only: bool = False,
    with_library: bool = True,
    probe: str = "/api/text",
    settings: Mapping[str, str] | None = None,
) -> Server:
    """`func start`, under this Python and an environment with or without azure-functions.

    Args:
        settings: app settings on top of those of this process.
    """
    worker = environment_for(VERSION, None if with_library else "none")
    label = "warnings only" if warnings_only else "default console lines"
    return Server(
        f"funchost, {label}",
        [str(BIN / "func"), "start", "--port", "{port}"],
        probe,
        {"VIRTUAL_ENV": str(worker.parent.parent), **(WARNINGS_ONLY if warnings_only else {}), **(settings or {})},
        HERE / "apps" / app,
    )


def bare_uvicorn() -> Server:
    """uvicorn with an ASGI callable that sends one constant answer."""
    return _uvicorn("bare uvicorn", "benchmarks.servers.bare:app", "--lifespan", "off")


def starlette() -> Server:
    """Starlette on one silent uvicorn process."""
    return _uvicorn("Starlette on uvicorn", "benchmarks.servers.starlette_app:app")


def functions_framework() -> Server:
    """functions-framework as its command starts it, in an environment of its own."""
    try:
        python = virtual_environment("bench-functions-framework", interpreter(VERSION), [FUNCTIONS_FRAMEWORK])
    except EnvironmentFailure as error:
        raise NotMeasured(str(error)) from error
    source = HERE / "servers" / "framework_function.py"
    command = [str(python.parent / "functions-framework"), "--source", str(source), "--target", "text"]
    return Server("functions-framework", [*command, "--host", "127.0.0.1", "--port", "{port}"], "/api/text")


def official_worker() -> Path:
    """The Python of an environment that holds Microsoft's worker as PyPI has it, a release for Python 3.8."""
    try:
        packages = [OFFICIAL_WORKER, "azure-functions==1.7.2"]
        return virtual_environment("bench-official-worker", interpreter("3.8"), packages)
    except (LookupError, EnvironmentFailure) as error:
        raise NotMeasured(str(error)) from error


def celery() -> Path:
    """The Python of an environment that holds Celery."""
    try:
        return virtual_environment("bench-celery", interpreter(VERSION), [CELERY])
    except EnvironmentFailure as error:
        raise NotMeasured(str(error)) from error


def _uvicorn(name: str, app: str, *arguments: str) -> Server:
    command = [str(BIN / "uvicorn"), app, "--port", "{port}", "--no-access-log", "--log-level", "warning", *arguments]
    return Server(name, command, "/api/text", folder=HERE.parent)
