"""The tutorial does what it says: its commands are typed at a terminal, and show what the page shows."""

from __future__ import annotations

import os
import re
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from funchost.testing import eventually
from tests.acceptance.page_reader import Command, FileContent, Heading, Step, differs, steps
from tests.acceptance.page_terminal import PageTerminal
from tests.acceptance.small_app import FUNC
from tests.interpreters import interpreter

PAGE = Path(__file__).resolve().parents[2] / "docs" / "tutorial.md"
HOST, SERVER = "7071", "7070"
SERVERS = {
    "func start": (HOST, "--port 0", r"http://localhost:(\d+)/api"),
    "func server start": (SERVER, "--port 0 --app-ports 0 --storage-ports 0", r"Serving on http://127.0.0.1:(\d+)"),
}
"""What goes on until Ctrl-C: its port on the page, options that keep it off ports of other programs, its port here."""
OWN_PYTHON = "3.11"
"""Stands on the page for the reader's own."""
PYTHONS = ("3.8", "3.12")
"""What one section needs."""


class Reader:
    """Somebody who follows the page in a folder of their own.

    Args:
        home: that folder.
        stack: ends what goes on.
    """

    def __init__(self, home: Path, stack: ExitStack) -> None:
        self._folder = home
        self._stack = stack
        self._ports: dict[str, str] = {}
        self._host: PageTerminal | None = None
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("FUNC", "PIP_", "AZURE"))},
            "PATH": f"{FUNC.parent}:{os.environ['PATH']}",
            "VIRTUAL_ENV": str(FUNC.parent.parent),
            "HOME": str(home),
            "XDG_DATA_HOME": str(home / "data"),
            "FUNCHOST_CONFIG_DIR": str(home / "config"),
            "FUNCHOST_STORAGE_PORTS": "0",
            "NO_COLOR": "1",
            "TERM": "xterm",
        }

    def follow(self, step: Step) -> None:
        """Do what a step says."""
        if isinstance(step, FileContent):
            (self._folder / step.name).write_text(step.text)
        elif isinstance(step, Command):
            self._type(Command(own(step.text), tuple(map(own, step.output))))
        elif self._host is not None:
            self._host.interrupt()
            self._host = None

    def _type(self, command: Command) -> None:
        if command.text.startswith("cd "):
            self._folder /= command.text[3:]
        elif command.text in SERVERS:
            self._start(command)
        elif command.text.startswith("curl http://shop.localhost:7070/api/orders"):
            # The queue is worked off beside the requests: a reader types slower than a test.
            eventually(lambda: differs(command.output, self._run(command)) is None, 60)
        else:
            seen = self._run(command)
            assert (line := differs(command.output, seen)) is None, f"{command.text}\n{line!r} is missing in:\n{seen}"

    def _start(self, command: Command) -> None:
        on_page, options, pattern = SERVERS[command.text]
        terminal = self._stack.enter_context(
            PageTerminal(f"exec {command.text} {options}", self._folder, self._environment)
        )
        self._ports[on_page] = terminal.wait_for(pattern)
        eventually(lambda: differs((*command.output, "..."), terminal.read()) is None, 60)
        if on_page == HOST:
            self._host = terminal

    def _run(self, command: Command) -> str:
        text = command.text
        for on_page, here in self._ports.items():
            text = text.replace(f"localhost:{on_page}", f"localhost:{here}")
        with PageTerminal(text, self._folder, self._environment) as terminal:
            for question, answer in command.answers:
                terminal.wait_for(re.escape(question))
                terminal.type(answer)
            return terminal.end()


def own(text: str) -> str:
    """Return a text of the page with the Python and the installer of this environment."""
    if text.startswith("pip ") and not FUNC.with_name("pip").exists():
        text = f"uv {text}"
    return text.replace(OWN_PYTHON, f"{sys.version_info[0]}.{sys.version_info[1]}")


@pytest.mark.timeout(300)
def test_every_command_of_the_tutorial_shows_what_the_page_shows(tmp_path: Path) -> None:
    missing = ""
    try:
        for version in PYTHONS:
            interpreter(version)
    except LookupError as error:
        missing = str(error)
    skipping = False
    assert sum(isinstance(step, Command) for step in steps(PAGE)) > 30
    with ExitStack() as stack:
        reader = Reader(tmp_path, stack)
        for step in steps(PAGE):
            if isinstance(step, Heading):
                skipping = bool(missing) and step.title in ("Two Pythons side by side", "Clean up")
            if not skipping:
                reader.follow(step)
    if missing:
        pytest.skip(missing)
