"""`func functionapp config`: app settings and the configuration of an app."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import click

from funchost.cli.command_group import group
from funchost.cli.functionapp_output import Columns, output_option, show_list, show_one, unused_output_option
from funchost.cli.functionapp_server import (
    Connection,
    ServerArguments,
    is_production,
    on_server,
    site_command,
)
from funchost.cli.functionapp_settings_arguments import given_settings, settings_option
from funchost.cli.grammar import ToolOption
from funchost.errors import UsageError

SETTING_COLUMNS: Columns = {"Name": "name", "Value": "value", "Slot setting": "slotSetting"}
LIST_EXAMPLES = """\b
Examples:
  func functionapp config appsettings list -n shop
  func functionapp config appsettings list -n shop -o tsv"""
SHOW_EXAMPLES = """\b
Examples:
  func functionapp config show -n shop"""
SET_EXAMPLES = """\b
Examples:
  func functionapp config appsettings set -n shop --settings QUEUE=orders LEVEL=2
  func functionapp config appsettings set -n shop --slot staging --slot-settings DATABASE=test
  func functionapp config appsettings set -n shop --settings @settings.json
  printf '{"KEY": "%s"}' "$KEY" | func functionapp config appsettings set -n shop --settings @-

Values on the command line are seen by others on the machine while it runs; @FILE and @- keep them away from it."""
DELETE_EXAMPLES = """\b
Examples:
  func functionapp config appsettings delete -n shop --setting-names QUEUE LEVEL"""
STICKY = "appSettingNames"


def run_list(name: str, slot: str | None, output: str | None, **where: Any) -> None:
    """List the app settings with their values."""

    async def work(connection: Connection) -> None:
        site_id = await connection.find(name, slot)
        settings = await connection.management.settings(site_id)
        sticky = await sticky_names(connection, site_id)
        show_list(_documents(settings, sticky), SETTING_COLUMNS, output)

    on_server(ServerArguments(**where), work)


def run_set(
    name: str, slot: str | None, settings: tuple[str, ...], slot_settings: tuple[str, ...], output: str | None,
    **where: Any,
) -> None:  # fmt: skip
    """Set app settings; those that are not named stay. A change starts new instances of the app.

    Values are not printed.
    """
    given = [*given_settings(settings, "--settings")]
    given += [one._replace(sticky=True) for one in given_settings(slot_settings, "--slot-settings")]
    if not given:
        raise UsageError("There is no setting.", hint="Write --settings NAME=VALUE.")

    async def work(connection: Connection) -> None:
        site_id = await connection.find(name, slot)
        now = await connection.management.settings(site_id)
        spelled = {key.lower(): key for key in now}
        changed = {spelled.get(one.name.lower(), one.name): one.value for one in given}
        sticky = await sticky_names(connection, site_id)
        wanted = [*sticky, *(one.name for one in given if one.sticky and one.name not in sticky)]
        wanted = [one for one in wanted if not any(one == other.name and other.sticky is False for other in given)]
        # First what stays with a slot: a swap between the two calls must not carry the value away.
        if wanted != list(sticky):
            await put_sticky_names(connection, site_id, wanted)
        await connection.management.put_settings(site_id, {**now, **changed})
        show_list(_documents(dict.fromkeys({**now, **changed}), wanted), SETTING_COLUMNS, output)
        await connection.check_effect(site_id)

    on_server(ServerArguments(**where), work)


def run_delete(name: str, slot: str | None, setting_names: tuple[str, ...], **where: Any) -> None:
    """Delete app settings."""

    async def work(connection: Connection) -> None:
        site_id = await connection.find(name, slot)
        now = await connection.management.settings(site_id)
        gone = {one.lower() for one in setting_names}
        there = {key.lower() for key in now}
        missing = [one for one in setting_names if one.lower() not in there]
        if missing:
            click.echo(f"Not there: {', '.join(missing)}.", err=True)
        left = {key: value for key, value in now.items() if key.lower() not in gone}
        sticky = await sticky_names(connection, site_id)
        if left != now:
            await connection.management.put_settings(site_id, left)
        if is_production(slot) and any(one.lower() in gone for one in sticky):
            await put_sticky_names(connection, site_id, [one for one in sticky if one.lower() not in gone])
        await connection.check_effect(site_id)

    on_server(ServerArguments(**where), work)


def run_show(name: str, slot: str | None, output: str | None, **where: Any) -> None:
    """Show the configuration: Python version, CORS, numbers of instances."""

    async def work(connection: Connection) -> None:
        site_id = await connection.find(name, slot)
        found = await connection.management.get(f"{site_id}/config/web")
        show_one(found.get("properties") or {}, output)

    on_server(ServerArguments(**where), work)


async def sticky_names(connection: Connection, site_id: str) -> Sequence[str]:
    """Return the names of the settings that stay with a slot when slots are swapped."""
    app_id = site_id.partition("/slots/")[0]
    found = await connection.management.get(f"{app_id}/config/slotConfigNames")
    return [str(one) for one in (found.get("properties") or {}).get(STICKY) or ()]


async def put_sticky_names(connection: Connection, site_id: str, names: Iterable[str]) -> None:
    app_id = site_id.partition("/slots/")[0]
    await connection.management.put(f"{app_id}/config/slotConfigNames", {"properties": {STICKY: list(names)}})


def _documents(settings: Mapping[str, str | None], sticky: Iterable[str]) -> list[dict[str, object]]:
    names = set(sticky)
    return [{"name": key, "slotSetting": key in names, "value": settings[key]} for key in sorted(settings)]


appsettings = group(
    "appsettings",
    "App settings: environment variables of an app.",
    site_command("list", run_list, output_option(), epilog=LIST_EXAMPLES),
    site_command(
        "set",
        run_set,
        settings_option("settings", "--settings", "Settings; @FILE reads them from JSON, @- from stdin."),
        settings_option("slot_settings", "--slot-settings", "Settings that stay with the slot in a swap."),
        output_option(),
        epilog=SET_EXAMPLES,
    ),
    site_command(
        "delete",
        run_delete,
        ToolOption("setting_names", "--setting-names", multiple=True, required=True, metavar="NAME ...", help="Names."),
        unused_output_option(),
        epilog=DELETE_EXAMPLES,
    ),
)
config = group(
    "config",
    "Settings and configuration of an app.",
    appsettings,
    site_command("show", run_show, output_option(), epilog=SHOW_EXAMPLES),
)
