"""`func settings`: the settings in local.settings.json."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from funchost.cli.command_group import group
from funchost.cli.folder_option import project_options
from funchost.cli.grammar import ToolCommand, ToolOption
from funchost.cli.local_secret import local_secret
from funchost.cli.project import ROOT_FILES, find_root
from funchost.errors import FuncHostError, UsageError
from funchost.settings import process_environment

if TYPE_CHECKING:
    from funchost.app.local_settings_edit import Section, SettingsEdit

FILE_NAME = "local.settings.json"
ADD_EXAMPLES = """\b
Examples:
  func settings add QUEUE_NAME orders
  func settings add API_KEY                     asks for the value and does not show it
  func settings add API_KEY < key.txt           the value comes from stdin
  func settings add Orders "Server=..." --connectionString"""
LIST_EXAMPLES = """\b
Examples:
  func settings list                            names only
  func settings list --showValue                with their values, decrypted"""
ENCRYPT_EXAMPLES = """\b
Examples:
  func settings encrypt
  func settings decrypt

The key is in the configuration folder of the user: FUNCHOST_CONFIG_DIR, else funchost in XDG_CONFIG_HOME, else
~/.config/funchost. An encrypted file can only be read with it."""


def run_list(show_value: bool, script_root: Path | None) -> None:
    """List the settings by name; with --showValue their values too."""
    from funchost.app.jsonc import parse
    from funchost.app.local_settings import settings_of
    from funchost.cli.settings_list import listing

    path = _settings_file(script_root)
    data = _content(path)
    if data is None:
        click.echo(f"{path} does not exist.", err=True)
    document = parse(data or b"{}", path)
    shown = settings_of(document, local_secret()).values if show_value else None
    click.echo("\n".join(listing(document.value, shown)))


def run_add(name: str, value: str | None, connection_string: bool, script_root: Path | None) -> None:
    """Add a setting to local.settings.json, or change it. Without VALUE it is asked for, or read from stdin."""
    from funchost.app.local_settings_edit import check_setting

    check_setting(name, value or "")
    with_value = _value(name) if value is None else value
    _change(script_root, lambda edit: edit.add(name, with_value, _section(connection_string)), create=True)


def run_delete(name: str, connection_string: bool, script_root: Path | None) -> None:
    """Delete a setting from local.settings.json."""
    _change(script_root, lambda edit: edit.remove(name, _section(connection_string)))


def run_encrypt(script_root: Path | None) -> None:
    """Encrypt the values in local.settings.json with a key of this user."""
    path = _change(script_root, lambda edit: edit.encrypt())
    click.echo(f"Encrypted {path}.", err=True)


def run_decrypt(script_root: Path | None) -> None:
    """Write the values in local.settings.json as plain text again."""

    def decrypt(edit: SettingsEdit) -> None:
        if edit.encrypted:
            edit.decrypt()

    path = _change(script_root, decrypt)
    click.echo(f"The values in {path} are plain text.", err=True)


def _change(script_root: Path | None, change: Callable[[SettingsEdit], object], *, create: bool = False) -> Path:
    from funchost.app.local_settings_edit import SettingsEdit
    from funchost.projects.file_writing import replace_file

    path = _settings_file(script_root)
    data = _content(path)
    if data is None and not create:
        raise FuncHostError(f"{path} does not exist.", hint="func settings add makes it.")
    edit = SettingsEdit(data, path, local_secret())
    change(edit)
    if (content := edit.content()) != data:
        replace_file(path, content)
    return path


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise FuncHostError(f"{path} cannot be read: {error.strerror}.") from error


def _settings_file(script_root: Path | None) -> Path:
    root = find_root(script_root, process_environment(), Path.cwd())
    if not any((root / name).is_file() for name in ROOT_FILES) and not any(root.glob("*/function.json")):
        raise FuncHostError(
            "Unable to find project root.",
            hint=f"Neither {root} nor a folder above it has a host.json; func init begins a project.",
        )
    return root / FILE_NAME


def _section(connection_string: bool) -> Section:
    from funchost.app.local_settings_edit import Section

    return Section.CONNECTION_STRINGS if connection_string else Section.VALUES


def _value(name: str) -> str:
    """Return the value that the user types, unseen, or that stdin holds."""
    if sys.stdin.isatty():
        return str(click.prompt("Please enter the value", hide_input=True, err=True, default="", show_default=False))
    try:
        text = sys.stdin.buffer.read().decode()
    except UnicodeDecodeError:
        raise UsageError(f"The value of {name!r}, from stdin, is not UTF-8 text.") from None
    if not text:
        raise UsageError(f"The value of {name!r} is missing: no argument, no terminal, and stdin is empty.")
    return text.removesuffix("\n").removesuffix("\r")


def _options(*options: click.Parameter) -> list[click.Parameter]:
    return [*options, *project_options("Folder of the app.  [the nearest folder with an app]")]


def _name() -> click.Argument:
    return click.Argument(["name"])


def _connection_string() -> ToolOption:
    return ToolOption(
        "connection_string",
        "--connectionString",
        "--connection-string",
        is_flag=True,
        help="The setting is in ConnectionStrings, not in Values.",
    )


def _commands() -> Iterator[click.Command]:
    show = ToolOption("show_value", "-a", "--showValue", "--show-value", is_flag=True, help="Show values.")
    yield ToolCommand(
        "list",
        params=_options(show),
        callback=run_list,
        help=run_list.__doc__,
        epilog=LIST_EXAMPLES,
    )
    value = click.Argument(["value"], required=False)
    yield ToolCommand(
        "add",
        params=_options(_name(), value, _connection_string()),
        callback=run_add,
        help=run_add.__doc__,
        epilog=ADD_EXAMPLES,
    )
    for word in ("delete", "remove"):
        yield ToolCommand(
            word,
            params=_options(_name(), _connection_string()),
            callback=run_delete,
            help=run_delete.__doc__,
            hidden=word == "remove",
        )
    for word, callback in (("encrypt", run_encrypt), ("decrypt", run_decrypt)):
        yield ToolCommand(word, params=_options(), callback=callback, help=callback.__doc__, epilog=ENCRYPT_EXAMPLES)


settings = group("settings", "The settings in local.settings.json.", *_commands())
