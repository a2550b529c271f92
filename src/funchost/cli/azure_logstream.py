"""`func azure functionapp logstream`: the log of a deployed app as it is written."""

from __future__ import annotations

from typing import Any

import click

from funchost.cli.azure_functions import app_command
from funchost.cli.functionapp_log import tail
from funchost.cli.functionapp_server import Connection, ServerArguments, on_server
from funchost.cli.grammar import ToolOption
from funchost.errors import UsageError

EXAMPLES = """\b
Examples:
  func azure functionapp logstream shop
  func azure functionapp logstream shop --slot staging

Ctrl-C ends it."""


def run_logstream(app_name: str, slot: str | None, browser: bool, **where: Any) -> None:
    """Print the log of an app as it is written."""
    if browser:
        raise UsageError("--browser opens a page of Azure's portal, which this tool does not know.")

    async def work(connection: Connection) -> None:
        click.echo("Retrieving Function App...", err=True)
        await tail(connection, app_name, slot)

    on_server(ServerArguments(**where), work)


logstream = app_command(
    "logstream",
    run_logstream,
    ToolOption("browser", "--browser", is_flag=True, help="Not possible here."),
    epilog=EXAMPLES,
)
