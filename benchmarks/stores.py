"""Stores that are measured: the embedded one in this process, its REST front, Azurite."""

from __future__ import annotations

import asyncio
import os
import subprocess
import tempfile
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from benchmarks import contenders
from benchmarks.outcome import NotMeasured
from benchmarks.processes import child_with
from funchost.settings import SettingNames
from funchost.storage.account import StorageAccount
from funchost.storage.connections import resolve_connection
from funchost.storage.embedded.store import EmbeddedStore
from funchost.storage.endpoints import DEVELOPMENT_ACCOUNT
from funchost.storage.queues import QueueStore

T = TypeVar("T")

STORAGE = "AzureWebJobsStorage"
DEVELOPMENT = "UseDevelopmentStorage=true"
AT_ONCE = 64
"""Messages that are put at the same time."""


@dataclass(frozen=True, slots=True)
class Service:
    """A store behind HTTP.

    Args:
        pid: of the process that serves it.
    """

    name: str
    connection_string: str
    pid: int


@dataclass(frozen=True, slots=True)
class Place:
    """A store that hosts can be pointed at and that this process reaches too.

    Args:
        environment: settings of a host on it.
        run: runs what uses `account`.
    """

    name: str
    environment: Mapping[str, str]
    account: StorageAccount
    runner: asyncio.Runner

    def run(self, work: Callable[[StorageAccount], Awaitable[T]]) -> T:
        """Do something with the account."""

        async def within() -> T:
            return await work(self.account)

        return self.runner.run(within())


@contextmanager
def embedded() -> Iterator[Place]:
    """An empty store folder."""
    with tempfile.TemporaryDirectory(prefix="bench-store-") as folder, asyncio.Runner() as runner:
        store = runner.run(EmbeddedStore.open(Path(folder)))
        environment = {STORAGE: DEVELOPMENT, "FUNCHOST_STORAGE_DIR": folder, "FUNCHOST_STORAGE_PORTS": "0"}
        try:
            yield Place("embedded", environment, store.account(DEVELOPMENT_ACCOUNT), runner)
        finally:
            runner.run(store.close())


@contextmanager
def azurite_service() -> Iterator[Service]:
    """Azurite with an empty store.

    Raises:
        NotMeasured: it cannot be installed or started here.
    """
    from tests import azurite

    try:
        if (reason := azurite.missing_tools()) is not None:
            raise NotMeasured(reason)
        with azurite.running_azurite() as connection_string:
            name = f"Azurite {azurite.VERSION}"
            yield Service(name, connection_string, child_with(os.getpid(), b"azurite.js"))
    except azurite.AzuriteFailure as error:
        raise NotMeasured(str(error)) from error


@contextmanager
def azurite() -> Iterator[Place]:
    """Azurite with an empty store, reached as hosts reach it; raises NotMeasured."""
    from funchost.storage.remote.account import open_remote_account

    with azurite_service() as service, asyncio.Runner() as runner:
        environment = {STORAGE: service.connection_string}

        async def opened() -> StorageAccount:
            return open_remote_account(resolve_connection(SettingNames(environment), None))

        account = runner.run(opened())
        try:
            yield Place(service.name, environment, account, runner)
        finally:
            runner.run(_close(account))


@contextmanager
def front() -> Iterator[Service]:
    """`func storage start` on an empty folder; raises NotMeasured."""
    with tempfile.TemporaryDirectory(prefix="bench-front-") as folder:
        ports = [text for service in ("blob", "queue", "table") for text in (f"--{service}-port", "0")]
        command = [str(contenders.BIN / "func"), "storage", "start", "--folder", folder, *ports]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        try:
            line = process.stdout.readline().strip() if process.stdout else ""
            if not line:
                raise NotMeasured(f"`func storage start` ended with {process.wait(10)}")
            yield Service("funchost storage", line, process.pid)
        finally:
            process.terminate()
            process.communicate(timeout=15)


async def fill(queues: QueueStore, queue: str, count: int) -> None:
    """Put `count` messages of a few bytes."""
    await queues.create(queue)
    for begin in range(0, count, AT_ONCE):
        await asyncio.gather(*(queues.put(queue, "bm8tb3A=") for _ in range(min(AT_ONCE, count - begin))))


async def waiting(queues: QueueStore, queue: str) -> int:
    """How many messages are in the queue, hidden ones too."""
    return (await queues.properties(queue)).approximate_count


async def _close(account: StorageAccount) -> None:
    await account.close()
    await asyncio.sleep(0)
