"""`func functionapp cors`: origins whose web pages may call an app."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import click

from funchost.cli.command_group import group
from funchost.cli.functionapp_output import output_option, show_one
from funchost.cli.functionapp_server import Connection, ServerArguments, on_server, site_command
from funchost.cli.grammar import ToolOption
from funchost.errors import UsageError

EXAMPLES = """\b
Examples:
  func functionapp cors add -n shop --allowed-origins https://contoso.com http://localhost:3000
  func functionapp cors remove -n shop --allowed-origins https://contoso.com
  func functionapp cors credentials -n shop --enable true"""

Rules = dict[str, Any]


def run_show(name: str, slot: str | None, output: str | None, **where: Any) -> None:
    """Show the allowed origins."""

    async def work(connection: Connection) -> None:
        show_one(await _rules(connection, await connection.find(name, slot)), output)

    on_server(ServerArguments(**where), work)


def run_add(name: str, slot: str | None, allowed_origins: tuple[str, ...], output: str | None, **where: Any) -> None:
    """Allow origins: scheme, host and port as in https://contoso.com, or * for all."""

    def change(rules: Rules) -> Rules:
        known = rules["allowedOrigins"]
        return {**rules, "allowedOrigins": list(dict.fromkeys([*known, *map(_origin, allowed_origins)]))}

    _change(name, slot, change, output, where)


def run_remove(name: str, slot: str | None, allowed_origins: tuple[str, ...], output: str | None, **where: Any) -> None:
    """Take origins off the list."""
    gone = {_origin(origin).lower() for origin in allowed_origins}

    def change(rules: Rules) -> Rules:
        known = rules["allowedOrigins"]
        missing = gone - {str(one).rstrip("/").lower() for one in known}
        if missing:
            click.echo(f"Not in the list: {', '.join(sorted(missing))}.", err=True)
        return {**rules, "allowedOrigins": [one for one in known if str(one).rstrip("/").lower() not in gone]}

    _change(name, slot, change, output, where)


def run_credentials(name: str, slot: str | None, enable: bool, output: str | None, **where: Any) -> None:
    """Say whether pages of allowed origins may send cookies and authorisation."""
    _change(name, slot, lambda rules: {**rules, "supportCredentials": enable}, output, where)


def _change(
    name: str, slot: str | None, change: Callable[[Rules], Rules], output: str | None, where: dict[str, Any]
) -> None:
    async def work(connection: Connection) -> None:
        site_id = await connection.find(name, slot)
        now = await _rules(connection, site_id)
        wanted = change(now)
        if wanted != now:
            await connection.management.patch(f"{site_id}/config/web", {"properties": {"cors": wanted}})
        show_one(await _rules(connection, site_id), output)

    on_server(ServerArguments(**where), work)


async def _rules(connection: Connection, site_id: str) -> Rules:
    found = await connection.management.get(f"{site_id}/config/web")
    cors = (found.get("properties") or {}).get("cors") or {}
    return {
        "allowedOrigins": list(cors.get("allowedOrigins") or ()),
        "supportCredentials": bool(cors.get("supportCredentials")),
    }


def _origin(text: str) -> str:
    origin = text.strip().rstrip("/")
    if origin == "*":
        return origin
    scheme, separator, host = origin.partition("://")
    if not separator or not scheme or not host or "/" in host or any(part.isspace() for part in origin):
        raise UsageError(f"{text!r} is no origin.", hint="Write scheme, host and port: https://contoso.com, or *.")
    return origin


def _origins() -> ToolOption:
    return ToolOption(
        "allowed_origins", "--allowed-origins", multiple=True, required=True, metavar="ORIGIN ...",
        help="One or several origins.",
    )  # fmt: skip


_command = partial(site_command, epilog=EXAMPLES)

cors = group(
    "cors",
    "Origins whose web pages may call an app.",
    _command("show", run_show, output_option()),
    _command("add", run_add, _origins(), output_option()),
    _command("remove", run_remove, _origins(), output_option()),
    _command(
        "credentials",
        run_credentials,
        ToolOption("enable", "--enable", type=bool, required=True, metavar="true|false", help="Whether they may."),
        output_option(),
    ),
)
