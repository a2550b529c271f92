"""`func start`: run the app of a folder until a signal ends it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from funchost.cli.grammar import ToolCommand
from funchost.cli.local_secret import local_secret
from funchost.cli.project import find_root
from funchost.cli.start_options import OPTIONS, StartChoices, without_effect
from funchost.console import wants_colour
from funchost.settings import process_environment

EXAMPLES = """\b
Examples:
  func start                                     the app of this folder, on port 7071
  func start -p 8080 --functions Items Orders    two functions only, on port 8080
  func start --cors http://localhost:3000        let a web page of that origin call it
  func start --language-worker -- "-m debugpy --listen 127.0.0.1:9091"
  func start --user-log-level Debug --verbose    all that the app and the host log

Settings come from the environment, then from local.settings.json. Ctrl-C ends it: running calls are finished first,
a second Ctrl-C does not wait for them."""


def run_start(**given: Any) -> int:
    """Run the function app, on http://localhost:7071 unless told otherwise."""
    notices = without_effect(given)
    choices = StartChoices(**given)
    environ = process_environment()
    root = find_root(choices.script_root, environ, Path.cwd())
    # Help and wrong command lines must not wait for these imports.
    from funchost.app.local_settings import load_local_settings
    from funchost.cli.host_choice import host_options

    options = host_options(
        choices,
        lambda: load_local_settings(root, local_secret()),
        environ,
        root,
        notices=notices,
        colour=wants_colour(sys.stdout.fileno(), environ),
    )
    from funchost.host.serve import serve

    return serve(options)


start = ToolCommand(
    "start",
    params=list(OPTIONS),
    callback=run_start,
    help=run_start.__doc__,
    short_help="Run the function app of a folder.",
    epilog=EXAMPLES,
)
