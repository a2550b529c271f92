"""`func azure functionapp publish`: brings the project of a folder to a function app."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from funchost.cli.azure_functions import print_functions
from funchost.cli.azure_publish_console import PublishConsole
from funchost.cli.azure_publish_options import OPTIONS, PublishChoices, notices, read_choices
from funchost.cli.functionapp_server import Connection, chosen_server, connected, is_production
from funchost.cli.grammar import ToolCommand
from funchost.cli.interruption import Interruption
from funchost.cli.project import find_root
from funchost.settings import load_settings, process_environment

if TYPE_CHECKING:
    from funchost.deploy.client.project_packager import ProjectPackager
    from funchost.deploy.client.publication import PublishOrder
    from funchost.deploy.client.publish_plan import Build
    from funchost.deploy.client.publish_profile import PublishProfile

EXAMPLES = """\b
Examples:
  func azure functionapp publish shop                          the server installs the packages
  func azure functionapp publish shop --build local            they are installed here
  func azure functionapp publish shop --no-build               the project is taken as it is
  func azure functionapp publish shop --slot staging -i -y     with the local settings
  func azure functionapp publish shop --list-included-files    see what would be published
  func azure functionapp publish shop --access-token-stdin < token.txt     in a pipeline
  func azure functionapp publish --publish-profile shop.PublishSettings    in a pipeline, for this app only

The exit code is 0 if the app serves the new version, 4 if a package has no wheel, else 1. An app that could not be
published goes on as it was."""


@dataclass(frozen=True)
class _Job:
    """A project that is to be published.

    Args:
        choices: of the command line.
        root: folder with host.json.
        build: who installs its packages.
        environ: of this process.
        console: told what happens.
        interruption: ends it.
    """

    choices: PublishChoices
    root: Path
    build: Build
    environ: Mapping[str, str]
    console: PublishConsole
    interruption: Interruption

    def packager(self, folder: str, host: str) -> ProjectPackager:
        from funchost.deploy.client.project_packager import ProjectPackager

        return ProjectPackager(
            self.root,
            Path(folder) / "package.zip",
            self.build,
            self.environ,
            host=host,
            system_packages=(self.choices.additional_packages or "").split(),
            on_warning=self.console.warn,
            blocking=self.interruption.blocking,
        )

    def order(self, packager: ProjectPackager, values: Mapping[str, str] | None) -> PublishOrder:
        from funchost.deploy.client.publication import PublishOrder

        return PublishOrder(
            app=self.choices.app_name or "",
            slot=None if is_production(self.choices.slot) else self.choices.slot,
            subscription=self.choices.server.subscription,
            build=self.build,
            make_package=packager,
            local_settings=values,
            settings_only=self.choices.publish_settings_only,
            as_files=self.choices.nozip,
            force=self.choices.force,
        )


def run_publish(**given: Any) -> None:
    """Publish the project of this folder to a function app."""
    choices = read_choices(given)
    for notice in notices(given):
        click.echo(notice, err=True)
    environ = process_environment()
    root = find_root(choices.script_root, environ, Path.cwd())
    with Interruption() as interruption:
        console = PublishConsole(True if choices.overwrite_settings else None, interruption.blocking)
        build = _checked_build(choices, root, environ, console)
        job = _Job(choices, root, build, environ, console, interruption)
        if choices.lists_files:
            _list_files(choices, root, build)
        elif choices.publish_profile is not None:
            _publish_with_profile(job, choices.publish_profile)
        else:
            _publish(job)


def _checked_build(choices: PublishChoices, root: Path, environ: Mapping[str, str], console: PublishConsole) -> Build:
    """Look at the project, and return how it is built.

    Raises:
        PackageError: it cannot be published.
    """
    from funchost.deploy.client.project_packager import PACKAGE_BUILDS
    from funchost.deploy.client.publish_plan import Build, choose_build
    from funchost.deploy.dependencies import read_requirements
    from funchost.deploy.package.project_checks import Outcome, PackageBuild, check_project, require_host_json
    from funchost.errors import PackageError

    require_host_json(root)
    requirements = None if choices.no_build else read_requirements(root)
    build = choose_build(
        no_build=choices.no_build,
        native=choices.build_native_deps,
        build=choices.build,
        requirements=requirements is not None and not requirements.empty,
    )
    if choices.lists_files or choices.publish_settings_only:
        return build
    if choices.no_build:
        console.line("Nothing is built (--no-build).")
    elif build is Build.NONE and requirements is not None:
        console.line(f"{requirements.path.name} asks for no packages, so nothing is built.")
    script_file = load_settings({**_local_values(root), **environ}).script_file
    # Who requires no packages needs no advice on how to add them.
    looked_at = PACKAGE_BUILDS[build] if choices.no_build or build is not Build.NONE else PackageBuild.REMOTE
    for check in check_project(root, looked_at, script_file):
        if check.outcome is Outcome.FAILED:
            raise PackageError(f"{check.title}: {check.reason}")
        if check.outcome is Outcome.WARNING:
            console.warn(check.reason)
    return build


def _list_files(choices: PublishChoices, root: Path, build: Build) -> None:
    from funchost.deploy.client.project_packager import PACKAGE_BUILDS
    from funchost.deploy.package.project_package import files_for

    found = files_for(root, PACKAGE_BUILDS[build])
    if choices.list_ignored_files:
        for name in found.ignored:
            click.echo(root / name)
    if choices.list_included_files:
        for file in found.included:
            click.echo(root / file.name)


def _publish(job: _Job) -> None:
    from funchost.deploy.client.publication import Publication

    choices, console = job.choices, job.console
    server = chosen_server(choices.server)
    pushes = choices.publish_local_settings or choices.publish_settings_only
    values = _local_values(job.root) if pushes else None

    async def work(connection: Connection, folder: str) -> None:
        console.line(f"Getting site publishing info... ({server.url})")
        packager = job.packager(folder, server.host)
        console.line(f"[{datetime.now(UTC).isoformat(timespec='seconds')}] Starting the function app deployment...")
        publication = Publication(connection.management, connection.wire, console, azure=server.azure)
        site = await publication.publish(job.order(packager, values))
        if not choices.publish_settings_only:
            await print_functions(connection, site, show_keys=choices.show_keys, required=True)

    async def run() -> None:
        with tempfile.TemporaryDirectory(prefix="funchost-publish-") as folder:
            async with connected(server, choices.server) as connection:
                await work(connection, folder)

    job.interruption.run(run())


def _publish_with_profile(job: _Job, file: Path) -> None:
    from funchost.deploy.client.profile_publication import publish_with_profile
    from funchost.deploy.client.publish_profile import read_publish_profile
    from funchost.deploy.client.scm import ScmClient
    from funchost.deploy.client.server_choice import trusted_certificates
    from funchost.deploy.client.wire import Wire, open_session

    choices = job.choices
    profile = read_publish_profile(file)
    certificates = trusted_certificates(choices.server.ca_file, job.environ)

    async def run() -> None:
        with tempfile.TemporaryDirectory(prefix="funchost-publish-") as folder:
            async with open_session(choices.server.management_url or profile.scm_url, certificates) as session:
                scm = ScmClient(Wire(session, profile.credential), profile.scm_url)
                job.console.line(f"Publishing to {profile.scm_url}...")
                order = job.order(job.packager(folder, profile.host), None)
                await publish_with_profile(scm, order, job.console)
                await _print_functions(scm, choices, profile)

    job.interruption.run(run())


async def _print_functions(scm: Any, choices: PublishChoices, profile: PublishProfile) -> None:
    from funchost.deploy.client.functions_list import function_lines

    app = choices.app_name or profile.credential.user.lstrip("$")
    for line in function_lines(app, await scm.functions(), None, {}):
        click.echo(line)


def _local_values(root: Path) -> Mapping[str, str]:
    from funchost.app.local_settings import load_local_settings
    from funchost.cli.local_secret import local_secret

    return load_local_settings(root, local_secret()).values


publish = ToolCommand(
    "publish",
    params=[click.Argument(["app_name"], required=False), *OPTIONS],
    callback=run_publish,
    help=run_publish.__doc__,
    epilog=EXAMPLES,
)
