"""CommandGroup: commands below one word, such as `func host`."""

from __future__ import annotations

import click

from funchost.cli.report import nearest
from funchost.errors import UsageError

LATER = frozenset(
    "init new pack azure templates extensions bundles durable kubernetes azurecontainerapps function"
    " functionapp account subscriptions deploy logs run".split()
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
