"""What the reload tests share: an app to change, and how to change it as people and editors do."""

from __future__ import annotations

import http.client
import os
import threading
import urllib.parse
from pathlib import Path

from funchost.testing import HostProcess, Response, eventually
from tests.acceptance.small_app import hello_app, write_function

HOLD = """
import asyncio
import pathlib
import time

VERSION = "{version}"


def main(req):
    pathlib.Path(req.params["begun"]).touch()
    while not pathlib.Path(req.params["until"]).exists():
        time.sleep(0.02)
    return VERSION
"""


def changing_app(root: Path) -> Path:
    """Write an app with functions `innocent`, `Version` (answers ``one``) and `Hold` (see `Held`)."""
    app = hello_app(root, "innocent")
    write_function(app, "Version", says("one"))
    write_function(app, "Hold", HOLD.format(version="one"))
    return app


def says(text: str) -> str:
    return f"def main(req):\n    return {text!r}\n"


def script(app: Path, name: str = "Version") -> Path:
    return app / name / "__init__.py"


def replace(path: Path, text: str) -> None:
    """Write as editors do: a temporary file beside it, renamed over it."""
    temporary = path.with_name(f".{path.name}.swp~")
    temporary.write_text(text)
    os.replace(temporary, path)


def answers(host: HostProcess, text: str, path: str = "/api/Version", timeout: float = 30.0) -> None:
    """Wait until a function answers with `text`; every answer until then must be a 200."""

    def check() -> bool:
        answer = host.get(path)
        assert answer.status == 200, f"{path} answered {answer.status}: {answer.text}"
        return answer.text == text

    eventually(check, timeout)


def status_errors(host: HostProcess) -> list[str]:
    found = host.status().get("errors") or []
    assert isinstance(found, list)
    return found


class Held:
    """A request to `Hold` that is being executed until `release` is called."""

    def __init__(self, host: HostProcess, folder: Path, name: str) -> None:
        self._host = host
        self._begun, self._until = folder / f"{name} begun", folder / f"{name} until"
        self._answers: list[Response | Exception] = []
        self._thread = threading.Thread(target=self._ask, name="held request")
        self._thread.start()
        eventually(self._begun.exists, 30)

    def release(self) -> str:
        """Let it end, and return the answer's text."""
        self._until.touch()
        self._thread.join(30)
        (answer,) = self._answers
        assert isinstance(answer, Response), answer
        assert answer.status == 200
        return answer.text

    def _ask(self) -> None:
        query = urllib.parse.urlencode({"begun": str(self._begun), "until": str(self._until)})
        try:
            self._answers.append(self._host.get(f"/api/Hold?{query}", timeout=60))
        except (OSError, http.client.HTTPException) as error:
            self._answers.append(error)
