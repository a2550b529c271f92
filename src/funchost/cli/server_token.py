"""`func server token`: who may manage a server."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import click

from funchost.cli.command_group import group
from funchost.cli.functionapp_output import Columns, output_option, show_list, show_one
from funchost.cli.functionapp_server import Connection, ServerArguments, on_server, server_options
from funchost.cli.grammar import ToolCommand

TOKENS = "/providers/Funchost/tokens"
COLUMNS: Columns = {"Name": "name", "Created": "created"}
EXAMPLES = """\b
Examples:
  func server token create ci        prints a new token, once
  func server token list
  func server token delete ci        calls with it are refused at once

A token lets its holder do everything on the server. One that may upload to a single app is the password of its publish
profile. A lost admin token is replaced with 'func server start --new-admin-token'."""


def run_create(name: str, output: str | None, **where: Any) -> None:
    """Make a token, for a person or a pipeline, and print it; it cannot be shown again."""

    async def work(connection: Connection) -> None:
        document = await connection.management.put(f"{TOKENS}/{quote(name, safe='')}", {})
        if output is None:
            click.echo(document["token"])
        else:
            show_one(document, output)

    on_server(ServerArguments(**where), work)


def run_list(output: str | None, **where: Any) -> None:
    """List the tokens of a server by name."""

    async def work(connection: Connection) -> None:
        found = (await connection.management.get(TOKENS)).get("value") or []
        show_list(found, COLUMNS, output)

    on_server(ServerArguments(**where), work)


def run_delete(name: str, **where: Any) -> None:
    """Delete a token: calls with it are refused at once."""

    async def work(connection: Connection) -> None:
        await connection.management.delete(f"{TOKENS}/{quote(name, safe='')}")

    on_server(ServerArguments(**where), work)


def _command(name: str, callback: Any, *params: click.Parameter) -> ToolCommand:
    return ToolCommand(
        name, params=[*params, *server_options()], callback=callback, help=callback.__doc__, epilog=EXAMPLES
    )


token = group(
    "token",
    "Tokens: who may manage a server.",
    _command("create", run_create, click.Argument(["name"]), output_option()),
    _command("list", run_list, output_option()),
    _command("delete", run_delete, click.Argument(["name"])),
    epilog=EXAMPLES,
)
