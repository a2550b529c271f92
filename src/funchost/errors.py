"""The one tree of funchost's errors. Each class knows its exit code; each error says what to do about it."""

from __future__ import annotations

from enum import IntEnum
from pathlib import Path
from typing import ClassVar


class ExitCode(IntEnum):
    """What the exit status of `func` means."""

    OK = 0
    ERROR = 1
    """Something failed: a port in use, no interpreter, a wrong setting."""
    USAGE = 2
    """The command line itself is wrong: an unknown option, a value that cannot be one."""
    NATIVE_DEPENDENCIES = 4
    """A package has no wheel for the target; tools test for this code."""


class FuncHostError(Exception):
    """Base of all errors that funchost raises on purpose.

    Args:
        message: what is wrong, with the value that was found.
        hint: what the reader can do about it, one sentence; printed after the message.
    """

    exit_code: ClassVar[ExitCode] = ExitCode.ERROR

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    @property
    def text(self) -> str:
        """Message and hint as one text, for readers who get no more; below a list the hint has a line of its own."""
        if not self.hint:
            return self.message
        separator = "\n" if "\n" in self.message else " "
        return f"{self.message}{separator}{self.hint}"


class UsageError(FuncHostError):
    """The command line cannot be understood."""

    exit_code = ExitCode.USAGE


class SettingError(FuncHostError):
    """An app setting or environment variable holds a value that cannot be used.

    Args:
        name: the setting's name as the user wrote it.
    """

    def __init__(self, name: str, message: str, *, hint: str | None = None) -> None:
        super().__init__(f"{name}: {message}", hint=hint)
        self.name = name


class ConfigError(FuncHostError):
    """A file of the app is wrong at a known place.

    Args:
        path: the file.
        message: what is wrong there, with the value that was found.
        line: 1-based line, None when the file as a whole is meant.
        prop: dotted path of the property, e.g. ``extensions.http.routePrefix``.
    """

    def __init__(
        self, path: Path, message: str, *, line: int | None = None, prop: str | None = None, hint: str | None = None
    ) -> None:
        place = str(path) if line is None else f"{path}:{line}"
        where = f"{place}: {prop}" if prop else place
        super().__init__(f"{where}: {message}", hint=hint)
        self.path = path
        self.line = line
        self.prop = prop
        self.reason = message


class PortInUseError(FuncHostError):
    """The address to listen on is taken."""


class InterpreterError(FuncHostError):
    """No Python interpreter for the app can be started."""


class WorkerStartError(FuncHostError):
    """A worker process ended, or said nothing in time, before it was ready."""


class LoadInterruptedError(WorkerStartError):
    """A worker process ended, or hung, while it imported one function.

    Args:
        function: name of that function.
    """

    def __init__(self, message: str, function: str, *, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.function = function


class WorkerLostError(FuncHostError):
    """A worker process ended while it executed an invocation."""


class StorageError(FuncHostError):
    """A store refused an operation, in the words of the storage service.

    Args:
        code: the service's error code, e.g. ``BlobNotFound``.
        status: the HTTP status that belongs to it.
    """

    def __init__(self, code: str, message: str, status: int, *, hint: str | None = None) -> None:
        super().__init__(f"{message} ({code})", hint=hint)
        self.code = code
        self.status = status
        self.reason = message


class StorageUnavailableError(StorageError):
    """A store cannot be reached, answers with a fault of its own, or is too busy: trying again later may help."""


class PackageError(FuncHostError):
    """A project cannot be packed, or a package cannot be unpacked: names the file and what is wrong with it."""


class NativeDependenciesError(PackageError):
    """A requirement has no wheel for the target; it has to be built elsewhere."""

    exit_code = ExitCode.NATIVE_DEPENDENCIES


class BuildError(FuncHostError):
    """A build failed; the message names the cause: which package, which Python, what the installer said."""


class RefusedError(FuncHostError):
    """A server refused a management call, or would if it were asked over HTTP.

    Args:
        code: the service's error code, e.g. ``ResourceNotFound``.
        status: the HTTP status that belongs to it.
    """

    def __init__(self, code: str, message: str, status: int, *, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.code = code
        self.status = status


class ServerUnreachableError(FuncHostError):
    """A server could not be reached, or the connection to it broke: nothing is known about the call's outcome."""
