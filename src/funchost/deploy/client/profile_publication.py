"""Publishes with a publish profile: only the SCM API, HTTP Basic, no management call."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Collection, Mapping
from pathlib import Path

from funchost.deploy.client.publication import (
    NOT_PUT_BACK,
    OWN_PAUSE,
    PublishOrder,
    PublishOutput,
    check_outcome,
    follow_upload,
    send_package,
)
from funchost.deploy.client.publish_plan import REMOTE_BUILD_SETTINGS, RUN_FROM_PACKAGE, Build, Plan, upload_path
from funchost.deploy.client.scm import ScmClient
from funchost.deploy.client.site_resource import SiteResource
from funchost.deploy.client.upload import UploadAbandonedError, UploadUnansweredError
from funchost.deploy.client.wire import Answer
from funchost.errors import BuildError, FuncHostError, RefusedError, ServerUnreachableError

BUILD_SWITCH = "SCM_DO_BUILD_DURING_DEPLOYMENT"


def settings_for_profile(build: Build, settings: Mapping[str, str]) -> dict[str, str]:
    """Return what the settings that deployments see lack for a build.

    Args:
        build: see Build.
        settings: as the SCM API shows them.

    Raises:
        FuncHostError: a remote build is wanted, and an app setting rules it out.
    """
    runs_package = runs_from_package(settings)
    if build is not Build.REMOTE:
        builds = settings.get(BUILD_SWITCH, "").lower() in ("1", "true")
        return {BUILD_SWITCH: "false"} if builds and not runs_package else {}
    if runs_package:
        raise FuncHostError(
            f"The app setting {RUN_FROM_PACKAGE} rules out a remote build, and a publish profile cannot change it.",
            hint="Delete it with 'func functionapp config appsettings delete', or add --build local or --no-build.",
        )
    wanted = {name: value for name, value in REMOTE_BUILD_SETTINGS.items() if settings.get(name) is None}
    if settings.get(BUILD_SWITCH, "").lower() not in ("1", "true"):
        wanted[BUILD_SWITCH] = REMOTE_BUILD_SETTINGS[BUILD_SWITCH]
    return wanted


def runs_from_package(settings: Mapping[str, str]) -> bool:
    """Return whether packages are run from, not unpacked or built."""
    return settings.get(RUN_FROM_PACKAGE, "0").lower() not in ("", "0", "false")


async def publish_with_profile(scm: ScmClient, order: PublishOrder, output: PublishOutput) -> None:
    """Bring a project to the site of a publish profile; what becomes of settings is as for Publication.publish.

    Args:
        scm: of the site, with the profile's credential.
        order: its app is only shown; settings are not pushed.
        output: see PublishOutput.

    Raises:
        RefusedError, ServerUnreachableError, PackageError, BuildError, FuncHostError: as for Publication.publish.
    """
    before = await scm.settings()
    package = await order.make_package(SiteResource(id="", name=order.app), output.line)
    touched: set[str] = set()
    try:
        answer = await _deploy(scm, order.build, package, before, touched, output)
    except (UploadUnansweredError, UploadAbandonedError):
        raise
    except (FuncHostError, asyncio.CancelledError):
        await _put_back(scm, before, touched, output)
        raise
    record = await follow_upload(scm, answer, output.line, longest_pause=OWN_PAUSE)
    try:
        check_outcome(record, remote=order.build is Build.REMOTE)
    except BuildError:
        await _put_back(scm, before, touched, output)
        raise
    output.line("Deployment completed successfully.")


async def _deploy(
    scm: ScmClient, build: Build, package: Path, settings: Mapping[str, str], touched: set[str], output: PublishOutput
) -> Answer:
    """Set what the build needs and upload the package; `touched` gets the names of settings before they change."""
    if build is Build.REMOTE and runs_from_package(settings):
        touched.add(RUN_FROM_PACKAGE)
        await scm.delete_setting(RUN_FROM_PACKAGE)
        settings = await scm.settings()
    if wanted := settings_for_profile(build, settings):
        touched.update(wanted)
        await scm.set_settings(wanted)
    path, query = upload_path(Plan.DEDICATED, build, socket.gethostname())
    return await send_package(scm, scm.address(path, **query), package, output)


async def _put_back(scm: ScmClient, before: Mapping[str, str], names: Collection[str], output: PublishOutput) -> None:
    """Undo changes. A setting of the app that one of ours only covered, as on Azure, shows again when that one goes."""
    try:
        for name in sorted(names):
            await scm.delete_setting(name)
        now = await scm.settings() if names else before
        lost = {name: before[name] for name in names if name in before and now.get(name) != before[name]}
        if lost:
            await scm.set_settings(lost)
    except (RefusedError, ServerUnreachableError):
        output.warn(NOT_PUT_BACK)
