"""The environment of the app under `func start`: local settings and what the tool itself sets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from funchost.app.local_settings import LocalSettings, merge_environment
from funchost.cli.project import ROOT_SETTING
from funchost.errors import SettingError
from funchost.settings import same_name

ENVIRONMENT = "AZURE_FUNCTIONS_ENVIRONMENT"
RUNTIME = "FUNCTIONS_WORKER_RUNTIME"
HOSTNAME = "WEBSITE_HOSTNAME"
DEBUG_LOGGING = "PYTHON_ENABLE_DEBUG_LOGGING"
JSON_OUTPUT = "FUNCTIONS_ENABLE_JSON_OUTPUT"
FUNCTION_LIST = "AzureFunctionsJobHost__functions"

DEVELOPMENT = "Development"
PYTHON_NAMES = frozenset({"python", "py"})


def app_environment(
    local: LocalSettings,
    environ: Mapping[str, str],
    *,
    root: Path,
    port: int,
    functions: Sequence[str],
    python: bool,
    json_output: bool,
) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return the environment of host and workers, and sentences about settings that do not count.

    Args:
        environ: environment of this process; it wins over local settings.
        port: port of the host, 0 = not known yet (no WEBSITE_HOSTNAME then).
        functions: the only functions to load; empty = all.
        python: the command line says that the app is written in Python.

    Raises:
        SettingError: the app is meant for another language.
    """
    merged, notices = merge_environment(local, environ)
    said = merged.get(ENVIRONMENT)
    if said and not environ.get(ENVIRONMENT) and said.lower() != DEVELOPMENT.lower():
        notices += (f"Skipping '{ENVIRONMENT}' from local settings: func start sets it to {DEVELOPMENT}.",)
    merged[ENVIRONMENT] = environ.get(ENVIRONMENT) or DEVELOPMENT
    if port and not environ.get(HOSTNAME):
        merged[HOSTNAME] = f"localhost:{port}"
    merged[ROOT_SETTING] = str(root)
    merged[RUNTIME] = "python" if python else _runtime(merged)
    merged[DEBUG_LOGGING] = merged.get(DEBUG_LOGGING) or "1"
    if json_output:
        merged[JSON_OUTPUT] = "True"
    return (_with_functions(merged, functions) if functions else merged), notices


def _runtime(environment: Mapping[str, str]) -> str:
    runtime = environment.get(RUNTIME, "").strip()
    if runtime and runtime.lower() not in PYTHON_NAMES:
        raise SettingError(
            RUNTIME,
            f"{runtime!r} is not a language that this host runs; it runs Python apps.",
            hint='Set it to "python" in local.settings.json or the environment, or pass --python.',
        )
    return "python"


def _with_functions(environment: Mapping[str, str], functions: Sequence[str]) -> dict[str, str]:
    """Return `environment` with the list of functions replaced, not appended to."""
    prefix = same_name(FUNCTION_LIST)
    kept = {k: v for k, v in environment.items() if not (same_name(k) + ":").startswith(prefix + ":")}
    return kept | {f"{FUNCTION_LIST}__{number}": name for number, name in enumerate(functions)}
