"""CommandGroup: commands below one word, such as `func host`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module

import click

from funchost.cli.grammar import LONGEST_SENTENCE
from funchost.cli.report import nearest
from funchost.errors import UsageError

_BUILT_IN = "Bindings are part of funchost: nothing has to be installed."
_OWN_SERVER = "'func server start' serves apps on machines of your own."
_AZURE = "That is done with the Azure command line: "

MISSING: Mapping[str, str] = {
    "extensions": _BUILT_IN,
    "bundles": _BUILT_IN,
    "durable": "Durable Functions do not run here yet.",
    "kubernetes": _OWN_SERVER,
    "azurecontainerapps": _OWN_SERVER,
    "deploy": _OWN_SERVER,
    "logs": "'func azure functionapp logstream' shows the log of a published app.",
    "run": "'func start' runs the app.",
    "account": f"{_AZURE}'az account'.",
    "subscriptions": f"{_AZURE}'az account'.",
    "azure login": f"{_AZURE}'az login'. For a server of your own no login is needed.",
    "azure logout": f"{_AZURE}'az logout'.",
    "azure account": f"{_AZURE}'az account'.",
    "azure subscriptions": f"{_AZURE}'az account'.",
}
"""Commands of the existing tool, past and present, that this version does not have, and what to do in their place."""

MOST_MEANT = 3


class CommandGroup(click.Group):
    """Commands whose names are read in any case; a name that is none of them gets the nearest as advice."""

    def get_short_help_str(self, limit: int = 0) -> str:
        return super().get_short_help_str(LONGEST_SENTENCE)

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
        instead = MISSING.get(" ".join((*ctx.command_path.split()[1:], name.lower())))
        if instead is not None:
            raise UsageError(
                f"'{name}' is not a command of this version of {ctx.command_path}.", hint=f"{instead} {see}"
            )
        meant = [f"'{path}'" for path in self._meant(ctx, name.lower())]
        hint = f"Did you mean {' or '.join(meant)}? {see}" if meant else see
        raise UsageError(f"'{name}' is not a command of {ctx.command_path}.", hint=hint)

    def _meant(self, ctx: click.Context, name: str) -> list[str]:
        """Return what may be meant by a name that is no command here: one of another place, else the nearest."""
        root = ctx.find_root()
        named = [path for path in _paths(root.command, root) if path.endswith(f" {name}")]
        below, beside = f"{ctx.command_path} ", f" {ctx.info_name} {name}"
        elsewhere = [path for path in named if path.startswith(below) or path.endswith(beside)]
        if 0 < len(elsewhere) <= MOST_MEANT:
            return elsewhere
        near = nearest(name, self.list_commands(ctx))
        return [f"{ctx.command_path} {near}"] if near else []


def _paths(command: click.Command, context: click.Context) -> Iterator[str]:
    """Yield the paths of the commands below one, as they are typed."""
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            if below is not None and not below.hidden:
                inner = click.Context(below, parent=context, info_name=name)
                yield inner.command_path
                yield from _paths(below, inner)


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
