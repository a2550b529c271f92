"""DeploymentRun: the steps of one deployment. Each is remembered before it is taken."""

from __future__ import annotations

import asyncio
import errno
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

from funchost.deploy.build.job import BuildJob, BuildLimits
from funchost.errors import FuncHostError
from funchost.logs import without_control
from funchost.platform.apps import app_settings
from funchost.platform.apps.deployment_log import DeploymentLog
from funchost.platform.apps.rollout import Rollout
from funchost.platform.apps.surroundings import Build, Pythons
from funchost.platform.apps.turns import Turns
from funchost.platform.data_directory import DataDirectory
from funchost.platform.deployment import BuildKind, Deployment, DeploymentStatus
from funchost.platform.registry.registry import Registry
from funchost.platform.registry.site_record import SiteRecord
from funchost.platform.registry.transaction import Transaction
from funchost.platform.site import FunctionInfo, SiteName

MAX_STATUS_TEXT = 4_000


class Workshop(NamedTuple):
    """What all deployments work with.

    Args:
        data: see DataDirectory.
        registry: see Registry.
        rollout: see Rollout.
        turns: see Turns.
        pythons: see PythonCatalogue.
        build: runs a build.
        builds: how many run at the same time.
        limits: of a build.
        urls: addresses of a site, the best first, e.g. ``http://shop.localhost:7070``.
        note: writes a line into the log of a site.
    """

    data: DataDirectory
    registry: Registry
    rollout: Rollout
    turns: Turns
    pythons: Pythons
    build: Build
    builds: asyncio.Semaphore
    limits: BuildLimits
    urls: Callable[[SiteName], Sequence[str]]
    note: Callable[[SiteName, str], None]


class DeploymentRun:
    """A deployment that runs.

    Args:
        deployment: as it was begun.
        workshop: see Workshop.
    """

    def __init__(self, deployment: Deployment, workshop: Workshop) -> None:
        self.deployment = deployment
        self.log = DeploymentLog(workshop.data.deployment_log(deployment.id))
        self.saved = True
        """Whether its end is remembered; it is not while the disk is full."""
        self._workshop = workshop
        self._working: asyncio.Task[tuple[Deployment, SiteRecord]] | None = None
        self._to_end = False

    def end(self) -> None:
        """Have it fail soon, unless its version serves already; `run` comes to its end in any case."""
        if self._working is not None and not self._to_end:
            self._working.cancel()
        self._to_end = True

    async def run(self) -> None:
        """Bring the version to the site, or say why that is not possible; raises nothing.

        Those who ask see the last step, not the end, until everything is done.
        """
        self._working = asyncio.create_task(self._work(), name=f"work of deployment {self.deployment.id}")
        if self._to_end:
            self._working.cancel()
        try:
            ended, record = await self._working
        except FuncHostError as error:
            ended = await self._fail(error.text)
        except asyncio.CancelledError:
            ended = await self._fail("The deployment was ended: the server was stopped, or the app was deleted.")
        except OSError as error:
            full = error.errno in (errno.ENOSPC, errno.EDQUOT)
            ended = await self._fail("The server's disk is full." if full else f"The server cannot go on: {error}.")
        except Exception as error:  # a fault of ours must not leave the deployment without an end
            self.log.write("".join(traceback.format_exception(error)), True, last=True)
            ended = await self._fail(f"The server failed: {error!r}")
        else:
            self._say_success(record)
        await self.log.close()
        self.deployment = ended

    async def save(self, deployment: Deployment) -> None:
        """Remember the deployment.

        Raises:
            FuncHostError: that is not possible now.
        """

        def work(registry: Transaction) -> None:
            # A site that was deleted meanwhile keeps no deployments.
            if registry.find(deployment.site) is not None:
                registry.put_deployment(deployment)

        await self._workshop.registry.change(work)
        self.saved = True

    async def _step(self, status: DeploymentStatus, progress: str, version: str | None) -> None:
        now = time.time()
        self.deployment = replace(
            self.deployment,
            status=status,
            progress=progress,
            version=version,
            started=self.deployment.started or (None if status is DeploymentStatus.PENDING else now),
        )
        await self.save(self.deployment)
        self.log.write(progress)
        await self.log.flush()

    async def _work(self) -> tuple[Deployment, SiteRecord]:
        version = self.deployment.version
        if version is None:
            builds = self._workshop.builds
            if builds.locked():
                await self._step(DeploymentStatus.PENDING, "Waiting for other builds of this server to end.", None)
            async with builds:
                version = await self._build()
        return await self._deploy(version)

    async def _build(self) -> str:
        """Return the id of the new version; its folder is there then."""
        shop = self._workshop
        record = await shop.registry.change(lambda registry: registry.site(self.deployment.site))
        remote = self.deployment.build is BuildKind.REMOTE
        what = "Building" if remote else "Unpacking"
        await self._step(DeploymentStatus.BUILDING, f"{what} for Python {record.site.python}.", None)
        python = await shop.pythons.find(record.site.python)
        job = BuildJob(
            package=shop.data.package(self.deployment.package),
            target=shop.data.version(self.deployment.id),
            scratch=shop.data.scratch,
            cache=shop.data.cache,
            python=python,
            install=remote,
            settings=app_settings.for_builds(shop.rollout.settings(record)),
            limits=shop.limits,
        )
        await shop.build(job, lambda text, error: self.log.write(text, error))
        return self.deployment.id

    async def _deploy(self, version: str) -> tuple[Deployment, SiteRecord]:
        shop = self._workshop
        site = self.deployment.site
        async with shop.turns.of(site):
            await self._step(DeploymentStatus.DEPLOYING, "Loading the app and its functions.", version)
            record = await shop.registry.change(lambda registry: registry.site(site))
            wanted = replace(record, site=replace(record.site, version=version))
            prepared = await shop.rollout.prepare(wanted)
            try:
                self.log.write(f"Functions loaded: {len(prepared.record.functions)}.")
                await self.log.flush()
            except BaseException:
                await shop.rollout.abandon(prepared)
                raise
            ended = replace(
                self.deployment, status=DeploymentStatus.SUCCESS, progress="", ended=time.time(), active=True
            )

            def succeed(registry: Transaction) -> None:
                registry.put_deployment(ended)

            # What is remembered says success before requests are switched over, so that a server that ends in between
            # starts with the new version. Who asks meanwhile is told the step, not the end.
            switching = asyncio.create_task(shop.rollout.commit(prepared, also=succeed))
            try:
                await asyncio.shield(switching)
            except asyncio.CancelledError:
                await switching  # it is too late to end it, and it takes a moment only
            return ended, prepared.record

    async def _fail(self, cause: str) -> Deployment:
        cause = without_control(cause)
        failed = replace(
            self.deployment,
            status=DeploymentStatus.FAILED,
            status_text=cause if len(cause) <= MAX_STATUS_TEXT else cause[:MAX_STATUS_TEXT] + "...",
            progress="",
            version=None,
            ended=time.time(),
            active=False,
        )
        try:
            serving = await self._workshop.registry.change(lambda registry: registry.find(self.deployment.site))
            await self.save(failed)
        except FuncHostError:
            serving, self.saved = None, False
        self.log.write(cause, True, last=True)
        self.log.write(f"Deployment failed. {what_serves(serving)}", True, last=True)
        return failed

    def _say_success(self, record: SiteRecord) -> None:
        urls = self._workshop.urls(record.name)
        lines = [f"Functions in {record.name}:"]
        for function in record.functions:
            lines.append(f"    {_described(function)}")
            if function.route is not None and urls:
                lines.append(f"        Invoke url: {urls[0]}/{function.route}")
        self.log.write("\n".join(lines), last=True)
        if not record.site.running:
            self.log.write("The app is stopped; it serves this version when it is started.", last=True)
        self.log.write("Deployment successful.", last=True)


def what_serves(record: SiteRecord | None) -> str:
    """Return a sentence on what a site goes on with after a deployment failed."""
    if record is None:
        return "Nothing else was changed."
    if record.served is None:
        return "No version serves the app yet."
    if not record.site.running:
        return f"The app is stopped; its version is still {record.served.version}."
    return f"Version {record.served.version} goes on serving."


def _described(function: FunctionInfo) -> str:
    trigger = f" - [{function.trigger}]"
    methods = f" [{','.join(function.methods)}]" if function.methods else ""
    return f"{function.name}{trigger}{methods}{' (disabled)' if function.disabled else ''}"
