"""An app whose functions note when they begin and end, for tests of several hosts of one app."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from funchost.testing import HostProcess
from tests.compat.app_storage import SETTINGS, DevelopmentStorage

START = """
import asyncio, json, os, pathlib, time
import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
here = pathlib.Path(__file__).parent

def note(text, kind, more):
    with open(here / "ran.jsonl", "a") as file:
        file.write(json.dumps([text, kind, more, os.getppid(), time.time()]) + "\\n")
"""


class Note(NamedTuple):
    """What a function did: `host` is the process id of its host, `more` what the function says."""

    text: str
    kind: str
    more: object
    host: int
    time: float


class NotingApp:
    """The app in a folder, its store, and what its functions have noted."""

    def __init__(self, root: Path, code: str, extensions: Mapping[str, object] | None = None) -> None:
        self.root = root
        self.storage = DevelopmentStorage(root)
        (root / "host.json").write_text(json.dumps({"version": "2.0", "extensions": dict(extensions or {})}))
        (root / "function_app.py").write_text(START + code)

    def start(self, *arguments: str, env: Mapping[str, str | None] | None = None) -> HostProcess:
        return HostProcess(self.root, *arguments, env={**SETTINGS, **(env or {})})

    def notes(self, kind: str = "begin") -> list[Note]:
        """Notes of a kind, in their order."""
        return [note for line in whole_lines(self.root / "ran.jsonl") if (note := Note(*json.loads(line))).kind == kind]

    def release(self) -> None:
        """Let functions that wait for this end."""
        (self.root / "go").touch()


def whole_lines(path: Path) -> list[str]:
    """The lines of a file that others append to, without one that is being written; none if there is no file."""
    try:
        return path.read_text().rpartition("\n")[0].splitlines()
    except FileNotFoundError:
        return []
