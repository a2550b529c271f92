"""A server's parts around LocalPlacement, for tests: real instances of test apps, a real store, real logs."""

from __future__ import annotations

import asyncio
import shutil
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

from funchost.deploy.pythons import Installation
from funchost.platform.app_logs import AppLogs
from funchost.platform.data_directory import DataDirectory
from funchost.platform.placement.local import LocalPlacement, Run
from funchost.platform.placement.local_order import Pythons
from funchost.platform.placement.local_process import InstanceProcess
from funchost.platform.placement.placement import Instance, InstanceState
from funchost.platform.site import CorsRules, Revision, SiteName
from funchost.platform.storage import PlatformStorage
from funchost.storage.development import ANY_FREE
from funchost.testing.client import Response, send

APPS = Path(__file__).parents[3] / "apps"
APP = APPS / "platform_instances"
SHOP = SiteName("shop")
SECRET = b"0123456789abcdef0123456789abcdef"
SECONDS = 50.0
"""Far more than anything takes on a busy machine, and less than a whole test may take."""

T = TypeVar("T")


class TestPythons:
    """Finds the Python that runs the tests, whatever version is asked for."""

    __test__ = False

    async def find(self, version: str) -> Installation:
        return Installation(Path(sys.executable), sys.version_info[:3], "tests")


class Parts:
    """What a server has."""

    def __init__(self, root: Path, storage: PlatformStorage, pythons: Pythons, run: Run) -> None:
        self.data = DataDirectory(root)
        self.storage = storage
        self.logs = AppLogs(self.data)
        self.placement = LocalPlacement(self.data, pythons, storage, self.logs, run=run)
        self.changes: list[Instance] = []
        self.placement.subscribe(self.changes.append)
        self.keys: dict[SiteName, str] = {}

    async def revision(
        self,
        site: SiteName = SHOP,
        *,
        app: Path = APP,
        number: int = 1,
        settings: Mapping[str, str] | None = None,
        storage_setting: bool = True,
        memory_limit: int | None = None,
        cors: CorsRules = CorsRules(),  # noqa: B008 - immutable
    ) -> Revision:
        """A revision of a test app, with an account of its own."""
        if site not in self.keys:
            self.keys[site] = await self.storage.create_account(site)
        folder = self.data.version(app.name)
        if not folder.exists():
            shutil.copytree(app, folder, ignore=shutil.ignore_patterns("__pycache__", ".funchost"))
        connection = self.storage.connection_string(site, self.keys[site])
        own = {"AzureWebJobsStorage": connection} if storage_setting else {}
        return Revision(
            site=site,
            number=number,
            version=app.name,
            python="3.11",
            settings={**own, **(settings or {})},
            cors=cors,
            memory_limit=memory_limit,
            keys_secret=SECRET,
            storage_key=self.keys[site],
        )

    async def ready(self, revision: Revision, count: int = 1, *, listening: bool = False) -> Instance:
        """Have so many instances; return the newest of them once all are ready."""
        await self.placement.ensure(revision, count, listening=listening)
        await until(lambda: all(i.state is InstanceState.READY for i in self.placement.list(revision.site)))
        return self.placement.list(revision.site)[-1]

    def now(self, instance: Instance) -> Instance:
        """The instance as it was last known, ended or not."""
        living = [i for i in self.placement.list() if i.id == instance.id]
        return living[0] if living else next(i for i in reversed(self.changes) if i.id == instance.id)


@asynccontextmanager
async def placing(root: Path, pythons: Pythons | None = None, run: Run = InstanceProcess) -> AsyncIterator[Parts]:
    """The parts of a server whose data are in `root`."""
    storage = await PlatformStorage.open(root / "storage", ports=ANY_FREE)
    parts = Parts(root, storage, pythons or TestPythons(), run)
    await parts.placement.start()
    try:
        yield parts
    finally:
        await parts.placement.close()
        await parts.logs.close()
        await storage.close()


async def until(condition: Callable[[], T], seconds: float = SECONDS) -> T:
    """Return the first true result of `condition`."""
    async with asyncio.timeout(seconds):
        while not (result := condition()):
            await asyncio.sleep(0.02)
    return result


async def processes(instance: Instance, *, session: bool = False) -> tuple[int, int, int]:
    """The ids of an instance's host, of its worker, and of a child that the worker has started.

    Args:
        session: the child gets one of its own.
    """
    path = "/api/start_child?session=1" if session else "/api/start_child"
    host, worker, child = map(int, (await get(instance, path))[1].split())
    return host, worker, child


async def get(instance: Instance, path: str, headers: Mapping[str, str] | None = None) -> tuple[int, str]:
    """Status and body of an answer of an instance."""
    answer = await request(instance, "GET", path, headers or {})
    return answer.status, answer.text


async def request(instance: Instance, method: str, path: str, headers: Mapping[str, str]) -> Response:
    """An instance's answer."""
    assert instance.address is not None
    url = f"http://{instance.address.host}:{instance.address.port}"
    return await asyncio.to_thread(send, url, method, path, headers=headers, timeout=SECONDS)
