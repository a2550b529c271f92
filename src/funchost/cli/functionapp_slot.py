"""`func functionapp deployment slot`: copies of an app that are tried out and then swapped."""

from __future__ import annotations

from functools import partial
from typing import Any

import click

from funchost.cli.command_group import group
from funchost.cli.functionapp_config import sticky_names
from funchost.cli.functionapp_documents import SITE_COLUMNS, site_document
from funchost.cli.functionapp_output import output_option, show_list, show_one, unused_output_option
from funchost.cli.functionapp_server import (
    Connection,
    ServerArguments,
    is_production,
    on_server,
    site_command,
)
from funchost.cli.functionapp_sites import confirm, yes_option
from funchost.cli.grammar import ToolOption
from funchost.errors import RefusedError, UsageError

EXAMPLES = """\b
Examples:
  func functionapp deployment slot create -n shop --slot staging
  func azure functionapp publish shop --slot staging
  func functionapp deployment slot swap -n shop --slot staging           staging and the app itself
  func functionapp deployment slot delete -n shop --slot staging --yes"""
STORAGE = "AzureWebJobsStorage"
COPIED_FROM = "--configuration-source"


def run_create(name: str, slot: str, configuration_source: str | None, output: str | None, **where: Any) -> None:
    """Add a slot; with --configuration-source it begins with the settings of the app or of another slot."""
    from funchost.deploy.client.site_resource import app_name

    new = app_name(slot)
    if is_production(new):
        raise UsageError("The slot 'production' is the app itself.", hint="Give the new slot another name.")

    async def work(connection: Connection) -> None:
        app_id = await connection.find(name, None)
        if any(one.name.lower().endswith(f"/{new.lower()}") for one in await connection.management.slots(app_id)):
            raise RefusedError("Conflict", f"{name} has a slot called {new} already.", 409)
        config: dict[str, object] = {}
        if configuration_source is not None:
            config["appSettings"] = await _settings_of(connection, name, configuration_source)
        body = {"location": "local", "kind": "functionapp,linux", "properties": {"siteConfig": config}}
        if connection.server.azure:
            body["location"] = (await connection.management.site(app_id)).location
        await connection.management.put(f"{app_id}/slots/{new}", body)
        site = await connection.management.site(f"{app_id}/slots/{new}")
        show_one(site_document(site, connection.server.url), output)

    on_server(ServerArguments(**where), work)


def run_list(name: str, output: str | None, **where: Any) -> None:
    """List the slots of an app."""

    async def work(connection: Connection) -> None:
        sites = await connection.management.slots(await connection.find(name, None))
        show_list([site_document(site, connection.server.url) for site in sites], SITE_COLUMNS, output)

    on_server(ServerArguments(**where), work)


def run_delete(name: str, slot: str, yes: bool, **where: Any) -> None:
    """Delete a slot."""
    if is_production(slot):
        raise UsageError("The slot 'production' is the app itself.", hint="'func functionapp delete' deletes the app.")
    confirm(f"Delete the slot {slot} of {name} for good?", yes)

    async def work(connection: Connection) -> None:
        await connection.management.delete(await connection.find(name, slot))
        click.echo(f"Deleted {name}/{slot}.", err=True)

    on_server(ServerArguments(**where), work)


def run_swap(name: str, slot: str, target_slot: str, **where: Any) -> None:
    """Swap two slots: what --slot serves goes to --target-slot and back. Settings of slots stay where they are."""

    async def work(connection: Connection) -> None:
        source, target = (target_slot, "production") if is_production(slot) else (slot, target_slot)
        site_id = await connection.find(name, source)
        body = {"targetSlot": target.lower(), "preserveVnet": True}
        await connection.management.operation(f"{site_id}/slotsswap", body)
        click.echo(f"Swapped {slot} and {target_slot} of {name}.", err=True)

    on_server(ServerArguments(**where), work)


async def _settings_of(connection: Connection, app: str, source: str) -> list[dict[str, str]]:
    """Return the settings that a new slot begins with: not those that belong to a slot, nor its storage account."""
    slot = None if source.lower() == app.lower() else source
    site_id = await connection.find(app, slot)
    settings = await connection.management.settings(site_id)
    left_out = {name.lower() for name in await sticky_names(connection, site_id)}
    if not connection.server.azure:
        # With the account of the app, both would take each other's messages.
        left_out.add(STORAGE.lower())
    return [{"name": key, "value": value} for key, value in settings.items() if key.lower() not in left_out]


def _slot() -> ToolOption:
    return ToolOption("slot", "--slot", "-s", required=True, metavar="SLOT", help="Name of the slot.")


_command = partial(site_command, epilog=EXAMPLES, slot=False)

slot = group(
    "slot",
    "Slots: copies of an app that are tried out and then swapped.",
    _command(
        "create",
        run_create,
        _slot(),
        ToolOption(
            "configuration_source", COPIED_FROM, metavar="SLOT|APP", help="Whose app settings it begins with."
        ),
        output_option(),
    ),
    _command("list", run_list, output_option()),
    _command("delete", run_delete, _slot(), yes_option(), unused_output_option()),
    _command(
        "swap",
        run_swap,
        _slot(),
        ToolOption(
            "target_slot", "--target-slot", default="production", metavar="SLOT",
            help="With which one (default: production, the app itself).",
        ),
        ToolOption(
            "action", "--action", type=click.Choice(["swap"], case_sensitive=False), expose_value=False,
            no_effect="swaps are not previewed",
        ),
        unused_output_option(),
    ),
)  # fmt: skip
