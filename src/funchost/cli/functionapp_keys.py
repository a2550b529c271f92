"""`func functionapp keys`: the keys that calls of an app need."""

from __future__ import annotations

import sys
from functools import partial
from typing import Any
from urllib.parse import quote

import click

from funchost.cli.command_group import group
from funchost.cli.functionapp_output import Columns, output_option, show_list, show_one, unused_output_option
from funchost.cli.functionapp_server import Connection, ServerArguments, on_server, site_command
from funchost.cli.grammar import ToolOption
from funchost.errors import UsageError

KINDS = ("functionKeys", "systemKeys", "masterKey")
MASTER = "_master"
COLUMNS: Columns = {"Kind": "type", "Name": "name", "Value": "value"}
EXAMPLES = """\b
Examples:
  func functionapp keys list -n shop
  func functionapp keys list -n shop --function-name HttpExample
  func functionapp keys set -n shop --key-type functionKeys --key-name client1           makes a random one
  func functionapp keys set -n shop --key-name client1 --key-value - < key.txt           reads it from stdin
  func functionapp keys delete -n shop --key-type functionKeys --key-name client1"""


def run_list(name: str, slot: str | None, function_name: str | None, output: str | None, **where: Any) -> None:
    """List the keys of an app, or of one of its functions."""

    async def work(connection: Connection) -> None:
        site_id = await connection.find(name, slot)
        if function_name is None:
            document = await connection.management.post(f"{site_id}/host/default/listKeys")
        else:
            document = {"functionKeys": await connection.management.post(_function(site_id, function_name, "listKeys"))}
        if output is None and not sys.stdout.isatty() or output == "json":
            show_one(document, "json")
        else:
            show_list(_rows(document), COLUMNS, output)

    on_server(ServerArguments(**where), work)


def run_set(
    name: str, slot: str | None, function_name: str | None, key_type: str, key_name: str | None, key_value: str | None,
    output: str | None, **where: Any,
) -> None:  # fmt: skip
    """Add a key, or give an existing one a new value; without --key-value the server makes a random one."""
    value = sys.stdin.read().strip() if key_value == "-" else key_value
    shown = _key_name(key_type, key_name, function_name)

    async def work(connection: Connection) -> None:
        path = _key(await connection.find(name, slot), function_name, key_type, shown)
        properties = {"name": shown, **({"value": value} if value else {})}
        answer = await connection.management.put(path, {"properties": properties})
        found = answer.get("properties") or answer
        show_one({"type": key_type, "name": found.get("name", shown), "value": found.get("value")}, output)

    on_server(ServerArguments(**where), work)


def run_delete(
    name: str, slot: str | None, function_name: str | None, key_type: str, key_name: str | None, **where: Any
) -> None:
    """Delete a key: calls with it are refused at once."""
    if key_type == "masterKey":
        raise UsageError("The master key can be replaced, not deleted.", hint="'func functionapp keys set' does it.")
    shown = _key_name(key_type, key_name, function_name)

    async def work(connection: Connection) -> None:
        await connection.management.delete(_key(await connection.find(name, slot), function_name, key_type, shown))

    on_server(ServerArguments(**where), work)


def _rows(document: dict[str, Any]) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    if document.get("masterKey"):
        rows.append({"type": "masterKey", "name": MASTER, "value": document["masterKey"]})
    for kind in ("functionKeys", "systemKeys"):
        keys = document.get(kind) or {}
        rows += [{"type": kind, "name": key, "value": value} for key, value in sorted(keys.items())]
    return rows


def _key_name(key_type: str, key_name: str | None, function_name: str | None) -> str:
    if key_type == "masterKey":
        if function_name is not None:
            raise UsageError("Functions have no master key; the app has.", hint="Leave out --function-name.")
        return MASTER
    if not key_name:
        raise UsageError("--key-name is missing.", hint="It names the key, e.g. client1.")
    return key_name


def _key(site_id: str, function: str | None, key_type: str, key_name: str) -> str:
    if function is not None:
        return f"{_function(site_id, function, 'keys')}/{quote(key_name, safe='')}"
    return f"{site_id}/host/default/{key_type}/{quote(key_name, safe='')}"


def _function(site_id: str, function: str, what: str) -> str:
    return f"{site_id}/functions/{quote(function, safe='')}/{what}"


def _function_option() -> ToolOption:
    return ToolOption("function_name", "--function-name", metavar="NAME", help="Keys of this function alone.")


def _key_options() -> list[ToolOption]:
    return [
        ToolOption(
            "key_type", "--key-type", type=click.Choice(KINDS, case_sensitive=False), default=KINDS[0],
            metavar="|".join(KINDS), help="Kind of the key (default: functionKeys).",
        ),
        ToolOption("key_name", "--key-name", metavar="NAME", help="Name of the key."),
    ]  # fmt: skip


_command = partial(site_command, epilog=EXAMPLES)

keys = group(
    "keys",
    "Keys that calls of an app need.",
    _command("list", run_list, _function_option(), output_option()),
    _command(
        "set",
        run_set,
        _function_option(),
        *_key_options(),
        ToolOption("key_value", "--key-value", metavar="TEXT", help="Its value; - reads it from stdin."),
        output_option(),
    ),
    _command("delete", run_delete, _function_option(), *_key_options(), unused_output_option()),
)
