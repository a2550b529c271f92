"""`func storage account`: the accounts of an embedded store."""

from __future__ import annotations

import asyncio
import base64
from pathlib import Path

import click

from funchost.cli.command_group import group
from funchost.cli.grammar import ToolCommand, ToolOption
from funchost.cli.storage_connection import check_folder, embedded_folder, folder_option, open_store
from funchost.errors import UsageError
from funchost.settings import process_environment

CREATE_EXAMPLES = """\b
Examples:
  func storage account create shop                  with a random key, which goes to stdout
  func storage account create shop --key "$KEY"     with a key of your own, Base64 text

The service finds it at http://127.0.0.1:10000/shop and so on."""


def run_create(name: str, key: str | None, folder: Path | None) -> None:
    """Add an account to the embedded store; its key goes to stdout."""
    from funchost.storage.embedded.accounts import Accounts, decode_key

    try:
        chosen = None if key is None else decode_key(key)
    except ValueError as error:
        raise UsageError(f"--key: {error}.", hint="A key is at least 16 bytes as Base64 text.") from None

    async def work() -> None:
        async with open_store(embedded_folder(folder, process_environment())) as store:
            row = await Accounts(store.engine).create(name, chosen)
            click.echo(base64.b64encode(row.key).decode("ascii"))

    asyncio.run(work())


def run_list(keys: bool, folder: Path | None) -> None:
    """List the accounts of the embedded store, one name per line."""
    from funchost.storage.embedded.accounts import Accounts

    if folder is not None:
        check_folder(folder)

    async def work() -> None:
        async with open_store(embedded_folder(folder, process_environment())) as store:
            for row in await Accounts(store.engine).list():
                # A server's store keeps its keys sealed; the app's settings have them.
                key = base64.b64encode(row.key).decode("ascii") or "(sealed)"
                click.echo(f"{row.name}\t{key}" if keys else row.name)

    asyncio.run(work())


account = group(
    "account",
    "Accounts of the embedded store.",
    ToolCommand(
        "create",
        params=[
            click.Argument(["name"]),
            ToolOption("key", "--key", metavar="BASE64", help="Its key (default: a random one)."),
            folder_option(),
        ],
        callback=run_create,
        help=run_create.__doc__,
        short_help="Add an account.",
        epilog=CREATE_EXAMPLES,
    ),
    ToolCommand(
        "list",
        params=[
            ToolOption("keys", "--keys", is_flag=True, help="Show the keys too, behind a tab."),
            folder_option(),
        ],
        callback=run_list,
        help=run_list.__doc__,
        short_help="List the accounts.",
    ),
)
