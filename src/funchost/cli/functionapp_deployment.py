"""`func functionapp deployment`: what was deployed to an app, and the way back."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from funchost.cli.command_group import group
from funchost.cli.functionapp_documents import DEPLOYMENT_COLUMNS, deployment_document
from funchost.cli.functionapp_output import output_option, show_list, show_one
from funchost.cli.functionapp_server import Connection, ServerArguments, on_server, site_command
from funchost.cli.functionapp_slot import slot
from funchost.cli.grammar import ToolOption
from funchost.errors import FuncHostError
from funchost.logs import without_control

if TYPE_CHECKING:
    from funchost.deploy.client.scm import DeploymentRecord

EXAMPLES = """\b
Examples:
  func functionapp deployment list -n shop
  func functionapp deployment show -n shop                     the latest one, with its log
  func functionapp deployment rollback -n shop                 the version that served before
  func functionapp deployment rollback -n shop --id 20260821   a certain one
  func functionapp deployment list-publishing-profiles -n shop > shop.PublishSettings"""
LATEST = "latest"


def run_list(name: str, slot: str | None, output: str | None, **where: Any) -> None:
    """List the deployments of an app, the newest first."""

    async def work(connection: Connection) -> None:
        records = await (await connection.scm(name, slot)).deployments()
        show_list([deployment_document(record) for record in records], DEPLOYMENT_COLUMNS, output)

    on_server(ServerArguments(**where), work)


def run_show(name: str, slot: str | None, id: str | None, output: str | None, **where: Any) -> None:
    """Show a deployment; its log goes to stderr."""

    async def work(connection: Connection) -> None:
        from funchost.deploy.client.deployment_progress import LogReader

        scm = await connection.scm(name, slot)
        record = await scm.deployment(id or LATEST)
        for line in await LogReader(scm, record.id).new_lines():
            click.echo(without_control(line), err=True)
        show_one(deployment_document(record), output)

    on_server(ServerArguments(**where), work)


def run_rollback(name: str, slot: str | None, id: str | None, output: str | None, **where: Any) -> None:
    """Let an earlier deployment serve again: the same version, nothing is built. Without --id the one before."""

    async def work(connection: Connection) -> None:
        from funchost.deploy.client.deployment_progress import follow
        from funchost.deploy.client.publication import AZURE_PAUSE, OWN_PAUSE, check_outcome

        scm = await connection.scm(name, slot)
        chosen = id or before_the_active(await scm.deployments()).id
        click.echo(f"Rolling back to {chosen}...", err=True)
        begun = await scm.redeploy(chosen)
        record = await follow(
            scm,
            begun.id or chosen,
            on_line=lambda line: click.echo(without_control(line), err=True),
            sleep=connection.wire.pause,
            longest_pause=AZURE_PAUSE if connection.server.azure else OWN_PAUSE,
        )
        check_outcome(record, remote=False)
        show_one(deployment_document(record), output)

    on_server(ServerArguments(**where), work)


def run_profiles(name: str, slot: str | None, **where: Any) -> None:
    """Print the publish profile, with which a pipeline may publish to this app and do nothing else. It is secret."""

    async def work(connection: Connection) -> None:
        path = f"{await connection.find(name, slot)}/publishxml"
        click.echo(await connection.management.text(path, {"format": "WebDeploy"}))

    on_server(ServerArguments(**where), work)


def before_the_active(records: Sequence[DeploymentRecord]) -> DeploymentRecord:
    """Return the newest successful deployment that is older than the one that serves.

    Raises:
        FuncHostError: there is none.
    """
    from funchost.deploy.client.scm import SUCCESS

    active = next((at for at, record in enumerate(records) if record.active), -1)
    earlier = [record for record in records[active + 1 :] if record.status == SUCCESS]
    if not earlier:
        raise FuncHostError(
            "There is no earlier deployment to go back to.", hint="'func functionapp deployment list' shows them."
        )
    return earlier[0]


def _id(help: str) -> ToolOption:
    return ToolOption("id", "--id", "--deployment-id", metavar="ID", help=help)


_command = partial(site_command, epilog=EXAMPLES)

deployment = group(
    "deployment",
    "Deployments of an app, its slots, and the way back.",
    _command("list", run_list, output_option()),
    _command("show", run_show, _id("Which one (default: the latest)."), output_option()),
    _command("rollback", run_rollback, _id("Which one (default: the one before the active one)."), output_option()),
    _command(
        "list-publishing-profiles",
        run_profiles,
        ToolOption("xml", "--xml", is_flag=True, expose_value=False, no_effect="the profile is XML always"),
    ),
    slot,
)
