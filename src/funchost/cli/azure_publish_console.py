"""What `func azure functionapp publish` tells while it works. All of it goes to stderr."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

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
    """

    def __init__(self, overwrite: bool | None) -> None:
        self._overwrite = overwrite
        self._terminal = sys.stderr.isatty()
        self._bar = False
        environ: Mapping[str, str] = process_environment()
        self._colour = wants_colour(sys.stderr.fileno(), environ)

    def line(self, text: str) -> None:
        self._end_bar()
        click.echo(without_control(text), err=True)

    def warn(self, text: str) -> None:
        self._end_bar()
        said = f"warning: {without_control(text)}"
        click.echo(f"\x1b[{_YELLOW}m{said}\x1b[0m" if self._colour else said, err=True)

    def sent(self, done: int, total: int) -> None:
        """Draw the bar of the upload; without a terminal one line tells its size."""
        size = f"Uploading {total / MIB:.1f} MB" if total >= MIB else f"Uploading {total / 1024:.1f} KB"
        if not self._terminal:
            if not self._bar:
                click.echo(f"{size}...", err=True)
            self._bar = True
            return
        filled = BAR * done // max(total, 1)
        sys.stderr.write(f"\r{size} [{'#' * filled}{'-' * (BAR - filled)}]")
        sys.stderr.flush()
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
        with _interruptible():
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

    def _end_bar(self) -> None:
        if self._bar and self._terminal:
            sys.stderr.write("\n")
            self._bar = False


@contextmanager
def _interruptible() -> Iterator[None]:
    """Let Ctrl-C end a question; an event loop would only note it, and the question go on waiting."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
