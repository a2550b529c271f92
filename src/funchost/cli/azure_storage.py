"""`func azure storage fetch-connection-string`: how to reach a storage account, into local.settings.json."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import click

from funchost.cli.azure_settings import script_root_option, write_settings
from funchost.cli.functionapp_server import Connection, ServerArguments, on_server, server_options
from funchost.cli.grammar import ToolCommand
from funchost.errors import FuncHostError, RefusedError, UsageError

EXAMPLES = """\b
Examples:
  func azure storage fetch-connection-string contosostorage       writes the setting contosostorage_STORAGE"""
GRAPH = "/providers/Microsoft.ResourceGraph/resources?api-version=2019-04-01"
API = "2023-01-01"
_NAME = re.compile(r"[a-z0-9]{3,24}", re.ASCII)


def run_fetch(account_name: str, script_root: Path | None, **where: Any) -> None:
    """Write the connection string of a storage account on Azure into local.settings.json."""
    if not _NAME.fullmatch(account_name):
        raise UsageError(f"{account_name!r} cannot be the name of a storage account.")

    async def work(connection: Connection) -> None:
        if not connection.server.azure:
            raise FuncHostError(
                f"{connection.server.url} has no storage accounts of their own: each app has one.",
                hint="'func functionapp config appsettings list' shows it as AzureWebJobsStorage.",
            )
        key = await _key(connection, account_name)
        string = f"DefaultEndpointsProtocol=https;AccountName={account_name};AccountKey={key}"
        write_settings({f"{account_name}_STORAGE": string}, {}, script_root)

    on_server(ServerArguments(**where), work)


async def _key(connection: Connection, account: str) -> str:
    from funchost.deploy.client.site_resource import site_rows

    wire, url = connection.wire, connection.server.url
    query = f"where type =~ 'Microsoft.Storage/storageAccounts' and name =~ '{account}' | project id"
    subscriptions = await connection.management.subscriptions()
    rows = site_rows(
        (await wire.call("POST", f"{url}{GRAPH}", body={"subscriptions": subscriptions, "query": query})).json()
    )
    if not rows:
        raise RefusedError("ResourceNotFound", f'Can\'t find storage account with name "{account}".', 404)
    found = (await wire.call("POST", f"{url}{rows[0]}/listKeys?api-version={API}")).json()
    keys = [entry.get("value") for entry in (found or {}).get("keys") or ()]
    if not keys or not keys[0]:
        raise FuncHostError(f"The storage account {account} shows no keys.", hint="It may be closed to shared keys.")
    return str(keys[0])


fetch_connection_string = ToolCommand(
    "fetch-connection-string",
    params=[click.Argument(["account_name"]), script_root_option(), *server_options()],
    callback=run_fetch,
    help=run_fetch.__doc__,
    epilog=EXAMPLES,
)
