"""Azurite for tests: installed from the npm registry once, started on free ports, ended with the tests."""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from funchost.storage.endpoints import DEVELOPMENT_ACCOUNT, DEVELOPMENT_KEY
from tests.ports import free_ports

VERSION = "3.35.0"
"""The newest that runs on Node.js 20."""

HOME = Path(__file__).resolve().parent.parent / ".venvs" / f"azurite-{VERSION}"
INSTALL_SECONDS = 300.0
START_SECONDS = 30.0

# Azurite ends with the tests even if these are killed: its standard input then closes. It does not keep Azurite alive.
_END_WITH_PARENT = "process.stdin.on('end', () => process.exit(0)); process.stdin.resume(); process.stdin.unref();\n"


class AzuriteFailure(Exception):
    """Azurite could not be installed or started."""


def missing_tools() -> str | None:
    """Why Azurite cannot run here: None if Node.js and npm are there.

    Raises:
        AzuriteFailure: they are missing and the environment says that this is continuous integration (CI=true).
    """
    missing = [name for name in ("node", "npm") if shutil.which(name) is None]
    if not missing:
        return None
    reason = f"Azurite needs {' and '.join(missing)}, not found on PATH"
    if os.environ.get("CI", "").lower() == "true":
        raise AzuriteFailure(reason)
    return reason


@pytest.fixture(scope="session")
def azurite() -> Iterator[str]:
    """The connection string of a running Azurite; skips where Node.js is missing."""
    reason = missing_tools()
    if reason is not None:
        pytest.skip(reason)
    with running_azurite() as connection_string:
        yield connection_string


@contextmanager
def running_azurite() -> Iterator[str]:
    """Runs Azurite with an empty store on free ports; gives the connection string.

    Raises:
        AzuriteFailure: it cannot be installed, or does not answer in time.
    """
    with tempfile.TemporaryDirectory(prefix="azurite-", ignore_cleanup_errors=True) as folder:
        server = AzuriteServer(Path(folder))
        server.start()
        try:
            yield server.connection_string
        finally:
            server.stop()


class AzuriteServer:
    """Azurite on ports of its own; started again after `stop` it has the same ports and the same store.

    Args:
        folder: of the store, and of what the server says.
    """

    def __init__(self, folder: Path) -> None:
        self.ports = free_ports(3)
        self.connection_string = connection_string(*self.ports)
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Raises: AzuriteFailure: it cannot be installed, or does not answer in time."""
        script = _installed()
        output = self._folder / "output.txt"
        (self._folder / "end_with_parent.js").write_text(_END_WITH_PARENT)
        options = [
            f"--{service}{kind}={value}"
            for service, port in zip(("blob", "queue", "table"), self.ports, strict=True)
            for kind, value in (("Host", "127.0.0.1"), ("Port", port))
        ]
        command = ["node", "--require", str(self._folder / "end_with_parent.js"), str(script)]
        command += ["--location", str(self._folder / "data"), *options]
        with output.open("ab") as log:
            self._process = subprocess.Popen(
                [*command, "--skipApiVersionCheck", "--disableTelemetry", "--silent"],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        try:
            _wait_until_ready(self._process, self.ports, output)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End it by SIGTERM, on which it writes out its store; idempotent."""
        process, self._process = self._process, None
        if process is not None:
            _end(process)


def connection_string(blob: int, queue: int, table: int) -> str:
    """The connection string of the development account on three ports of this machine."""
    ends = {"Blob": blob, "Queue": queue, "Table": table}
    endpoints = ";".join(f"{name}Endpoint=http://127.0.0.1:{port}/{DEVELOPMENT_ACCOUNT}" for name, port in ends.items())
    key = f"AccountName={DEVELOPMENT_ACCOUNT};AccountKey={DEVELOPMENT_KEY}"
    return f"DefaultEndpointsProtocol=http;{key};{endpoints}"


def _installed() -> Path:
    script = HOME / "node_modules" / "azurite" / "dist" / "src" / "azurite.js"
    marker = HOME / ".complete"
    HOME.parent.mkdir(exist_ok=True)
    with HOME.with_name(HOME.name + ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not marker.is_file():
            _install()
            marker.write_text(VERSION)
    return script


def _install() -> None:
    shutil.rmtree(HOME, ignore_errors=True)
    HOME.mkdir()
    (HOME / "package.json").write_text('{"private": true}\n')
    done = subprocess.run(
        ["npm", "install", "--no-audit", "--no-fund", "--no-save", f"azurite@{VERSION}"],
        cwd=HOME,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=INSTALL_SECONDS,
        check=False,
    )
    if done.returncode != 0:
        raise AzuriteFailure(f"npm install azurite@{VERSION} exited with {done.returncode}:\n{done.stdout[-2000:]}")


def _wait_until_ready(process: subprocess.Popen[bytes], ports: list[int], output: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    for port in ports:
        while not _listens(port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise AzuriteFailure(f"Azurite does not answer on port {port}:\n{output.read_text()[-2000:]}")
            time.sleep(0.05)


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1.0).close()
    except OSError:
        return False
    return True


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=5.0)  # before its standard input closes, on which it exits without writing anything out
    except subprocess.TimeoutExpired:
        process.kill()
    process.communicate()
