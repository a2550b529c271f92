"""Options that every command on a project takes: its folder, and what is shown of errors."""

from __future__ import annotations

from pathlib import Path

import click

from funchost.cli.grammar import ToolOption


def project_options(folder: str) -> list[ToolOption]:
    """Return the options.

    Args:
        folder: what ``--script-root`` names, and its default in brackets.
    """
    return [
        ToolOption(
            "script_root",
            "--script-root",
            "--prefix",
            type=click.Path(path_type=Path),
            metavar="DIR",
            help=folder,
        ),
        ToolOption("debug", "--debug", is_flag=True, expose_value=False, help="Show the traceback of errors."),
        ToolOption("pause_on_error", "--pause-on-error", is_flag=True, expose_value=False, hidden=True),
        ToolOption("verbose", "--verbose", is_flag=True, expose_value=False, hidden=True),
    ]
