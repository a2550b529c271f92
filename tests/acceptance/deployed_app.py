"""Projects that tests publish, and the `func` command of a user who knows a server."""

from __future__ import annotations

import json
import re
import subprocess
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from funchost.testing.client import Response, send
from funchost.testing.server_process import ServerProcess
from tests.acceptance.small_app import FUNC, write_function

TIMEOUT = 120.0


@dataclass(frozen=True)
class Tool:
    """The command of a user whose servers file names one server.

    Args:
        server: that one.
    """

    server: ServerProcess

    def run(
        self,
        *arguments: str,
        cwd: Path,
        env: Mapping[str, str | None] | None = None,
        data: str = "",
    ) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        environ = self.server.command_environment()
        for name, value in (env or {}).items():
            if value is None:
                environ.pop(name, None)
            else:
                environ[name] = value
        return subprocess.run(
            [FUNC, *arguments],
            cwd=cwd,
            env=environ,
            input=data,
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )

    def json(self, *arguments: str, cwd: Path, data: str = "") -> object:
        """Run a command that must succeed, and return the JSON that it prints; None if it prints nothing."""
        done = self.run(*arguments, cwd=cwd, data=data)
        assert done.returncode == 0, done.stderr
        found: object = json.loads(done.stdout) if done.stdout.strip() else None
        return found

    def publish(self, app: str, *arguments: str, cwd: Path) -> str:
        """Publish a project, which must succeed; return the list of functions."""
        done = self.run("azure", "functionapp", "publish", app, *arguments, cwd=cwd)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def call(self, label: str, path: str, *, method: str = "GET", **headers: str) -> Response:
        """Call a site by its name."""
        named = {"Host": f"{label}.localhost:{self.server.port}", **headers}
        return send(self.server.url, method, path, headers=named)


@contextmanager
def server_with_tool(folder: Path, *arguments: str) -> Iterator[Tool]:
    with ServerProcess(folder, *arguments) as server:
        yield Tool(server)


def write_project(root: Path, text: str, *, level: str = "anonymous", lines: Iterable[str] = ()) -> Path:
    """Write a project whose function `Hello` answers with a text, and which needs no package.

    Args:
        text: an expression.
        lines: of code at its beginning.
    """
    root.mkdir(parents=True, exist_ok=True)
    (root / "host.json").write_text('{"version": "2.0"}')
    code = ["import os", *lines, "def main(req):", f"    return {text}"]
    write_function(root, "Hello", "\n".join(code) + "\n", authLevel=level, route="hello")
    return root


def write_wheel(root: Path, name: str, version: str) -> str:
    """Write a wheel with one module that knows its version; return the line for requirements.txt."""
    folder = root / "wheels"
    folder.mkdir(exist_ok=True)
    file = f"{name}-{version}-py3-none-any.whl"
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(folder / file, "w") as wheel:
        wheel.writestr(f"{name}.py", f"VERSION = {version!r}\n")
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        wheel.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(f"{info}/RECORD", f"{name}.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n")
    return f"./wheels/{file}"


def invoke_url(listing: str, function: str) -> str:
    """Return the address of a function in a list of functions."""
    found = re.search(rf"^    {function} - \[httpTrigger\]\n        Invoke url: (\S+)$", listing, re.MULTILINE)
    assert found, listing
    return found[1]


def get(url: str) -> Response:
    base, _, path = url.partition("/api/")
    return send(base, "GET", f"/api/{path}")
