"""Settings: the app settings that the host itself acts on. The only reader of the process environment.

Setting names are compared as the existing host compares them: case does not count, and ``:`` and ``__`` are the
same separator.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field

from funchost.errors import SettingError

MAX_WORKER_PROCESSES = 10
DEFAULT_BODY_LIMIT = 104_857_600
DEFAULT_SCRIPT_FILE = "function_app.py"

PROCESS_COUNT = "FUNCTIONS_WORKER_PROCESS_COUNT"
BODY_LIMIT = "FUNCTIONS_REQUEST_BODY_SIZE_LIMIT"
STORAGE_PORTS = "FUNCHOST_STORAGE_PORTS"
WORKER_EXECUTABLE = "languageWorkers__python__defaultExecutablePath"
WORKER_ARGUMENTS = "languageWorkers__python__arguments"

_WHOLE_NUMBER = re.compile(r"\s*[+-]?[0-9]{1,18}\s*", re.ASCII)


def process_environment() -> dict[str, str]:
    """Return a copy of this process's environment variables."""
    return dict(os.environ)


def same_name(name: str) -> str:
    """Return the form of a setting name that all its spellings share: ``A__B``, ``a:b`` -> ``a:b``."""
    return name.replace("__", ":").lower()


class SettingNames:
    """Finds settings whatever way their names are spelt.

    Args:
        environ: settings by the names the user wrote. An exact name beats another spelling of it; of several other
            spellings the last one counts.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._spellings = {same_name(name): name for name in environ}

    def spelling(self, name: str) -> str | None:
        """Return the name under which the setting stands in the environment, None if it is not there."""
        return name if name in self._environ else self._spellings.get(same_name(name))

    def get(self, name: str) -> str | None:
        """Return the setting's text, which may be empty, or None if it is not there."""
        spelling = self.spelling(name)
        return None if spelling is None else self._environ[spelling]

    def below(self, name: str) -> dict[str, str]:
        """Return the children of a hierarchical setting: rest of the name (as in same_name) -> the user's spelling."""
        prefix = same_name(name) + ":"
        return {key[len(prefix) :]: own for key, own in self._spellings.items() if key.startswith(prefix)}


@dataclass(frozen=True)
class Settings:
    """What the host reads from the app settings.

    Args:
        environment: all settings; given to the workers as their environment.
        worker_process_count: 1 to 10.
        worker_executable: the Python that the user wants the workers to run on, None = choose one.
        worker_arguments: interpreter arguments.
        script_file: name of the file that declares a decorator app.
        body_limit: longest accepted request body, bytes.
        secrets_path: folder of the key files, None = the default one.
        storage_dir: folder of the embedded store, None = the default one.
        storage_ports: where it is served for blobs, queues and tables, 0 = on any free port; None = where emulators
            are, or what listens there is used in its place.
        homepage_disabled: answer ``GET /`` with 204.
        development: a developer's machine: keys are not asked for.
        run_from_package: the app's folder is a mounted or unpacked package, read-only.
        host_id: the explicit host id.
        application_insights: a connection string or instrumentation key is set.
        python_debug_logging: the worker shall report debug lines.
        names: finds any other setting.
    """

    environment: Mapping[str, str]
    worker_process_count: int = 1
    worker_executable: str | None = None
    worker_arguments: tuple[str, ...] = ()
    script_file: str = DEFAULT_SCRIPT_FILE
    body_limit: int = DEFAULT_BODY_LIMIT
    secrets_path: str | None = None
    storage_dir: str | None = None
    storage_ports: tuple[int, int, int] | None = None
    homepage_disabled: bool = False
    development: bool = False
    run_from_package: bool = False
    host_id: str | None = None
    application_insights: bool = False
    python_debug_logging: bool = False
    names: SettingNames = field(default_factory=lambda: SettingNames({}), repr=False, compare=False)

    def get(self, name: str) -> str | None:
        """Return any setting's text by whatever spelling of its name, None if it is not there."""
        return self.names.get(name)

    def is_disabled(self, function_name: str) -> bool:
        """Return whether a setting ``AzureWebJobs.<name>.Disabled`` (or with underscores) switches the function off."""
        spellings = (f"AzureWebJobs.{function_name}.Disabled", f"AzureWebJobs_{function_name}_Disabled")
        return any(_is_true(self.get(name)) for name in spellings)


def load_settings(environ: Mapping[str, str]) -> Settings:
    """Return what the host reads from `environ`.

    Raises:
        SettingError: a value cannot be used; names the setting as the user wrote it.
    """
    names = SettingNames(environ)
    return Settings(
        environment=environ,
        worker_process_count=_process_count(names),
        worker_executable=names.get(WORKER_EXECUTABLE) or None,
        worker_arguments=_worker_arguments(names),
        script_file=names.get("PYTHON_SCRIPT_FILE_NAME") or DEFAULT_SCRIPT_FILE,
        body_limit=_body_limit(names),
        secrets_path=names.get("FUNCTIONS_SECRETS_PATH") or None,
        storage_dir=names.get("FUNCHOST_STORAGE_DIR") or None,
        storage_ports=_storage_ports(names),
        homepage_disabled=_is_true(names.get("AzureWebJobsDisableHomepage")),
        development=(names.get("AZURE_FUNCTIONS_ENVIRONMENT") or "").strip().lower() == "development",
        run_from_package=(names.get("WEBSITE_RUN_FROM_PACKAGE") or "").strip().lower() not in ("", "0", "false"),
        host_id=names.get("AzureFunctionsWebHost__hostid") or None,
        application_insights=any(
            names.get(name) for name in ("APPLICATIONINSIGHTS_CONNECTION_STRING", "APPINSIGHTS_INSTRUMENTATIONKEY")
        ),
        python_debug_logging=_is_true(names.get("PYTHON_ENABLE_DEBUG_LOGGING")),
        names=names,
    )


def _is_true(value: str | None) -> bool:
    return (value or "").strip().lower() in ("1", "true")


def _whole_number(names: SettingNames, name: str) -> int | None:
    value = names.get(name)
    if value is None or not value.strip():
        return None
    if not _WHOLE_NUMBER.fullmatch(value):
        raise SettingError(names.spelling(name) or name, f"{value!r} is not a whole number.")
    return int(value)


def _process_count(names: SettingNames) -> int:
    count = _whole_number(names, PROCESS_COUNT)
    if count is not None and count > MAX_WORKER_PROCESSES:
        raise SettingError(
            names.spelling(PROCESS_COUNT) or PROCESS_COUNT,
            f"{count} worker processes are too many; the largest number is {MAX_WORKER_PROCESSES}.",
        )
    return max(count or 1, 1)


def _body_limit(names: SettingNames) -> int:
    limit = _whole_number(names, BODY_LIMIT)
    if limit is not None and limit < 1:
        raise SettingError(names.spelling(BODY_LIMIT) or BODY_LIMIT, f"{limit} is not a size in bytes; 1 is the least.")
    return DEFAULT_BODY_LIMIT if limit is None else limit


def _storage_ports(names: SettingNames) -> tuple[int, int, int] | None:
    text = (names.get(STORAGE_PORTS) or "").strip()
    if not text:
        return None
    numbers = [int(part) for part in text.split(",") if _WHOLE_NUMBER.fullmatch(part) and 0 <= int(part) <= 65535]
    if text == "0":
        return 0, 0, 0
    if len(numbers) != 3 or text.count(",") != 2:
        raise SettingError(
            names.spelling(STORAGE_PORTS) or STORAGE_PORTS,
            f"{text!r} is neither 0 nor three ports for blobs, queues and tables, e.g. 20000,20001,20002.",
        )
    return numbers[0], numbers[1], numbers[2]


def _worker_arguments(names: SettingNames) -> tuple[str, ...]:
    indexed = {int(key): name for key, name in names.below(WORKER_ARGUMENTS).items() if key.isdecimal()}
    own = names.spelling(WORKER_ARGUMENTS)
    arguments: list[str] = []
    for name in ([own] if own else []) + [indexed[index] for index in sorted(indexed)]:
        text = names.get(name) or ""
        try:
            arguments += shlex.split(text)
        except ValueError as error:
            raise SettingError(name, f"{text!r} cannot be split into arguments: {error}.") from error
    return tuple(arguments)
