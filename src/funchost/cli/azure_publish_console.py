"""What `func azure functionapp publish` tells while it works. All of it goes to stderr."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, suppress

import click

from funchost.console import wants_colour
from funchost.logs import without_control
from funchost.settings import process_environment

BAR = 40
MIB = 1024 * 1024
_YELLOW = "33"


class PublishConsole:
    """A PublishOutput.

    Args:
        overwrite: whether values of the app that differ give way; None = ask, and keep them where nobody can be asked.
        blocking: what a question waits in; see Interruption.
    """

    def __init__(self, overwrite: bool | None, blocking: Callable[[], AbstractContextManager[None]]) -> None:
        self._overwrite = overwrite
        self._blocking = blocking
        self._terminal = sys.stderr.isatty()
        self._bar = False
        environ: Mapping[str, str] = process_environment()
        self._colour = wants_colour(sys.stderr.fileno(), environ)

    def line(self, text: str) -> None:
        self._write(without_control(text) + "\n", ends_bar=True)

    def warn(self, text: str) -> None:
        said = f"warning: {without_control(text)}"
        self._write((f"\x1b[{_YELLOW}m{said}\x1b[0m" if self._colour else said) + "\n", ends_bar=True)

    def sent(self, done: int, total: int) -> None:
        """Draw the bar of the upload; without a terminal one line tells its size."""
        size = f"Uploading {total / MIB:.1f} MB" if total >= MIB else f"Uploading {total / 1024:.1f} KB"
        if not self._terminal:
            if not self._bar:
                self._write(f"{size}...\n")
            self._bar = True
            return
        filled = BAR * done // max(total, 1)
        self._write(f"\r{size} [{'#' * filled}{'-' * (BAR - filled)}]")
        self._bar = True

    def overwrite(self, name: str, remote: str, local: str) -> bool:
        if self._overwrite is not None:
            return self._overwrite
        if not sys.stdin.isatty():
            self.warn(
                f"App setting {name} is different between the app and local.settings.json; the app's value stays."
            )
            return False
        self.warn(f"App setting {name} is different between the app and local.settings.json")
        with self._blocking():
            return self._ask(remote, local)

    def _ask(self, remote: str, local: str) -> bool:
        while True:
            answer = click.prompt(
                "Would you like to overwrite the value of the app? [yes/no/show]", err=True, prompt_suffix=" "
            )
            word = str(answer).strip().lower()
            if word in ("y", "yes"):
                return True
            if word in ("n", "no"):
                return False
            if word in ("s", "show"):
                self.line(f"app: {remote}")
                self.line(f"local: {local}")

    def _write(self, text: str, *, ends_bar: bool = False) -> None:
        if ends_bar and self._bar and self._terminal:
            text, self._bar = f"\n{text}", False
        # The terminal may be closed, and its reader gone: a publication that has begun is not left half done for that.
        with suppress(OSError):
            click.echo(text, nl=False, err=True)
