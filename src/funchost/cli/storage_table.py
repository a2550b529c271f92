"""`func storage table`: tables and their entities from the command line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from funchost.cli.command_group import group
from funchost.cli.grammar import ToolCommand, ToolOption, number
from funchost.cli.storage_connection import StorageChoice, connection_options, run_on_account

if TYPE_CHECKING:
    from funchost.storage.account import StorageAccount

EXAMPLES = """\b
Examples:
  func storage table query items
  func storage table query items --filter "PartitionKey eq 'a' and Price gt 10" --select RowKey --select Price
  func storage table query items --top 5"""
MOST = 1_000_000_000
PAGE = 1000


def run_list(**where: Any) -> None:
    """List tables by name, one per line."""

    async def work(account: StorageAccount) -> None:
        for name in await account.tables.list_tables():
            click.echo(name)

    run_on_account(StorageChoice(**where), work)


def run_query(name: str, filter: str, select: tuple[str, ...], top: int | None, **where: Any) -> None:
    """Print entities, one JSON document per line, in the order of their keys."""

    async def work(account: StorageAccount) -> None:
        left = MOST if top is None else int(top)
        after = None
        while left > 0:
            page = await account.tables.query(name, filter, select=select, top=min(left, PAGE), after=after)
            for entity in page.entities:
                click.echo(json.dumps(dict(entity), ensure_ascii=False))
            left -= len(page.entities)
            after = page.next
            if after is None:
                return

    run_on_account(StorageChoice(**where), work)


table = group(
    "table",
    "Tables and their entities.",
    ToolCommand("list", params=[*connection_options()], callback=run_list, help=run_list.__doc__),
    ToolCommand(
        "query",
        params=[
            click.Argument(["name"], metavar="TABLE"),
            ToolOption("filter", "--filter", default="", metavar="ODATA", help="Which entities (default: all)."),
            ToolOption("select", "--select", multiple=True, metavar="NAME", help="Which properties (default: all)."),
            ToolOption(
                "top", "--top", type=number(int, 1, MOST, "a number of entities"), metavar="N", help="How many at most."
            ),
            *connection_options(),
        ],
        callback=run_query,
        help=run_query.__doc__,
        epilog=EXAMPLES,
    ),
)
