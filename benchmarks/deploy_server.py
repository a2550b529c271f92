"""A deploy server with apps on it, and the `func` command of its user."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import contenders
from benchmarks.outcome import NotMeasured
from funchost.testing.server_process import ServerProcess, ServerStartError

SITES = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/funchost/providers/Microsoft.Web/sites"
API_VERSION = "api-version=2022-03-01"
PATIENCE = 120.0


@dataclass(frozen=True, slots=True)
class DeployServer:
    """A server that runs.

    Args:
        process: its process.
        folder: for projects.
    """

    process: ServerProcess
    folder: Path

    def manage(self, method: str, path: str, body: object = None) -> Any:
        """A management call below the sites; raises NotMeasured if it is refused."""
        text = "" if body is None else json.dumps(body)
        answer = self.process.manage(method, f"{SITES}/{path}?{API_VERSION}", text, timeout=PATIENCE)
        if answer.status >= 300:
            raise NotMeasured(f"{method} {path} was answered with {answer.status}: {answer.text}")
        return json.loads(answer.text) if answer.text else None

    def create(self, app: str) -> None:
        """Make an app for this Python, without a deployment."""
        kind = {"linuxFxVersion": f"PYTHON|{contenders.VERSION}"}
        self.manage("PUT", app, {"location": "local", "kind": "functionapp,linux", "properties": {"siteConfig": kind}})

    def limit(self, app: str, instances: int) -> None:
        """Set how many instances an app may have at most."""
        self.manage("PATCH", f"{app}/config/web", {"properties": {"functionAppScaleLimit": instances}})

    def project(self, name: str) -> Path:
        """A copy of one of the measured apps."""
        target = self.folder / name
        skipped = shutil.ignore_patterns("__pycache__", ".python_packages")
        return Path(shutil.copytree(contenders.HERE / "apps" / name, target, ignore=skipped, dirs_exist_ok=True))

    def publish(self, app: str, project: Path, *arguments: str, environment: Mapping[str, str] | None = None) -> float:
        """Run `func azure functionapp publish` to its end; return how long it took, in s."""
        command = [str(contenders.BIN / "func"), "azure", "functionapp", "publish", app, *arguments]
        begin = time.perf_counter()
        done = subprocess.run(
            command,
            cwd=project,
            env={**self.process.command_environment(), **(environment or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        seconds = time.perf_counter() - begin
        if done.returncode:
            raise NotMeasured(f"publishing with {arguments} failed: {done.stderr}")
        return seconds

    def call(self, app: str, path: str) -> str | None:
        """The text that an app answers with, None if it is no success."""
        answer = self.process.request("GET", path, host=f"{app}.localhost", timeout=PATIENCE)
        return answer.text if answer.status == 200 else None

    def instances(self, app: str) -> Sequence[str]:
        """The states of an app's instances: STARTING, READY, DRAINING."""
        return [one["properties"]["state"] for one in self.manage("GET", f"{app}/instances")["value"]]

    def wait_for_none(self, app: str) -> None:
        """Wait until the app has no instance."""
        deadline = time.monotonic() + PATIENCE
        while self.instances(app):
            if time.monotonic() > deadline:
                raise NotMeasured(f"{app} keeps its instances")
            time.sleep(0.1)


@contextmanager
def deploy_server(*arguments: str) -> Iterator[DeployServer]:
    """A server on an empty data directory, with free ports."""
    with tempfile.TemporaryDirectory(prefix="bench-server-") as name:
        folder = Path(name)
        try:
            with ServerProcess(folder, *arguments) as process:
                yield DeployServer(process, folder / "projects")
        except ServerStartError as error:
            raise NotMeasured(str(error)) from error
