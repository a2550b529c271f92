"""`func storage`: the storage emulator, and blobs, queues and tables from the command line."""

from __future__ import annotations

from importlib import import_module

import click

from funchost.cli.command_group import CommandGroup, help_without_command

NAMES = ("account", "blob", "queue", "start", "table")

EXAMPLES = """\b
Examples:
  func storage start                          serve the store of this folder, as Azurite would
  func storage queue put orders '{"id": 1}'   make a queue-triggered function run
  func storage blob get samples a.txt -       write a blob to stdout
  func storage table query items --top 5      entities, one JSON document per line

Without --connection and --folder, the commands work on the storage of the app in this folder: AzureWebJobsStorage
of its local.settings.json, else its embedded store."""


class StorageGroup(CommandGroup):
    """Imports the module of a command when it is asked for: `func start` must not wait for it."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(NAMES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        name = cmd_name.lower()
        if name not in NAMES:
            return None
        command: click.Command = getattr(import_module(f"funchost.cli.storage_{name}"), name)
        return command


storage = StorageGroup(
    "storage",
    help="The storage emulator, and blobs, queues and tables from the command line.",
    epilog=EXAMPLES,
    invoke_without_command=True,
    callback=help_without_command,
)
