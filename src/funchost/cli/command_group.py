"""CommandGroup: commands below one word, such as `func host`."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

import click

from funchost.cli.report import nearest
from funchost.errors import UsageError

LATER = frozenset(
    "extensions bundles durable kubernetes azurecontainerapps account subscriptions deploy logs run".split()
)
"""Commands of the existing tool that this version does not have."""


class CommandGroup(click.Group):
    """Commands whose names are read in any case; a name that is none of them gets the nearest as advice."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return super().get_command(ctx, cmd_name.lower())

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        command = self.get_command(ctx, name)
        if command is not None:
            return command.name, command, args[1:]
        see = f"'{ctx.command_path} --help' lists the commands."
        if name.lower() in LATER and ctx.parent is None:
            raise UsageError(f"'{name}' is not a command of this version of {ctx.command_path}.", hint=see)
        near = nearest(name, self.list_commands(ctx))
        hint = f"Did you mean '{ctx.command_path} {near}'? {see}" if near else see
        raise UsageError(f"'{name}' is not a command of {ctx.command_path}.", hint=hint)


class LazyGroup(CommandGroup):
    """Imports the module of a command when it is asked for, so that no other command waits for it.

    Args:
        name: of the group.
        commands: name of each command -> where it is, ``module:attribute`` below funchost.cli.
        help: shown above the list of commands.
        epilog: shown below it.
    """

    def __init__(self, name: str, commands: Mapping[str, str], *, help: str, epilog: str | None = None) -> None:
        super().__init__(name, help=help, epilog=epilog, invoke_without_command=True, callback=help_without_command)
        self._places = dict(commands)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(self._places)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        place = self._places.get(cmd_name.lower())
        if place is None:
            return None
        module, _, attribute = place.partition(":")
        command: click.Command = getattr(import_module(f"funchost.cli.{module}"), attribute)
        return command


@click.pass_context
def help_without_command(context: click.Context) -> None:
    """Show the help of a group that was called alone."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


def group(name: str, help: str, *commands: click.Command, epilog: str | None = None) -> CommandGroup:
    """Return a group of commands that shows its help when it is called alone."""
    return CommandGroup(
        name,
        commands={command.name or "": command for command in commands},
        help=help,
        epilog=epilog,
        invoke_without_command=True,
        callback=help_without_command,
    )
