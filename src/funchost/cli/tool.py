"""The `func` tool: its commands, and what becomes of errors."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click

import funchost
from funchost.cli.azure import azure
from funchost.cli.command_group import CommandGroup, group, help_without_command
from funchost.cli.functionapp import functionapp
from funchost.cli.grammar import HELP_FLAGS, command_first
from funchost.cli.init import init
from funchost.cli.interruption import EndedBySignalError
from funchost.cli.new import new_command
from funchost.cli.pack import pack
from funchost.cli.report import INTERRUPTED, SIGNALLED, report_error
from funchost.cli.server import server
from funchost.cli.settings import settings
from funchost.cli.standard_streams import open_missing_streams
from funchost.cli.start import start
from funchost.cli.start_options import OPTIONS
from funchost.cli.storage import storage
from funchost.cli.templates import templates
from funchost.errors import ExitCode, UsageError
from funchost.settings import process_environment

HELP_WORDS = frozenset({"help", "h", "?"})

EXAMPLES = """\b
Examples:
  func init shop                      begin a project in the folder shop
  func new                            add a function, from a template
  func start                          run the app of the current folder
  func start --port 8080 --verbose    on another port, with the host's log
  func start --help                   all options, with examples
  func azure functionapp publish shop bring the app to a server
  func functionapp --help             apps on a server: settings, keys, deployments, scaling
  func storage --help                 the storage emulator, and what is in a storage account"""


@click.command("help", short_help="Show the commands, or the options of one.")
@click.argument("words", nargs=-1)
@click.pass_context
def show_help(context: click.Context, words: tuple[str, ...]) -> None:
    """Show the commands, or the options of one: func help start."""
    owner = context.find_root()
    command: click.Command = owner.command
    for word in words:
        name, found, _ = (
            command.resolve_command(owner, [word]) if isinstance(command, click.Group) else (word, None, [])
        )
        if found is None:
            raise UsageError(f"'{word}' is not a command of {owner.command_path}.")
        command, owner = found, click.Context(found, info_name=name, parent=owner)
    click.echo(command.get_help(owner))


@click.command("version", short_help="Show the version.")
def show_version() -> None:
    """Show the version."""
    click.echo(funchost.__version__)


def build_tool() -> click.Group:
    """Return the tool with its commands."""
    context_settings = {"help_option_names": list(HELP_FLAGS), "max_content_width": 110}
    tool = CommandGroup(
        "func",
        context_settings=context_settings,
        help=f"funchost {funchost.__version__} runs Azure Functions apps written in Python.",
        epilog=EXAMPLES,
        invoke_without_command=True,
        callback=help_without_command,
    )
    tool.add_command(start)
    tool.add_command(show_help)
    tool.add_command(show_version)
    tool.add_command(group("host", "The host: func host start is func start.", start))
    tool.add_command(server)
    tool.add_command(storage)
    tool.add_command(init)
    tool.add_command(pack)
    tool.add_command(new_command("new"))
    tool.add_command(group("function", "Functions of a project.", new_command("new"), new_command("create")))
    tool.add_command(settings)
    tool.add_command(templates)
    tool.add_command(azure)
    tool.add_command(functionapp)
    return tool


def run(arguments: Sequence[str]) -> int:
    """Run the command that `arguments` name; return the exit status of the process.

    Errors end here: they are printed on stderr, and a reader of our output that went away is none.
    """
    open_missing_streams()
    environ = process_environment()
    flags = {argument.lower() for argument in arguments}
    words = ["help", *arguments[1:]] if arguments and _is_help(arguments[0]) else command_first(arguments, OPTIONS)
    try:
        code = _invoke(words)
        sys.stdout.flush()
    except EndedBySignalError as ended:
        return SIGNALLED + ended.number
    except (KeyboardInterrupt, click.Abort):
        return INTERRUPTED
    except BrokenPipeError:
        # Python flushes stdout once more at exit; that must not fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.OK
    except Exception as error:
        code = report_error(error, environ=environ, debug="--debug" in flags or environ.get("CLI_DEBUG") == "1")
        if "--pause-on-error" in flags and sys.stdin.isatty():
            click.pause("Press any key to continue....", err=True)
    return code


def _invoke(words: list[str]) -> int:
    # Not click's `main`: it ends the process itself when the reader of our output is gone.
    tool = build_tool()
    try:
        with tool.make_context("func", words) as context:
            result = tool.invoke(context)
    except click.exceptions.Exit as ended:
        return ended.exit_code
    return result if isinstance(result, int) else ExitCode.OK


def _is_help(word: str) -> bool:
    return word.lower().lstrip("-") in HELP_WORDS
