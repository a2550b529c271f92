"""Host: what the HTTP front and the admin API know of the running app; implements http.control.HostControl.

The life of an app in it is app_keeper.py's, the process around it serve.py's. Nothing here executes user code.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Coroutine
from typing import Any

import funchost
from funchost.app.function_app import Function, FunctionApp
from funchost.app.invocation import Datum, Invocation, InvocationException, InvocationResult, Status
from funchost.app.webhook import Webhook
from funchost.dispatch.invocation_id import new_invocation_id
from funchost.host.app_keeper import AppKeeper
from funchost.host.identity import Instance, computer_name
from funchost.host.loading import VERSION_DETAILS
from funchost.host.publication import error_lines
from funchost.host.storage import HostStorage
from funchost.http.control import DrainState, DrainStatus, HostState, HostStatus
from funchost.logs import HostLog, LogLevel

_UNAVAILABLE = InvocationResult(
    Status.CANCELLED, exception=InvocationException("HostUnavailable", "No version of the app is loaded.")
)


class Host:
    """One host instance of one app.

    Args:
        instance: this process.
        keeper: keeps the app loaded.
        storage: the stores in use.
        log: the console.
    """

    def __init__(self, instance: Instance, keeper: AppKeeper, storage: HostStorage, log: HostLog) -> None:
        self._keeper = keeper
        self._storage = storage
        self._log = log
        self._started = time.monotonic()
        self._instance = instance
        self._draining = False
        self._warmed_up = False

    @property
    def state(self) -> HostState:
        return self._keeper.state

    @property
    def app(self) -> FunctionApp | None:
        version = self._keeper.version
        return version.app if version else None

    def status(self) -> HostStatus:
        """Return what GET /admin/host/status shows."""
        app = self.app
        errors = list(self._keeper.failures)
        if app is not None:
            errors += error_lines(app.errors)
        version = self._keeper.version
        if version is not None:
            errors += version.listening.problems.values()
        trouble = self._keeper.pool_trouble
        if trouble is not None:
            errors.append(trouble)
        errors += self._storage.availability.problems
        return HostStatus(
            id=self._instance.host_id,
            state=self.state,
            version=funchost.__version__,
            version_details=VERSION_DETAILS,
            instance_id=self._instance.id,
            computer_name=computer_name(),
            process_uptime=int((time.monotonic() - self._started) * 1000),
            errors=tuple(errors),
            extension_bundle=app.host.extension_bundle if app else None,
        )

    def function_errors(self, name: str) -> tuple[str, ...] | None:
        """Return why a function does not run, empty if it does, None if there is no such function."""
        app = self.app
        if app is None:
            return None
        function, error = app.find(name)
        if function is None and error is None:
            return None
        if error is not None:
            return (error.message,)
        problem = self._listening_problem(name)
        return () if problem is None else (problem,)

    def _listening_problem(self, name: str) -> str | None:
        version = self._keeper.version
        problems = {} if version is None else version.listening.problems
        return next((text for function, text in problems.items() if function.lower() == name.lower()), None)

    async def wait_until_running(self, timeout: float) -> bool:
        return await self._keeper.wait_until_running(timeout)

    def invoke(self, invocation: Invocation) -> Coroutine[Any, Any, InvocationResult]:
        """Execute on the version that serves now."""
        version = self._keeper.version
        return _unavailable() if version is None else version.dispatcher.invoke(invocation)

    def invoke_in_background(self, invocation: Invocation) -> None:
        """Execute without anyone waiting; the outcome is in the log."""
        self._keeper.spawn(self._invoke_unwatched(invocation), f"invoke {invocation.function.name}")

    async def manual_invocation(self, function: Function, text: str) -> Invocation | None:
        """Return the invocation for a text of the admin API; None if the trigger is the front's own.

        Raises:
            ValueError, StorageError: see triggers.kind.TriggerKind.
        """
        version = self._keeper.version
        return None if version is None else await version.listening.manual_invocation(function, text)

    @property
    def webhook_names(self) -> Collection[str]:
        version = self._keeper.version
        return () if version is None else version.listening.webhook_names

    async def webhook(self, extension: str) -> Webhook | None:
        """Return what answers the calls to an extension, as soon as the stores of the triggers are open."""
        version = self._keeper.version
        return None if version is None else await version.listening.webhook(extension)

    async def _invoke_unwatched(self, invocation: Invocation) -> None:
        await self.invoke(invocation)

    async def warm_up(self) -> None:
        """Run the app's warm-up function, the first time only."""
        app = self.app
        if app is None or self._warmed_up:
            return
        self._warmed_up = True
        for function in app.functions:
            if function.trigger.kind == "warmuptrigger" and function.name not in app.errors:
                inputs = ((function.trigger.name, Datum("string", "")),)
                await self.invoke(
                    Invocation(new_invocation_id(), function, inputs, reason="The host was asked to warm up.")
                )

    def restart(self) -> None:
        """Load the app again in new workers; the process stays."""
        self._keeper.request_reload()

    def drain(self) -> None:
        """Take no more work from listeners; HTTP goes on."""
        if not self._draining:
            self._draining = True
            self._keeper.stop_listening()
            self._log.write(LogLevel.INFORMATION, "Host.General", "DrainMode mode enabled")

    async def resume(self) -> HostState:
        """Undo `drain`."""
        self._draining = False
        self._keeper.listen()
        return self.state

    def drain_status(self) -> DrainStatus:
        version = self._keeper.version
        outstanding = version.dispatcher.outstanding if version else 0
        retries = version.dispatcher.outstanding_retries if version else 0
        if not self._draining:
            state = DrainState.DISABLED
        else:
            busy = outstanding or retries or (version is not None and not version.listening.is_finished)
            state = DrainState.IN_PROGRESS if busy else DrainState.COMPLETED
        return DrainStatus(state, outstanding, retries)


async def _unavailable() -> InvocationResult:
    return _UNAVAILABLE
