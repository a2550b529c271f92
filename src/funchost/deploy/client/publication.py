"""Publication: brings a project to a site, in the order of calls that the existing tool has for it."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from funchost.deploy.client.deployment_progress import follow
from funchost.deploy.client.management import ManagementClient
from funchost.deploy.client.publish_plan import (
    SCM_PACKAGE,
    Build,
    Plan,
    SettingChanges,
    build_settings,
    check_settings,
    plan_of,
    upload_path,
)
from funchost.deploy.client.scm import SUCCESS, DeploymentRecord, ScmClient
from funchost.deploy.client.settings_push import push_settings
from funchost.deploy.client.site_resource import SiteResource, host_url, python_of
from funchost.deploy.client.upload import UploadAbandonedError, UploadUnansweredError, upload
from funchost.deploy.client.wire import Answer, Wire
from funchost.errors import BuildError, FuncHostError, PackageError, RefusedError, ServerUnreachableError

AZURE_PAUSE = 3.0
"""Longest time between two looks at a deployment on Azure, seconds."""

OWN_PAUSE = 0.5
SETTINGS_PAUSE = 5.0
SETTINGS_LIMIT = 300.0
"""Seconds within which the SCM API must show new app settings."""

NOT_PUT_BACK = "The app settings of the build could not be put back; the next publish sets them again."

MakePackage = Callable[[SiteResource, Callable[[str], None]], Awaitable[Path]]
"""Makes the package for a site, telling lines."""


class PublishOutput(Protocol):
    """Where a publication tells what happens."""

    def line(self, text: str) -> None:
        """Tell a step, or a line of a log."""

    def warn(self, text: str) -> None:
        """Tell what the reader should look at."""

    def sent(self, done: int, total: int) -> None:
        """Tell how far the upload is, bytes."""

    def overwrite(self, name: str, remote: str, local: str) -> bool:
        """Decide whether the site's value of a setting gives way to the local one."""


@dataclass(frozen=True, kw_only=True)
class PublishOrder:
    """What to publish and how.

    Args:
        app: name of the app.
        slot: of the slot, None = the app itself.
        subscription: where to look for the app, None = everywhere.
        build: see Build.
        make_package: see MakePackage.
        local_settings: app settings to push, None = none; secret.
        settings_only: no code.
        as_files: option --nozip.
        force: option --force.
    """

    app: str
    slot: str | None
    subscription: str | None
    build: Build
    make_package: MakePackage
    local_settings: Mapping[str, str] | None = field(default=None, repr=False)
    settings_only: bool = False
    as_files: bool = False
    force: bool = False


class Publication:
    """One publication.

    Args:
        management: client of the server.
        wire: for calls to the site's SCM API.
        output: see PublishOutput.
        azure: whether the server is Azure's.
    """

    def __init__(self, management: ManagementClient, wire: Wire, output: PublishOutput, *, azure: bool) -> None:
        self._management = management
        self._wire = wire
        self._output = output
        self._azure = azure

    async def publish(self, order: PublishOrder) -> SiteResource:
        """Carry the order out; return the site.

        The package is made before anything changes. When the package does not reach the server, the deployment fails,
        or this is cancelled before, the app settings are put back: the site is as it was. They stay when nobody knows
        what became of it.

        Raises:
            RefusedError: the server refused; ServerUnreachableError: it cannot be reached; PackageError, BuildError:
            the package cannot be made; FuncHostError: the site does not fit, or the deployment failed.
        """
        site = await self._find(order)
        settings = await self._management.settings(site.id)
        plan = plan_of(site)
        changes = check_settings(site.name, plan, settings, force=order.force).joined(self._pushed(order, settings))
        if order.settings_only:
            await self._put_settings(site, settings, changes.applied(settings))
            return site
        changes = changes.joined(build_settings(plan, order.build, as_files=order.as_files))
        scm = ScmClient(self._wire, host_url(self._management.url, site.scm_host))
        await self._check_consumption(plan, scm)
        package = await order.make_package(site, self._output.line)
        after = changes.applied(settings)
        try:
            await self._put_settings(site, settings, after)
            if after != settings:
                await self._wait_for_settings(scm, changes, after)
            answer = await self._upload(scm, plan, order.build, package)
        except (UploadUnansweredError, UploadAbandonedError):
            raise
        except (RefusedError, ServerUnreachableError, PackageError, asyncio.CancelledError):
            await self._put_back(site, settings, changes)
            raise
        try:
            await self._await_end(scm, order.build, answer)
        except BuildError:
            await self._put_back(site, settings, changes)
            raise
        await self._sync(site, plan)
        return site

    async def _find(self, order: PublishOrder) -> SiteResource:
        site_id = await self._management.find(order.app, order.slot, order.subscription)
        site = await self._management.site(site_id)
        web = (await self._management.get(f"{site_id}/config/web")).get("properties") or {}
        python = python_of(web.get("linuxFxVersion"))
        return site if python is None else SiteResource(**{**vars(site), "python": python})

    def _pushed(self, order: PublishOrder, settings: Mapping[str, str]) -> SettingChanges:
        if order.local_settings is None:
            return SettingChanges()
        push = push_settings(order.local_settings, settings, self._output.overwrite)
        for line in push.lines:
            self._output.line(line)
        return push.changes

    async def _put_settings(self, site: SiteResource, before: Mapping[str, str], after: Mapping[str, str]) -> None:
        if after != before:
            await self._management.put_settings(site.id, after)

    async def _put_back(self, site: SiteResource, before: Mapping[str, str], changes: SettingChanges) -> None:
        """Undo the changes to the settings, and nothing that others have changed meanwhile."""
        if changes.applied(before) == before:
            return
        original = {name: before[name] for name in (*changes.put, *changes.drop) if name in before}
        back = SettingChanges(original, tuple(name for name in changes.put if name not in before))
        try:
            now = await self._management.settings(site.id)
            await self._put_settings(site, now, back.applied(now))
        except (RefusedError, ServerUnreachableError):
            self._output.warn(NOT_PUT_BACK)

    async def _check_consumption(self, plan: Plan, scm: ScmClient) -> None:
        if plan is Plan.CONSUMPTION and SCM_PACKAGE not in await scm.settings():
            raise FuncHostError(
                "This app was created before August 1st, 2019, and cannot build packages.",
                hint="Create a new app, and publish to it.",
            )

    async def _wait_for_settings(self, scm: ScmClient, changes: SettingChanges, after: Mapping[str, str]) -> None:
        waited, pause = 0.0, OWN_PAUSE
        while True:
            seen = await scm.settings()
            put = all(seen.get(name) == after[name] for name in changes.put)
            if put and not any(name in seen for name in changes.drop if name not in after):
                return
            if waited >= SETTINGS_LIMIT:
                raise ServerUnreachableError(f"The app settings have not reached {scm.url} after {waited:g} s.")
            await self._wire.pause(pause)
            waited += pause
            pause = min(pause * 2, SETTINGS_PAUSE)

    async def _upload(self, scm: ScmClient, plan: Plan, build: Build, package: Path) -> Answer:
        path, query = upload_path(plan, build, socket.gethostname())
        return await send_package(scm, scm.address(path, **query), package, self._output)

    async def _await_end(self, scm: ScmClient, build: Build, answer: Answer) -> None:
        remote = build is Build.REMOTE
        self._output.line(f"{'Remote build' if remote else 'Deployment'} in progress, please wait...")
        longest = AZURE_PAUSE if self._azure else OWN_PAUSE
        check_outcome(await follow_upload(scm, answer, self._output.line, longest_pause=longest), remote=remote)
        self._output.line("Remote build succeeded!" if remote else "Deployment completed successfully.")

    async def _sync(self, site: SiteResource, plan: Plan) -> None:
        if plan is Plan.CONSUMPTION:
            self._output.line("Syncing triggers...")
            await self._management.post(f"{site.id}/host/default/sync")


async def send_package(scm: ScmClient, url: str, package: Path, output: PublishOutput) -> Answer:
    """Upload a package and say how that went; see upload."""
    try:
        answer = await upload(scm, url, package, output.sent)
    except UploadAbandonedError:
        output.line("The package was sent; 'func functionapp deployment list' shows whether it is deployed.")
        raise
    output.line("Upload completed successfully.")
    return answer


async def follow_upload(
    scm: ScmClient, answer: Answer, on_line: Callable[[str], None], *, longest_pause: float
) -> DeploymentRecord:
    """Follow the deployment that an upload has begun; see deployment_progress.follow."""
    try:
        deployment = answer.headers.get("SCM-DEPLOYMENT-ID") or (await _newest(scm)).id
        return await follow(scm, deployment, on_line=on_line, sleep=scm.wire.pause, longest_pause=longest_pause)
    except asyncio.CancelledError:
        on_line("The server goes on with the deployment; 'func functionapp deployment list' shows how it ends.")
        raise
    except ServerUnreachableError as error:
        raise ServerUnreachableError(
            f"The server has the package, but went away before the deployment had ended: {error.message}",
            hint="'func functionapp deployment list' shows what became of it, when the server is back.",
        ) from error


def check_outcome(record: DeploymentRecord, *, remote: bool) -> None:
    """Check that a deployment has succeeded.

    Raises:
        BuildError: it has not; says what the server said.
    """
    if record.status == SUCCESS:
        return
    said = record.status_text.strip() or f"its status is '{record.status_name}'"
    raise BuildError(
        f"{'Remote build failed!' if remote else 'The deployment failed:'} {said}",
        hint="The log above has the cause. What the app served before, it goes on serving.",
    )


async def _newest(scm: ScmClient) -> DeploymentRecord:
    records = await scm.deployments()
    if not records:
        raise ServerUnreachableError(f"{scm.url} took the package, but lists no deployment.")
    return records[0]
