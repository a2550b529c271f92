"""LocalPlacement: host instances as processes of this machine, children of the server.

Each has a session and a temporary folder of its own; when the server ends, however that comes about, they end too.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from funchost.errors import FuncHostError
from funchost.host.instance_order import (
    Command,
    Listening,
    Load,
    Loaded,
    LoadedFunction,
    Message,
    State,
    encode_order,
)
from funchost.http.control import HostState
from funchost.platform.app_logs import AppLogs
from funchost.platform.data_directory import DataDirectory
from funchost.platform.placement.local_folder import clear_away, make_folder, remove_leftovers
from funchost.platform.placement.local_memory import memory_over
from funchost.platform.placement.local_order import Orders, Pythons, Store
from funchost.platform.placement.local_process import InstanceProcess, Spawned, describe_end
from funchost.platform.placement.local_spare import Spare
from funchost.platform.placement.placement import Address, Instance, InstanceLoad, InstanceState, LoadReport
from funchost.platform.site import FunctionInfo, Revision, SiteName
from funchost.settings import process_environment

HOST = "127.0.0.1"

STOP_SECONDS = 5.0
"""How long an instance that is to end at once may take to give back what it had taken."""
MEMORY_SECONDS = 1.0
"""How often the memory of instances that have a limit is looked at."""

_PASSED_ON = ("PATH", "HOME", "PYTHONPATH", "LD_LIBRARY_PATH")
"""What our own program needs to start; its apps get an environment of their own."""


Run = Callable[
    [Spawned, Callable[[Message], None], Callable[[bytes], None], Callable[[int], None]],
    InstanceProcess,
]


class _Local:
    """One instance and its process."""

    def __init__(self, instance: Instance, folder: Path) -> None:
        self.instance = instance
        self.folder = folder
        self.process: InstanceProcess | None = None
        self.ended = asyncio.Event()
        self.listening = False
        self.command: Command | None = None
        self.reason: str | None = None


class LocalPlacement:
    """Implements placement.Placement. Use: `start`, and at the end `close`.

    Args:
        data: versions, keys and folders of instances.
        pythons: see Pythons.
        storage: see Store; None = instances go to every account over HTTP.
        logs: take what instances print.
        hostname: returns host and port under which a site is reached; its apps see it.
        environ: of the server; None = of this process.
        run: for tests: takes a process that was started.
    """

    def __init__(
        self,
        data: DataDirectory,
        pythons: Pythons,
        storage: Store | None,
        logs: AppLogs,
        *,
        hostname: Callable[[SiteName], str] | None = None,
        environ: Mapping[str, str] | None = None,
        run: Run = InstanceProcess,
    ) -> None:
        self._data = data
        self._pythons = pythons
        self._logs = logs
        self._orders = Orders(data, storage, hostname or (lambda site: f"{site.label}.localhost"))
        given = process_environment() if environ is None else environ
        self._spare = Spare({name: given[name] for name in _PASSED_ON if name in given} | {"LANG": "C.UTF-8"})
        self._run = run
        self._instances: dict[str, _Local] = {}
        self._subscribers: list[Callable[[Instance], None]] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._watching: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Remove what instances of a server that was killed have left, and have a process ready for the first one."""
        self._spare.fill()
        await asyncio.to_thread(remove_leftovers, self._data)

    async def close(self) -> None:
        """End all instances at once; idempotent."""
        await self._spare.close()
        await asyncio.gather(*(self.stop(instance) for instance in list(self._instances)))
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.wait((self._watching,))
        if self._tasks:
            await asyncio.wait(self._tasks)

    def subscribe(self, on_change: Callable[[Instance], None]) -> None:
        self._subscribers.append(on_change)

    def list(self, site: SiteName | None = None) -> Sequence[Instance]:
        living = [local.instance for local in self._instances.values()]
        return [instance for instance in living if site is None or instance.revision.site == site]

    async def ensure(self, revision: Revision, count: int, *, listening: bool) -> Sequence[Instance]:
        missing = count - sum(not _leaves(instance) for instance in self._of(revision))
        # They count from now on: whoever asks meanwhile starts no others.
        new = [self._new(revision, listening) for _ in range(missing)]
        try:
            outcomes = await asyncio.gather(*(self._launch(local) for local in new), return_exceptions=True)
        except asyncio.CancelledError:
            for local in new:
                if local.process is None:
                    local.instance = replace(local.instance, asked_to_end=True)
                    self._end(local, "not started")
            raise
        failed = {local: error for local, error in zip(new, outcomes, strict=True) if error is not None}
        for local in failed:
            self._end(local, "could not be started")
        for error in failed.values():
            raise error
        return self._of(revision)

    async def listen(self, instance: str) -> None:
        local = self._instances.get(instance)
        if local is None or local.listening or local.command is not None:
            return
        local.listening = True
        if local.process is not None:
            local.process.send(Command.LISTEN)

    async def drain(self, instance: str, timeout: float) -> None:
        local = self._instances.get(instance)
        if local is None:
            return
        self._ask(local, Command.DRAIN)
        if not await _within(local.ended, timeout):
            await self._stop(local)

    async def stop(self, instance: str) -> None:
        local = self._instances.get(instance)
        if local is not None:
            await self._stop(local)

    async def _stop(self, local: _Local) -> None:
        self._ask(local, Command.STOP)
        if not await _within(local.ended, STOP_SECONDS):
            if local.process is not None:
                local.process.kill()
            await local.ended.wait()

    def _ask(self, local: _Local, command: Command) -> None:
        if local.command not in (command, Command.STOP):
            local.command = command
            if local.process is not None:
                local.process.send(command)
            self._change(replace(local.instance, state=InstanceState.DRAINING, asked_to_end=True))

    def _of(self, revision: Revision) -> Sequence[Instance]:
        return [instance for instance in self.list(revision.site) if instance.revision.number == revision.number]

    def _new(self, revision: Revision, listening: bool) -> _Local:
        name = uuid.uuid4().hex
        local = _Local(Instance(name, revision, InstanceState.STARTING, time.time()), self._data.instance(name))
        local.listening = listening
        self._instances[name] = local
        return local

    async def _launch(self, local: _Local) -> None:
        """Raises: FuncHostError."""
        instance = local.instance
        site = instance.revision.site
        try:
            python = await self._pythons.find(instance.revision.python)
            await asyncio.to_thread(make_folder, local.folder)
            local.process = process = self._run(
                await self._spare.take(),
                lambda message: self._told(instance.id, message),
                lambda data: self._logs.write(site, instance.id, data),
                lambda status: self._ended(local, status),
            )
            order = self._orders.order(instance, python, listening=local.listening)
            await process.connect(encode_order(order))
        except OSError as error:
            raise FuncHostError(
                f"An instance of {site} cannot be started: {error}.",
                hint="The machine lacks memory, processes, open files or room on the disk.",
            ) from error
        if local.listening and not order.listening:
            process.send(Command.LISTEN)
        if local.command is not None:
            process.send(local.command)
        if instance.revision.memory_limit is not None and (self._watching is None or self._watching.done()):
            self._watching = asyncio.create_task(self._watch_memory(), name="memory of instances")

    def _told(self, name: str, message: Message) -> None:
        local = self._instances.get(name)
        if local is None:
            return
        instance = local.instance
        if isinstance(message, Load):
            local.instance = replace(instance, load=InstanceLoad(message.executing, message.memory))
        elif isinstance(message, Listening):
            self._change(replace(instance, address=Address(HOST, message.port)))
        elif isinstance(message, Loaded):
            functions = tuple(_function_info(function) for function in message.functions)
            self._change(replace(instance, report=LoadReport(functions, message.errors)))
        elif isinstance(message, State):
            self._follow(local, message.state)

    def _follow(self, local: _Local, state: str) -> None:
        instance = local.instance
        if state == HostState.RUNNING.value and instance.state is InstanceState.STARTING:
            self._change(replace(instance, state=InstanceState.READY))
        elif state == HostState.STOPPING.value and instance.state is not InstanceState.DRAINING:
            self._change(replace(instance, state=InstanceState.DRAINING))

    def _change(self, instance: Instance) -> None:
        local = self._instances.get(instance.id)
        if local is not None:
            local.instance = instance
        for subscriber in self._subscribers:
            subscriber(instance)

    def _ended(self, local: _Local, status: int) -> None:
        self._logs.end(local.instance.revision.site, local.instance.id)
        how = local.reason or describe_end(status)
        if local.command is not None and status == 0:
            how = "stopped" if local.command is Command.STOP else "drained"
        self._end(local, how)

    def _end(self, local: _Local, how: str) -> None:
        if self._instances.pop(local.instance.id, None) is None:
            return
        if local.process is not None:
            local.process.kill()
        removal = asyncio.create_task(asyncio.to_thread(clear_away, [local.instance.id], self._data), name="clear away")
        self._tasks.add(removal)
        removal.add_done_callback(self._tasks.discard)
        removal.add_done_callback(lambda _: local.ended.set())
        local.instance = replace(local.instance, state=InstanceState.ENDED, ended=how)
        self._change(local.instance)

    async def _watch_memory(self) -> None:
        while True:
            await asyncio.sleep(MEMORY_SECONDS)
            limited: dict[int, _Local] = {}
            limits: dict[int, int] = {}
            for local in self._instances.values():
                limit = local.instance.revision.memory_limit
                if local.process is not None and limit is not None:
                    limited[local.process.pid], limits[local.process.pid] = local, limit
            over = await asyncio.to_thread(memory_over, limits) if limits else {}
            for pid, used in over.items():
                local = limited[pid]
                if local.reason is None and local.process is not None:
                    local.reason = f"used {used >> 20} MiB of memory, of {limits[pid] >> 20} MiB that it may"
                    local.process.kill()


def _leaves(instance: Instance) -> bool:
    return instance.state is InstanceState.DRAINING


def _function_info(function: LoadedFunction) -> FunctionInfo:
    return FunctionInfo(
        name=function.name,
        trigger=function.trigger,
        bindings=function.bindings,
        route=function.route,
        methods=function.methods,
        auth_level=function.auth_level,
        disabled=function.disabled,
    )


async def _within(event: asyncio.Event, seconds: float) -> bool:
    """Return whether the event happens within so many seconds."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    return True
