"""`func azure functionapp list-functions`: the functions of a deployed app, and their addresses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import click

from funchost.cli.functionapp_server import Connection, ServerArguments, on_server, server_options
from funchost.cli.grammar import ToolCommand, ToolOption
from funchost.errors import FuncHostError

if TYPE_CHECKING:
    from funchost.deploy.client.functions_list import DeployedFunction
    from funchost.deploy.client.site_resource import SiteResource

EXAMPLES = """\b
Examples:
  func azure functionapp list-functions shop
  func azure functionapp list-functions shop --show-keys"""
LOOKS = 5
"""How often Azure is asked for functions after a deployment: it may take seconds until it lists them."""
LOOK_PAUSE = 5.0
MASTER = "admin"


def run_list_functions(app_name: str, slot: str | None, show_keys: bool, **where: Any) -> None:
    """List the functions of an app."""

    async def work(connection: Connection) -> None:
        await print_functions(connection, await connection.site(app_name, slot), show_keys=show_keys, required=False)

    on_server(ServerArguments(**where), work)


async def print_functions(connection: Connection, site: SiteResource, *, show_keys: bool, required: bool) -> None:
    """Print the functions of a site, with addresses that work on this machine.

    Args:
        connection: to its server.
        site: whose.
        show_keys: whether addresses hold the keys that they need.
        required: whether it is an error that there are none.

    Raises:
        FuncHostError: there must be functions, and there are none.
    """
    from funchost.deploy.client.functions_list import function_lines
    from funchost.deploy.client.site_address import resolves, site_address

    functions = await _functions(connection, site, patient=required and connection.server.azure)
    keys = await _keys(connection, site, functions) if show_keys else {}
    base = site_address(site, connection.server.url, resolves)
    for line in function_lines(site.name, functions, base, keys):
        click.echo(line)
    if required and not functions:
        raise FuncHostError(
            f"{site.name} was deployed, but it has no functions.",
            hint="'func azure functionapp logstream' shows what it says when it starts.",
        )


async def _functions(connection: Connection, site: SiteResource, *, patient: bool) -> Sequence[DeployedFunction]:
    functions = await connection.management.functions(site.id)
    for _ in range(LOOKS if patient else 0):
        if functions:
            break
        await connection.wire.pause(LOOK_PAUSE)
        functions = await connection.management.functions(site.id)
    return functions


async def _keys(connection: Connection, site: SiteResource, functions: Sequence[DeployedFunction]) -> dict[str, str]:
    """Return the key that each HTTP function needs: its own, else one of the app; the master key for ``admin``."""
    host = await connection.management.post(f"{site.id}/host/default/listKeys")
    of_all = next(iter((host.get("functionKeys") or {}).values()), None)
    keys: dict[str, str] = {}
    for function in functions:
        if function.invoke_url is None or function.auth_level == "anonymous":
            continue
        key = host.get("masterKey")
        if function.auth_level != MASTER:
            path = f"{site.id}/functions/{quote(function.name, safe='')}/listKeys"
            own = await connection.management.post(path)
            key = own.get("default") or next(iter(own.values()), None) or of_all
        if key:
            keys[function.name] = str(key)
    return keys


def app_command(
    name: str, callback: Callable[..., None], *params: ToolOption, epilog: str, hidden: bool = False
) -> ToolCommand:
    """Return a command about one app on a server.

    Args:
        name: of the command.
        callback: gets app, slot, server and `params`; its docstring is the help.
        params: its own options.
        epilog: examples.
        hidden: whether help leaves it out.
    """
    slot = ToolOption("slot", "--slot", metavar="SLOT", help="A slot of the app.")
    options: list[click.Parameter] = [click.Argument(["app_name"]), slot, *server_options(), *params]
    return ToolCommand(name, params=options, callback=callback, help=callback.__doc__, epilog=epilog, hidden=hidden)


list_functions = app_command(
    "list-functions",
    run_list_functions,
    ToolOption("show_keys", "--show-keys", is_flag=True, help="Show keys in the addresses."),
    epilog=EXAMPLES,
)
