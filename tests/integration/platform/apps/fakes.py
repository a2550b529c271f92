"""A server without processes and sockets: what apps work with, remembering what it was told."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from funchost.deploy.build.job import BuildJob, BuildResult
from funchost.deploy.pythons import Installation, check_pair
from funchost.errors import BuildError, FuncHostError, PortInUseError, RefusedError
from funchost.logs import HostLog, LogFilter
from funchost.platform.apps.apps import Apps, Surroundings
from funchost.platform.apps.site_ports import PortRange
from funchost.platform.data_directory import DataDirectory
from funchost.platform.deployment import Deployment, Origin
from funchost.platform.placement.placement import LoadReport
from funchost.platform.registry.registry import Registry
from funchost.platform.site import FunctionInfo, Revision, ScaleLimits, Site, SiteName

SHOP = SiteName("shop")
STAGING = SiteName("shop", "staging")
PORTS = PortRange(20000, 20009)

HELLO = FunctionInfo("hello", "httpTrigger", route="api/hello", methods=("GET",), auth_level="anonymous")

Moment = Callable[[str], None]
"""Told of each step before and after it is taken, by its name."""


class FakeFleet:
    """Loads every revision at once, unless it was told otherwise.

    A version is what its folder's host.json holds; one with the setting BREAK=1 does not load.
    """

    def __init__(self, moment: Moment) -> None:
        self.current: dict[SiteName, Revision] = {}
        self.prepared: list[Revision] = []
        self.history: list[str] = []
        self.limits: dict[SiteName, ScaleLimits] = {}
        self.registered: dict[SiteName, Site] = {}
        self.broken_versions: set[str] = set()
        self.switch_error: Exception | None = None
        self.gate: asyncio.Event | None = None
        self.moment = moment

    def register(self, site: Site) -> None:
        self.registered[site.name] = site

    async def adopt(self, revision: Revision) -> None:
        self.history.append(f"adopt {revision.site} {revision.number}")
        self.current[revision.site] = revision

    async def prepare(self, revision: Revision) -> LoadReport:
        self.history.append(f"prepare {revision.site} {revision.number}")
        self.moment("before loading")
        if self.gate is not None:
            await self.gate.wait()
        if revision.settings.get("BREAK") == "1" or revision.version in self.broken_versions:
            raise RefusedError("AppNotLoadable", "Traceback: ImportError: no module named 'nothing'", 422)
        self.prepared.append(revision)
        self.moment("loaded")
        return LoadReport((HELLO,))

    async def switch(self, revisions: Sequence[Revision]) -> None:
        self.moment("before the switch")
        if self.switch_error is not None:
            raise self.switch_error
        for revision in revisions:
            self.prepared.remove(revision_of(self.prepared, revision))
            self.current[revision.site] = revision
        self.history.append("switch " + " ".join(str(revision.site) for revision in revisions))
        self.moment("switched")

    async def abandon(self, revision: Revision) -> None:
        self.prepared.remove(revision_of(self.prepared, revision))

    async def retire(self, site: SiteName) -> None:
        self.history.append(f"retire {site}")
        self.current.pop(site, None)

    async def remove(self, site: SiteName) -> None:
        self.registered.pop(site, None)
        self.current.pop(site, None)

    def report(self, site: SiteName) -> LoadReport | None:
        return None

    def set_limits(self, site: SiteName, limits: ScaleLimits) -> None:
        self.limits[site] = limits


def revision_of(revisions: Sequence[Revision], wanted: Revision) -> Revision:
    return next(r for r in revisions if (r.site, r.number) == (wanted.site, wanted.number))


class FakeStorage:
    """Accounts with keys that tell whose they are."""

    def __init__(self, moment: Moment) -> None:
        self.moment = moment
        self.accounts: dict[SiteName, str] = {}
        self.port = 7080
        self.made = 0
        self.error: FuncHostError | None = None

    async def create_account(self, site: SiteName) -> str:
        if self.error is not None:
            raise self.error
        self.made += 1
        self.accounts[site] = f"a2V5{self.made}"
        self.moment("account made")
        return self.accounts[site]

    async def delete_account(self, site: SiteName) -> None:
        self.moment("account not removed yet")
        self.accounts.pop(site, None)

    def connection_string(self, site: SiteName, key: str) -> str:
        return f"AccountName={site.label};AccountKey={key};BlobEndpoint=http://127.0.0.1:{self.port}/{site.label}"


class FakeLogs:
    def __init__(self) -> None:
        self.notes: list[tuple[SiteName, str]] = []

    def note(self, site: SiteName, text: str) -> None:
        self.notes.append((site, text))

    async def remove(self, site: SiteName) -> None:
        pass


class FakeGateway:
    def __init__(self) -> None:
        self.ports: dict[SiteName, int] = {}
        self.foreign: set[int] = set()

    async def listen_site(self, site: SiteName, port: int) -> int:
        if port in self.foreign or port in self.ports.values():
            raise PortInUseError(f"port {port} is in use")
        self.ports[site] = port or 50000 + len(self.ports)
        return self.ports[site]

    async def close_site_port(self, site: SiteName) -> None:
        self.ports.pop(site, None)


class FakePythons:
    """3.8 and 3.11 are there."""

    async def find(self, version: str) -> Installation:
        if version not in ("3.8", "3.11"):
            raise RefusedError("BadRequest", f"Python {version} is not on this machine. There are: 3.8, 3.11.", 400)
        return Installation(Path("/usr/bin/python3"), (3, int(version[2:]), 1), "PATH")

    async def default(self, functions: str) -> Installation:
        return await self.find("3.11" if functions == "4" else "3.8")

    def check_pair(self, functions: str, python: str) -> None:
        check_pair(functions, python)


class FakeBuild:
    """Makes a version whose host.json is the package; one that says BROKEN does not build."""

    def __init__(self, moment: Moment) -> None:
        self.moment = moment
        self.jobs: list[BuildJob] = []
        self.gate: asyncio.Event | None = None
        self.lines: list[tuple[str, bool]] = [("Collecting requests", False)]

    async def __call__(self, job: BuildJob, on_line: Callable[[str, bool], None]) -> BuildResult:
        self.jobs.append(job)
        half = job.scratch / f"half of {job.target.name}"
        half.mkdir()
        self.moment("building")
        half.rmdir()
        for text, error in self.lines:
            on_line(text, error)
        if self.gate is not None:
            await self.gate.wait()
        content = job.package.read_bytes()
        if content.startswith(b"BROKEN"):
            raise BuildError("requests==99 was not found.", hint="Choose another version.")
        job.target.mkdir()
        (job.target / "host.json").write_bytes(content)
        job.target.chmod(0o500)
        self.moment("built")
        return BuildResult(len(content))


class _Silent:
    def write(self, text: str, droppable: bool = False) -> None:
        pass


class World:
    """Everything around the apps, and the apps while a server runs. What is around outlives a restart but the fleet."""

    def __init__(self, root: Path) -> None:
        self.data = DataDirectory(root)
        self.on_moment: Moment = lambda name: None
        self.storage = FakeStorage(self._moment)
        self.logs = FakeLogs()
        self.build = FakeBuild(self._moment)
        self.gateway = FakeGateway()
        self.fleet = FakeFleet(self._moment)
        self.ports = PORTS
        self.kept_versions = 5
        self.registry: Registry
        self.apps: Apps

    def _moment(self, name: str) -> None:
        self.on_moment(name)

    async def open(self) -> None:
        self.fleet = FakeFleet(self._moment)
        self.gateway.ports.clear()
        self.registry = await Registry.open(self.data)
        around = Surroundings(
            fleet=self.fleet,
            storage=self.storage,
            logs=self.logs,
            gateway=self.gateway,
            pythons=FakePythons(),
            build=self.build,
            urls=lambda site: [f"http://{site.label}.localhost:7070"],
            log=HostLog(_Silent(), LogFilter({})),
        )
        self.apps = Apps(self.registry, self.data, around, kept_versions=self.kept_versions, ports=self.ports)
        await self.apps.start_all()

    async def close(self) -> None:
        await self.apps.close()
        await self.registry.close()

    async def settled(self) -> None:
        """Wait until old versions are tidied away."""
        await self.apps.deployments.tidied()

    async def restart(self) -> None:
        await self.close()
        await self.open()

    async def begin(self, name: SiteName = SHOP, content: str = "one") -> Deployment:
        self.data.scratch.mkdir(exist_ok=True)
        upload = self.data.scratch / "upload.zip"
        upload.write_text(content)
        return await self.apps.deployments.begin(name, upload, None, Origin(author="ada"))

    async def deploy(self, name: SiteName = SHOP, content: str = "one") -> Deployment:
        return await self.apps.deployments.wait((await self.begin(name, content)).id)

    async def shop(self, content: str = "one") -> Deployment:
        """Make the app `shop` with a version."""
        await self.apps.create(SHOP)
        return await self.deploy(SHOP, content)

    def served(self, name: SiteName = SHOP) -> str | None:
        """Return what the version that serves was made of."""
        revision = self.fleet.current.get(name)
        return None if revision is None else (self.data.version(revision.version) / "host.json").read_text()

    async def log(self, deployment: Deployment) -> str:
        return "\n".join(line.message for line in await self.apps.deployments.log(deployment.id))


def run(root: Path, scenario: Callable[[World], Coroutine[Any, Any, None]]) -> None:
    """Run a scenario on a server of its own."""

    async def main() -> None:
        world = World(root)
        await world.open()
        try:
            await scenario(world)
        finally:
            await world.close()

    asyncio.run(main())


async def refusal(call: Awaitable[object]) -> RefusedError:
    """Return the error that a call is refused with."""
    try:
        await call
    except RefusedError as error:
        return error
    raise AssertionError("it was not refused")


EMPTY: MappingProxyType[str, str] = MappingProxyType({})
