"""`func azure functionapp fetch-app-settings`: the settings of a deployed app, into local.settings.json."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from funchost.cli.azure_functions import app_command
from funchost.cli.folder_option import project_options
from funchost.cli.functionapp_server import Connection, ServerArguments, on_server
from funchost.cli.grammar import ToolOption
from funchost.cli.local_secret import local_secret
from funchost.cli.project import find_root
from funchost.errors import FuncHostError
from funchost.settings import process_environment

EXAMPLES = """\b
Examples:
  func azure functionapp fetch-app-settings shop
  func azure functionapp fetch shop --slot staging

Settings that the app does not have stay in the file, and so do its comments; an encrypted file stays encrypted."""
FILE_NAME = "local.settings.json"


def run_fetch(app_name: str, slot: str | None, script_root: Path | None, **where: Any) -> None:
    """Write the app settings and connection strings of an app into local.settings.json."""

    async def work(connection: Connection) -> None:
        site_id = await connection.find(app_name, slot)
        settings = await connection.management.settings(site_id)
        found = await connection.management.post(f"{site_id}/config/connectionstrings/list")
        write_settings(settings, connection_strings(found), script_root)

    on_server(ServerArguments(**where), work)


def connection_strings(document: Mapping[str, Any]) -> dict[str, str]:
    """Return the connection strings in an answer by name."""
    entries = (document.get("properties") or {}).items()
    return {str(name): str((entry or {}).get("value") or "") for name, entry in entries}


def write_settings(settings: Mapping[str, str], strings: Mapping[str, str], script_root: Path | None) -> None:
    """Add settings to the file of a project, telling their names."""
    from funchost.app.local_settings_edit import Section, SettingsEdit
    from funchost.projects.file_writing import replace_file

    path = find_root(script_root, process_environment(), Path.cwd()) / FILE_NAME
    try:
        data = path.read_bytes() if path.exists() else None
    except OSError as error:
        raise FuncHostError(f"{path} cannot be read: {error.strerror}.") from error
    edit = SettingsEdit(data, path, local_secret())
    for title, values, section in (
        ("App Settings:", settings, Section.VALUES),
        ("Connection Strings:", strings, Section.CONNECTION_STRINGS),
    ):
        click.echo(title)
        for name, value in values.items():
            click.echo(f"Loading {name} = *****")
            edit.add(name, value, section)
        click.echo()
    replace_file(path, edit.content())


def script_root_option() -> ToolOption:
    return project_options("Folder of the app.  [the nearest folder with an app]")[0]


fetch_app_settings = app_command("fetch-app-settings", run_fetch, script_root_option(), epilog=EXAMPLES)
fetch = app_command("fetch", run_fetch, script_root_option(), epilog=EXAMPLES, hidden=True)
