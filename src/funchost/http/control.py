"""What the HTTP front may ask of the host. The front knows this protocol, the host implements it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple, Protocol

from funchost.app.function_app import Function, FunctionApp
from funchost.app.invocation import Invocation, InvocationResult
from funchost.app.webhook import Webhook


class HostState(Enum):
    """Life of the host; the values are what `GET /admin/host/status` shows and scripts wait for."""

    DEFAULT = "Default"
    STARTING = "Starting"
    INITIALIZED = "Initialized"
    RUNNING = "Running"
    ERROR = "Error"
    STOPPING = "Stopping"
    STOPPED = "Stopped"
    OFFLINE = "Offline"


@dataclass(frozen=True, slots=True)
class HostStatus:
    """The answer of `GET /admin/host/status`.

    Args:
        process_uptime: milliseconds.
        errors: one text per thing that is wrong; empty when all is well.
        extension_bundle: id and version as host.json asks for them.
    """

    id: str
    state: HostState
    version: str
    version_details: str
    instance_id: str
    computer_name: str
    process_uptime: int
    errors: tuple[str, ...] = ()
    extension_bundle: tuple[str, str] | None = None


class DrainState(Enum):
    """How far a drain is."""

    DISABLED = "Disabled"
    IN_PROGRESS = "InProgress"
    COMPLETED = "Completed"


class DrainStatus(NamedTuple):
    """The answer of `GET /admin/host/drain/status`."""

    state: DrainState
    outstanding_invocations: int
    outstanding_retries: int


class HostControl(Protocol):
    """The host, seen from the front."""

    @property
    def state(self) -> HostState: ...

    @property
    def app(self) -> FunctionApp | None:
        """The version that serves now; None before the first good load."""
        ...

    def status(self) -> HostStatus: ...

    def function_errors(self, name: str) -> tuple[str, ...] | None:
        """Why a function does not run, empty if it does, None if there is no such function."""
        ...

    async def wait_until_running(self, timeout: float) -> bool:
        """Return True once requests can be served, False after `timeout` seconds or when that is not to be expected."""
        ...

    async def invoke(self, invocation: Invocation) -> InvocationResult:
        """Return how the invocation ended; a fault of the app is a result, never an exception."""
        ...

    def invoke_in_background(self, invocation: Invocation) -> None: ...

    async def manual_invocation(self, function: Function, text: str) -> Invocation | None:
        """Return the invocation that gives `text` to the function's trigger; None if the front has to make it.

        Raises:
            ValueError: the trigger cannot take this text; says why.
            StorageError: what the text stands for cannot be read.
        """
        ...

    @property
    def webhook_names(self) -> Collection[str]:
        """Extensions that have a webhook, in lower case."""
        ...

    async def webhook(self, extension: str) -> Webhook | None:
        """Return what answers the calls to an extension, None if nothing does."""
        ...

    async def warm_up(self) -> None: ...

    def restart(self) -> None: ...

    def drain(self) -> None: ...

    async def resume(self) -> HostState: ...

    def drain_status(self) -> DrainStatus: ...
