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
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from funchost.storage.endpoints import DEVELOPMENT_ACCOUNT, DEVELOPMENT_KEY

VERSION = "3.35.0"
"""The newest that runs on Node.js 20."""

HOME = Path(__file__).resolve().parent.parent / ".venvs" / f"azurite-{VERSION}"
INSTALL_SECONDS = 300.0
START_SECONDS = 30.0

# Azurite ends with the tests even if these are killed: its standard input then closes.
_END_WITH_PARENT = "process.stdin.on('end', () => process.exit(0)); process.stdin.resume();\n"


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
    script = _installed()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="azurite-", ignore_cleanup_errors=True)))
        (folder / "end_with_parent.js").write_text(_END_WITH_PARENT)
        log = stack.enter_context((folder / "output.txt").open("wb"))
        ports = _free_ports(3)
        options = [
            f"--{service}{kind}={value}"
            for service, port in zip(("blob", "queue", "table"), ports, strict=True)
            for kind, value in (("Host", "127.0.0.1"), ("Port", port))
        ]
        process = subprocess.Popen(
            ["node", "--require", str(folder / "end_with_parent.js"), str(script), "--location", str(folder / "data")]
            + [*options, "--skipApiVersionCheck", "--disableTelemetry", "--silent"],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        stack.callback(_end, process)
        _wait_until_ready(process, ports, folder / "output.txt")
        yield connection_string(*ports)


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


def _free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


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
        process.communicate(timeout=5.0)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
