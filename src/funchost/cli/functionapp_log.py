"""`func functionapp log`: what an app prints."""

from __future__ import annotations

import sys
from typing import Any

from funchost.cli.command_group import group
from funchost.cli.functionapp_server import Connection, ServerArguments, on_server, site_command

EXAMPLES = """\b
Examples:
  func functionapp log tail --name shop
  func functionapp log tail --name shop --slot staging

Ctrl-C ends it."""


def run_tail(name: str, slot: str | None, **where: Any) -> None:
    """Print the log of an app as it is written."""

    async def work(connection: Connection) -> None:
        await tail(connection, name, slot)

    on_server(ServerArguments(**where), work)


async def tail(connection: Connection, name: str, slot: str | None) -> None:
    """Write a site's log to stdout until the server ends it."""
    scm = await connection.scm(name, slot)
    async for chunk in scm.log_stream():
        sys.stdout.buffer.write(chunk)
        sys.stdout.buffer.flush()


log = group(
    "log",
    "What an app prints.",
    site_command("tail", run_tail, epilog=EXAMPLES),
)
