"""Deployments: packages on their way to sites, one at a time for each site."""

from __future__ import annotations

import asyncio
import errno
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from funchost.errors import FuncHostError, RefusedError
from funchost.platform.apps import app_settings, deployment_log, retention
from funchost.platform.apps.deployment_id import new_id
from funchost.platform.apps.deployment_run import DeploymentRun, Workshop, what_serves
from funchost.platform.apps.version_store import VersionStore, remove
from funchost.platform.deployment import BuildKind, Deployment, DeploymentStatus, LogLine, Origin
from funchost.platform.registry.transaction import Transaction
from funchost.platform.site import SiteName

LATEST = "latest"


class Deployments:
    """All deployments of a server.

    Args:
        workshop: see Workshop.
        kept_versions: versions of a site that stay for a rollback, the one that serves among them.
    """

    def __init__(self, workshop: Workshop, *, kept_versions: int) -> None:
        self._workshop = workshop
        self._data = workshop.data
        self._registry = workshop.registry
        self._store = VersionStore(workshop.data)
        self._kept_versions = kept_versions
        self._busy: dict[SiteName, DeploymentRun | None] = {}
        """Sites with a deployment under way; None while it is being recorded."""
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._unsaved: list[DeploymentRun] = []
        """Deployments whose end could not be remembered yet: the disk was full."""
        self._tidying: set[asyncio.Task[None]] = set()
        self._closing = False
        self._storing = asyncio.Lock()
        """Held while packages and versions are added, and while those that nothing refers to are taken away."""

    async def begin(self, name: SiteName, package: Path, build: BuildKind | None, origin: Origin) -> Deployment:
        """Record a deployment and start it; it goes on after this has returned.

        Args:
            name: where to.
            package: an upload in the scratch folder; it is taken over in any case.
            build: None = as the settings of the site say.
            origin: who deploys.

        Raises:
            RefusedError: there is no such site (404), another deployment of it runs (409), or the disk is full (507).
        """
        return await asyncio.shield(asyncio.create_task(self._begin(name, package, build, origin)))

    async def _begin(self, name: SiteName, package: Path, build: BuildKind | None, origin: Origin) -> Deployment:
        try:
            record = await self._registry.change(lambda registry: registry.site(name))
            if build is None:
                remote = app_settings.builds_remotely(record.settings)
                build = BuildKind.REMOTE if remote else BuildKind.NONE
            return await self._start(name, partial(self._recorded, name, package, build, origin))
        finally:
            await asyncio.to_thread(package.unlink, missing_ok=True)

    async def redeploy(self, name: SiteName, id: str) -> Deployment:
        """Bring the version of an earlier deployment to its site again, without a build.

        Returns:
            A new deployment.

        Raises:
            RefusedError: there is no such deployment (404), it brought no version or its version is not kept any more
                (409), or another deployment runs (409).
        """
        old = await self.deployment(name, id)
        if old.version is None:
            raise RefusedError(
                "Conflict",
                f"Deployment {old.id} of {name} cannot be brought back:"
                f" {'it failed' if old.status is DeploymentStatus.FAILED else 'its version is not kept any more'}.",
                409,
                hint="`func functionapp deployment list` shows those that can.",
            )
        start = self._start(name, partial(self._recorded_again, name, old.id))
        return await asyncio.shield(asyncio.create_task(start))

    async def wait(self, id: str) -> Deployment:
        """Wait for the end of a deployment and return it."""
        task = self._tasks.get(id)
        if task is not None:
            await asyncio.wait({task})
        return await self._found(id)

    async def deployments(self, name: SiteName) -> Sequence[Deployment]:
        """Return the deployments of a site, the newest first.

        Raises:
            RefusedError: there is no such site (404).
        """
        return await self._read(name)

    async def deployment(self, name: SiteName, id: str) -> Deployment:
        """Return a deployment of a site.

        Args:
            id: of the deployment, or ``latest``.

        Raises:
            RefusedError: there is none (404).
        """
        for deployment in await self._read(name):
            if id in (deployment.id, LATEST):
                return deployment
        raise _no_such_deployment(f"{name} has no deployment {id[:60]!r}.")

    async def log(self, id: str, after: int = 0) -> Sequence[LogLine]:
        """Return the lines of a deployment's log, without the first `after`.

        Raises:
            RefusedError: there is no such deployment (404).
        """
        run = self._run(id)
        if run is not None:
            return tuple(run.log.lines[after:])
        await self._found(id)
        return await asyncio.to_thread(deployment_log.read, self._data.deployment_log(id), after)

    async def follow(self, id: str, after: int = 0) -> AsyncIterator[LogLine]:
        """Yield the lines of a deployment's log as they come, until it has ended.

        Raises:
            RefusedError: there is no such deployment (404).
        """
        run = self._run(id)
        if run is None:
            for line in await self.log(id, after):
                yield line
            return
        async for line in run.log.follow(after):
            yield line

    async def delete(self, name: SiteName, id: str) -> None:
        """Forget a deployment.

        Raises:
            RefusedError: there is none (404), it runs, or its version serves the site (409).
        """
        deployment = await self.deployment(name, id)
        if deployment.active or not deployment.status.ended:
            why = "its version serves the app" if deployment.active else "it runs"
            raise RefusedError("Conflict", f"Deployment {deployment.id} cannot be removed: {why}.", 409)
        self._unsaved = [run for run in self._unsaved if run.deployment.id != deployment.id]
        await self._registry.change(lambda registry: registry.delete_deployment(deployment.id))
        await self.sweep()

    async def deploying(self, name: SiteName) -> bool:
        """Return whether a deployment of the site runs."""
        return name in self._busy

    async def cancel(self, name: SiteName) -> None:
        """End the deployment of a site that is being deleted, if one runs."""
        run = self._busy.get(name)
        if run is not None:
            run.end()
            await asyncio.wait({self._tasks[run.deployment.id]})

    async def sweep(self) -> None:
        """Remove packages, versions and logs that nothing refers to any more."""
        async with self._storing:
            found = await self._registry.change(lambda r: retention.references(r.sites(), r.deployments()))
            aside = await asyncio.to_thread(self._store.sweep, found)
        for path in aside:
            await asyncio.to_thread(remove, path)

    async def close(self) -> None:
        """End all deployments; they have failed then, and nothing else has changed."""
        self._closing = True
        for run in self._busy.values():
            if run is not None:
                run.end()
        if self._tasks:
            await asyncio.wait(self._tasks.values())
        await self.tidied()

    async def tidied(self) -> None:
        """Wait until the versions that ended deployments have made superfluous are gone."""
        if self._tidying:
            await asyncio.wait(self._tidying)

    async def recover(self) -> None:
        """Settle what a server that ended has left: its deployments have failed; half versions and uploads are gone."""
        interrupted = await self._registry.change(_interrupt)
        await asyncio.to_thread(self._store.empty_scratch)
        for deployment in interrupted:
            line = LogLine(time.time(), deployment.status_text, True)
            try:
                await asyncio.to_thread(deployment_log.append, self._data.deployment_log(deployment.id), [line])
            except OSError:
                continue  # its status says the same
        await self.sweep()

    async def _start(self, name: SiteName, record: Callable[[], Awaitable[Deployment]]) -> Deployment:
        """Record a deployment and have it run, also when the caller does not wait for that."""
        await self._save_unsaved()
        running = self._busy.get(name)
        if name in self._busy:
            which = f" ({running.deployment.id})" if running is not None else ""
            raise RefusedError(
                "Conflict",
                f"Another deployment of {name} is under way{which}.",
                409,
                hint="Wait until it has ended and try again.",
            )
        if self._closing:
            raise RefusedError("ServiceUnavailable", "The server is being stopped.", 503)
        self._busy[name] = None
        try:
            deployment = await record()
        except BaseException:
            del self._busy[name]
            raise
        run = DeploymentRun(deployment, self._workshop)
        self._busy[name] = run
        self._tasks[deployment.id] = asyncio.create_task(self._work(run), name=f"deployment {deployment.id}")
        if self._closing:
            run.end()
        return deployment

    async def _recorded(self, name: SiteName, upload: Path, build: BuildKind, origin: Origin) -> Deployment:
        try:
            package = await asyncio.to_thread(self._store.seal_package, upload)
            async with self._storing:
                await asyncio.to_thread(self._store.keep_package, upload, package)
                deployment = _pending(name, package, build, origin)

                def work(registry: Transaction) -> None:
                    registry.site(name)
                    registry.put_deployment(deployment)

                await self._registry.change(work)
                return deployment
        except OSError as error:
            raise _cannot_store(error) from error

    async def _recorded_again(self, name: SiteName, id: str) -> Deployment:
        def work(registry: Transaction) -> Deployment:
            registry.site(name)
            old = next((d for d in registry.deployments(name) if d.id == id), None)
            if old is None or old.version is None:
                raise _no_such_deployment(f"The version of deployment {id} is not kept any more.")
            origin = old.origin._replace(message=f"Deployment {id} again.")
            again = replace(_pending(name, old.package, old.build, origin), version=old.version)
            registry.put_deployment(again)
            return again

        async with self._storing:
            return await self._registry.change(work)

    async def _work(self, run: DeploymentRun) -> None:
        await run.run()
        deployment = run.deployment
        del self._busy[deployment.site]
        del self._tasks[deployment.id]
        if not run.saved:
            self._unsaved.append(run)
        tidying = asyncio.create_task(self._tidy(deployment.site), name=f"tidy after {deployment.id}")
        self._tidying.add(tidying)
        tidying.add_done_callback(self._tidying.discard)

    async def _tidy(self, name: SiteName) -> None:
        """Let go of versions and deployments that are not kept, and of what they leave on disk."""

        def work(registry: Transaction) -> None:
            found = registry.deployments(name)
            served = retention.served_versions(registry.sites())
            unwanted = retention.unwanted_versions(found, served, self._kept_versions)
            left = [replace(d, version=None) if d.status.ended and d.version in unwanted else d for d in found]
            for before, after in zip(found, left, strict=True):
                if before != after:
                    registry.put_deployment(after)
            for deployment in retention.forgotten(left):
                registry.delete_deployment(deployment.id)

        try:
            await self._registry.change(work)
            await self.sweep()
        except (FuncHostError, OSError) as error:
            # Nothing is lost: the next deployment, or the next start of the server, tidies again.
            self._workshop.note(name, f"Old versions could not be removed: {error}")

    def _run(self, id: str) -> DeploymentRun | None:
        """Return a deployment that runs, or whose end could not be remembered."""
        runs = [*self._busy.values(), *self._unsaved]
        return next((run for run in runs if run is not None and run.deployment.id == id), None)

    async def _read(self, name: SiteName) -> Sequence[Deployment]:
        await self._save_unsaved()

        def work(registry: Transaction) -> Sequence[Deployment]:
            registry.site(name)
            return registry.deployments(name)

        return [self._as_it_is(deployment) for deployment in await self._registry.change(work)]

    async def _found(self, id: str) -> Deployment:
        found = await self._registry.change(lambda registry: registry.deployment(id))
        if found is None:
            raise _no_such_deployment(f"There is no deployment {id[:60]!r}.")
        return self._as_it_is(found)

    def _as_it_is(self, remembered: Deployment) -> Deployment:
        run = self._run(remembered.id)
        return remembered if run is None else run.deployment

    async def _save_unsaved(self) -> None:
        """Remember the ends of deployments that could not be remembered while the disk was full."""
        for run in list(self._unsaved):
            try:
                await run.save(run.deployment)
            except FuncHostError:
                return
            self._unsaved.remove(run)


def _pending(name: SiteName, package: str, build: BuildKind, origin: Origin) -> Deployment:
    now = time.time()
    return Deployment(
        id=new_id(now),
        site=name,
        status=DeploymentStatus.PENDING,
        status_text="",
        progress="Received.",
        origin=origin,
        build=build,
        package=package,
        version=None,
        received=now,
        started=None,
        ended=None,
        active=False,
    )


_DOING = {
    DeploymentStatus.PENDING: "before it began",
    DeploymentStatus.BUILDING: "while building",
    DeploymentStatus.DEPLOYING: "while the new version was being loaded",
}


def _interrupt(registry: Transaction) -> Sequence[Deployment]:
    """Mark the deployments as failed that no process works on any more."""
    found = []
    for deployment in registry.deployments():
        if not deployment.status.ended:
            serving = what_serves(registry.find(deployment.site))
            failed = replace(
                deployment,
                status=DeploymentStatus.FAILED,
                status_text=f"Interrupted {_DOING[deployment.status]}: the server ended. {serving}",
                version=None,
                ended=time.time(),
            )
            registry.put_deployment(failed)
            found.append(failed)
    return found


def _no_such_deployment(message: str) -> RefusedError:
    return RefusedError("ResourceNotFound", message, 404, hint="`func functionapp deployment list` shows them.")


def _cannot_store(error: OSError) -> RefusedError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return RefusedError("InsufficientStorage", "The package cannot be stored: the server's disk is full.", 507)
    return RefusedError("InternalServerError", f"The package cannot be stored: {error.strerror}.", 500)
