"""Publishes with a publish profile: only the SCM API, HTTP Basic, no management call."""

from __future__ import annotations

import socket
from collections.abc import Mapping

from funchost.deploy.client.publication import (
    OWN_PAUSE,
    PublishOrder,
    PublishOutput,
    check_outcome,
    follow_upload,
)
from funchost.deploy.client.publish_plan import REMOTE_BUILD_SETTINGS, RUN_FROM_PACKAGE, Build, Plan, upload_path
from funchost.deploy.client.scm import ScmClient
from funchost.deploy.client.site_resource import SiteResource
from funchost.deploy.client.upload import upload
from funchost.errors import FuncHostError

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
    """Bring a project to the site of a publish profile.

    Args:
        scm: of the site, with the profile's credential.
        order: its app is only shown; settings are not pushed.
        output: see PublishOutput.

    Raises:
        RefusedError, ServerUnreachableError, PackageError, BuildError, FuncHostError: as for Publication.publish.
    """
    settings = await scm.settings()
    if order.build is Build.REMOTE and runs_from_package(settings):
        await scm.delete_setting(RUN_FROM_PACKAGE)
        settings = await scm.settings()
    wanted = settings_for_profile(order.build, settings)
    site = SiteResource(id="", name=order.app)
    package = await order.make_package(site, output.line)
    if wanted:
        await scm.set_settings(wanted)
    path, query = upload_path(Plan.DEDICATED, order.build, socket.gethostname())
    answer = await upload(scm, scm.address(path, **query), package, output.sent)
    output.line("Upload completed successfully.")
    record = await follow_upload(scm, answer, output.line, longest_pause=OWN_PAUSE)
    check_outcome(record, remote=order.build is Build.REMOTE)
    output.line("Deployment completed successfully.")
