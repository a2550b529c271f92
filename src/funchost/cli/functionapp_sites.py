"""`func functionapp list|show|delete|start|stop|restart`: function apps as a whole."""

from __future__ import annotations

import sys
from typing import Any

import click

from funchost.cli.functionapp_documents import SITE_COLUMNS, site_document
from funchost.cli.functionapp_output import output_option, show_list, show_one, unused_output_option
from funchost.cli.functionapp_server import (
    Connection,
    ServerArguments,
    group_option,
    on_server,
    server_options,
    site_command,
)
from funchost.cli.grammar import ToolCommand, ToolOption
from funchost.errors import UsageError

LIST_EXAMPLES = """\b
Examples:
  func functionapp list
  func functionapp list -o json | jq -r '.[].url'"""
SHOW_EXAMPLES = """\b
Examples:
  func functionapp show --name shop
  func functionapp show --name shop --slot staging -o json"""
SWITCH_EXAMPLES = """\b
Examples:
  func functionapp stop --name shop
  func functionapp start --name shop
  func functionapp restart --name shop --slot staging"""
DELETE_EXAMPLES = """\b
Examples:
  func functionapp delete --name shop          asks first
  func functionapp delete --name shop --yes    in scripts"""


def run_list(output: str | None, **where: Any) -> None:
    """List the function apps of a server."""

    async def work(connection: Connection) -> None:
        sites = await connection.management.sites(await connection.subscription())
        apps = [site for site in sites if "functionapp" in site.kind.lower()]
        show_list([site_document(site, connection.server.url) for site in apps], SITE_COLUMNS, output)

    on_server(ServerArguments(**where), work)


def run_show(name: str, slot: str | None, output: str | None, **where: Any) -> None:
    """Show a function app.

    Its state, its addresses, and what it runs on.
    """

    async def work(connection: Connection) -> None:
        show_one(site_document(await connection.site(name, slot), connection.server.url), output)

    on_server(ServerArguments(**where), work)


def run_delete(name: str, slot: str | None, yes: bool, **where: Any) -> None:
    """Delete a function app.

    Its slots, settings, keys, storage and deployments go with it.
    """
    confirm(f"Delete the function app {name if slot is None else f'{name}/{slot}'} for good?", yes)

    async def work(connection: Connection) -> None:
        await connection.management.delete(await connection.find(name, slot))
        click.echo(f"Deleted {name if slot is None else f'{name}/{slot}'}.", err=True)

    on_server(ServerArguments(**where), work)


def confirm(question: str, yes: bool) -> None:
    """Ask before something is lost.

    Raises:
        UsageError: nobody can be asked.
        click.Abort: the answer is no.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError("There is no terminal to ask for confirmation.", hint="Add --yes.")
    click.confirm(question, abort=True, err=True)


def yes_option() -> ToolOption:
    return ToolOption("yes", "--yes", "-y", is_flag=True, help="Do not ask.")


def _switch(verb: str, help: str, said: str) -> ToolCommand:
    def run(name: str, slot: str | None, **where: Any) -> None:
        async def work(connection: Connection) -> None:
            site_id = await connection.find(name, slot)
            await connection.management.post(f"{site_id}/{verb}", repeatable=False)
            if verb != "stop":
                await connection.check_effect(site_id)
            click.echo(f"{said} {name if slot is None else f'{name}/{slot}'}.", err=True)

        on_server(ServerArguments(**where), work)

    run.__doc__ = help
    return site_command(verb, run, unused_output_option(), epilog=SWITCH_EXAMPLES)


_LIST_OPTIONS: list[click.Parameter] = [output_option(), group_option(), *server_options()]

list_apps = ToolCommand("list", params=_LIST_OPTIONS, callback=run_list, help=run_list.__doc__, epilog=LIST_EXAMPLES)
show = site_command("show", run_show, output_option(), epilog=SHOW_EXAMPLES)
delete = site_command("delete", run_delete, yes_option(), unused_output_option(), epilog=DELETE_EXAMPLES)
start = _switch("start", "Start a function app that was stopped.", "Started")
stop = _switch("stop", "Stop a function app: it answers 403, and its triggers rest.", "Stopped")
restart = _switch("restart", "Restart the instances of a function app.", "Restarted")
