"""Answers that are no function's: the home page, the host's unavailability, hints for developers."""

from __future__ import annotations

from pathlib import Path

from funchost.app.function_app import FunctionError
from funchost.http.reply import HTML, Reply, empty, text

NOT_RUNNING = "Function host is not running."
OFFLINE_FILE = "app_offline.htm"

_HOME = b"""<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>Your Azure Function App is up and running.</title></head>
<body style="font-family: sans-serif; max-width: 40em; margin: 4em auto; line-height: 1.5">
<h1>Your Azure Function App is up and running.</h1>
<p>It is served by funchost. This page answers at <code>/</code> because no function of the app does;
the app setting <code>AzureWebJobsDisableHomepage=true</code> switches it off.</p>
</body>
</html>
"""


def home_page() -> Reply:
    return Reply(200, [HTML], _HOME)


def not_running() -> Reply:
    return text(503, NOT_RUNNING)


def offline(root: Path) -> Reply:
    """Return 503 with the content of the app's offline file."""
    path = root / OFFLINE_FILE
    try:
        # Only a regular file: opening a named pipe would wait for ever.
        content = path.read_bytes() if path.is_file() else b""
    except OSError:
        content = b""
    return Reply(503, [HTML], content)


def broken(error: FunctionError, explain: bool) -> Reply:
    """Return 500 for a function that cannot run; with the reason if the caller is the developer."""
    if not explain:
        return empty(500)
    place = "" if error.path is None else f"{error.path}:{error.line}" if error.line else str(error.path)
    lines = (f"The function '{error.function}' is in error and cannot run.", place, error.message)
    return text(500, "\n".join(line for line in lines if line) + "\n")
