"""What listeners get from a host, for tests without one."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import cast

from funchost.app.function_app import Binding, Direction, Function, FunctionApp, Model
from funchost.app.host_json import HostConfig
from funchost.app.invocation import Invocation, InvocationException, InvocationResult, Status
from funchost.logs import HostLog, LogFilter
from funchost.settings import load_settings
from funchost.storage.account import StorageAccount
from funchost.storage.queues import QueueStore
from funchost.storage.tables import TableStore
from funchost.triggers.availability import Availability
from funchost.triggers.context import TriggerContext
from funchost.triggers.gate import Gate
from funchost.triggers.singleton import LocalLocks, Locks
from funchost.triggers.singleton_locks import BlobLocks
from tests.unit.triggers.fake_blobs import FakeBlobs, Shared
from tests.unit.triggers.fake_clock import FakeClock

DONE = InvocationResult(Status.SUCCEEDED)
LOST = InvocationResult(Status.LOST, exception=InvocationException("WorkerLostError", "killed"))
FAILED = InvocationResult(Status.FAILED, exception=InvocationException("ValueError", "boom"))


class Lines:
    """A console that keeps what is written."""

    def __init__(self) -> None:
        self.text = ""

    def write(self, text: str, droppable: bool = False) -> None:
        self.text += text


class FakeInvoker:
    """Answers invocations: by a script, then with success; while `hold` is set they do not end."""

    def __init__(self, *script: InvocationResult) -> None:
        self.script = list(script)
        self.calls: list[Invocation] = []
        self.cancelled = 0
        self.running = 0
        self.hold: asyncio.Event | None = None

    async def invoke(self, invocation: Invocation) -> InvocationResult:
        self.calls.append(invocation)
        self.running += 1
        try:
            if self.hold is not None:
                await self.hold.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        finally:
            self.running -= 1
        return self.script.pop(0) if self.script else DONE


def function(name: str, kind: str, properties: Mapping[str, object], data_type: str | None = None) -> Function:
    folder = Path("/app")
    lowered = MappingProxyType({key.lower(): value for key, value in properties.items()})
    trigger = Binding("item", kind, Direction.IN, data_type, lowered, MappingProxyType(dict(properties)))
    return Function(name, folder, folder / "x.py", None, (trigger,), Model.FUNCTION_JSON, folder / "function.json")


class FakeHost:
    """One host instance of an app with storage; several on the same `Shared` compete."""

    def __init__(
        self,
        clock: FakeClock,
        shared: Shared | None,
        *functions: Function,
        name: str = "a",
        invoker: FakeInvoker | None = None,
        queues: QueueStore | None = None,
        environ: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self.clock = clock
        self.lines = Lines()
        self.log = HostLog(self.lines, LogFilter({"default": "Trace"}))
        self.availability = Availability(self.log)
        self.invoker = invoker or FakeInvoker()
        self.gate = Gate()
        self.blobs = None if shared is None else FakeBlobs(shared)
        self.account = None if self.blobs is None else account(self.blobs, queues)
        self.locks: Locks = LocalLocks()
        if self.account is not None:
            self.locks = BlobLocks(
                self.account, "hostid", name, self.log, self.availability, clock=clock, spread=lambda: 1.0
            )
        self.context = TriggerContext(
            app=FunctionApp(Path("/app"), HostConfig(), functions),
            invoker=self.invoker,
            log=self.log,
            host_id="hostid",
            instance_id=name,
            storage=self.account,
            accounts={} if self.account is None else {f.name: self.account for f in functions},
            availability=self.availability,
            gate=self.gate,
            locks=self.locks,
            settings=load_settings(environ),
        )


def account(blobs: FakeBlobs, queues: QueueStore | None = None) -> StorageAccount:
    async def close() -> None:
        return

    return StorageAccount(
        name="fake",
        blobs=blobs,
        queues=queues if queues is not None else cast("QueueStore", None),
        tables=cast("TableStore", None),
        embedded=False,
        emulator=True,
        close=close,
    )
