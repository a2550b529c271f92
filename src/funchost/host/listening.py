"""Listening: the listeners of one loaded version of the app, from the opening of their stores to their end."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping

from funchost.app.function_app import Function, FunctionApp
from funchost.app.invocation import Invocation
from funchost.app.webhook import Webhook
from funchost.errors import FuncHostError, StorageUnavailableError
from funchost.host.identity import Instance
from funchost.host.listener_group import ListenerGroup
from funchost.host.storage import HostStorage
from funchost.logs import HostLog, LogLevel
from funchost.settings import Settings
from funchost.storage.account import StorageAccount
from funchost.storage.connections import find_connection, resolve_connection
from funchost.triggers import registry
from funchost.triggers.context import TriggerContext
from funchost.triggers.gate import Gate
from funchost.triggers.listener import Invoker

PATIENCE = 5.0
"""How long a call by hand waits for stores that cannot be reached."""

HOST = "the host"
"""Whom a problem of the host's own storage belongs to, in place of a function's name."""


class Listening:
    """Listens for one version's triggers while that version serves.

    Args:
        app: the version.
        settings: the app settings it was loaded with.
        invoker: executes on its workers.
        storage: opens stores.
        log: the console.
        instance: this host process.
    """

    def __init__(
        self,
        app: FunctionApp,
        settings: Settings,
        invoker: Invoker,
        storage: HostStorage,
        log: HostLog,
        instance: Instance,
    ) -> None:
        self._app = app
        self._settings = settings
        self._invoker = invoker
        self._storage = storage
        self._log = log
        self._instance = instance
        self._opening: asyncio.Task[TriggerContext] | None = None
        self._starting: asyncio.Task[None] | None = None
        self._groups: list[ListenerGroup] = []
        self._draining = False
        self._webhooks: Mapping[str, Webhook] = {}
        self.gate = Gate()
        self.problems: dict[str, str] = {}
        """Why functions are not listened for, by name; that of HOST holds for all."""

    @property
    def is_finished(self) -> bool:
        """Whether no listener runs."""
        return all(group.is_finished for group in self._groups)

    def start(self) -> None:
        """Listen, as soon as the stores are open. After `drain`: listen again."""
        self._draining = False
        if self._starting is None or self._starting.done():
            self._starting = asyncio.create_task(self._start(), name="start listeners")

    def drain(self) -> None:
        """Take no more events."""
        self._draining = True
        for group in self._groups:
            group.drain()

    async def finished(self, timeout: float) -> None:
        """Wait until the last event taken has been dealt with, at most `timeout` seconds."""
        await asyncio.gather(*(group.finished(timeout) for group in self._groups))

    async def stop(self) -> None:
        """End everything."""
        self.drain()
        tasks = [task for task in (self._starting, self._opening) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, *(group.stop() for group in self._groups), return_exceptions=True)

    async def manual_invocation(self, function: Function, text: str) -> Invocation | None:
        """Return the invocation for a text given by a caller, None if the trigger is none of the registry's.

        Raises:
            ValueError: the trigger cannot take the text.
            StorageError: what it stands for cannot be read.
        """
        if not registry.is_listened_for(function):
            return None
        try:
            async with asyncio.timeout(PATIENCE):
                context = await self.context()
        except TimeoutError:
            reason = "The stores of the app's triggers cannot be reached yet."
            raise StorageUnavailableError("ServerBusy", reason, 503) from None
        return await registry.manual_invocation(context, function, text)

    @property
    def webhook_names(self) -> Collection[str]:
        """Extensions whose calls are answered, in lower case."""
        return self._webhooks.keys()

    async def webhook(self, extension: str) -> Webhook | None:
        """Return what answers the calls to an extension, None if nothing does."""
        if self._starting is not None:
            await asyncio.shield(self._starting)
        return self._webhooks.get(extension)

    async def _start(self) -> None:
        if not any(map(registry.is_listened_for, self._app.functions)):
            return
        context = await self.context()
        self._webhooks = registry.webhooks_for(context)
        if not self._draining:
            self._groups = [group for group in self._groups if not group.is_finished]
            self._groups.append(ListenerGroup(registry.listeners_for(context), self._log))

    async def context(self) -> TriggerContext:
        """Return what the listeners get, as soon as their stores are open."""
        if self._opening is None:
            self._opening = asyncio.create_task(self._open(), name="open stores of triggers")
        return await asyncio.shield(self._opening)

    async def _open(self) -> TriggerContext:
        users = [f for f in self._app.functions if f.name not in self._app.errors and registry.names_storage(f)]
        opened = await asyncio.gather(*(self._open_for(function) for function in users))
        own = await self._own_account()
        return TriggerContext(
            app=self._app,
            invoker=self._invoker,
            log=self._log,
            host_id=self._instance.host_id,
            instance_id=self._instance.id,
            storage=own,
            accounts={f.name: account for f, account in zip(users, opened, strict=True) if account is not None},
            availability=self._storage.availability,
            gate=self.gate,
            locks=self._storage.locks(own, self._instance),
            settings=self._settings,
        )

    async def _open_for(self, function: Function) -> StorageAccount | None:
        try:
            connection = resolve_connection(self._settings.names, registry.trigger_connection(function))
            return await self._storage.account_when_there(connection, f"trigger of {function.name}")
        except FuncHostError as error:
            # The others run; this one is named on the console and in the status.
            self._note_problem(function.name, f"The '{function.name}' function is not listened for: {error}")
            return None

    async def _own_account(self) -> StorageAccount | None:
        """Return the host's own account, None if the app has none or it cannot be opened."""
        try:
            connection = find_connection(self._settings.names, None)
            return None if connection is None else await self._storage.account_when_there(connection, HOST)
        except FuncHostError as error:
            self._note_problem(HOST, f"The host's own storage cannot be used: {error}")
            return None

    def _note_problem(self, user: str, problem: str) -> None:
        self.problems[user] = problem
        self._log.write(LogLevel.ERROR, "Host.Startup", problem)
