"""The window of a terminal is closed while `func start`, `func server start` or `func storage start` runs in it."""

from __future__ import annotations

import json
import os
import re
import signal
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from funchost.deploy.client.servers_file import FOLDER_SETTING, load
from funchost.settings import STORAGE_PORTS
from funchost.testing import Response, eventually
from funchost.testing.client import send
from funchost.testing.process_tree import descendants, is_alive
from tests.acceptance.small_app import hello_app, write_function
from tests.acceptance.terminal_process import TerminalProcess
from tests.integration.faults.leftovers import Family, family
from tests.integration.platform.api.conftest import WEB
from tests.integration.platform.api.packages import FUNCTION, package
from tests.integration.triggers.queue_app import QueueApp

WAIT = 30.0
HOLD = """
import pathlib, time

def main(req):
    pathlib.Path(req.params["began"]).touch()
    while not pathlib.Path(req.params["until"]).exists():
        time.sleep(0.01)
    print("this line finds no terminal")
    return "held"
"""
IGNORED = ("sh", "-c", 'trap "" HUP; exec "$@"', "sh")


@pytest.fixture
def processes() -> Iterator[Family]:
    with family() as members:
        yield members
        eventually(lambda: not members.pids(), 10)


@pytest.fixture
def client() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as pool:
        yield pool


class HeldCall:
    """A call of the function Hold, which runs when this is made and until `end`."""

    def __init__(self, client: ThreadPoolExecutor, url: str, folder: Path, headers: Mapping[str, str]) -> None:
        began, self._until = folder / "began", folder / "until"
        path = f"/api/Hold?began={began}&until={self._until}"
        self._answer: Future[Response] = client.submit(send, url, "GET", path, headers=headers, timeout=WAIT)
        eventually(began.exists, WAIT)

    def end(self) -> str:
        self._until.touch()
        return self._answer.result(WAIT).text


def start_host(app: Path, processes: Family, *prefix: str) -> TerminalProcess:
    env = {**processes.env, "VIRTUAL_ENV": sys.prefix, "NO_COLOR": "1", STORAGE_PORTS: "0"}
    env["AzureWebJobsStorage"] = "UseDevelopmentStorage=true"
    return TerminalProcess("start", "--port", "0", cwd=app, env=env, prefix=prefix)


def listening(terminal: TerminalProcess, function: str) -> str:
    """Wait until the host serves a function; return where."""
    terminal.wait_for(f"{function}: ")
    found = re.search(r"Listening on (http://\S+)", terminal.seen)
    assert found, terminal.seen
    return found[1].replace("0.0.0.0", "127.0.0.1")


def refuses(url: str, path: str, headers: Mapping[str, str]) -> bool:
    try:
        return send(url, "GET", path, headers=headers, timeout=5).status == 503
    except OSError:
        return True


def test_a_host_finishes_its_call_and_ends(tmp_path: Path, processes: Family, client: ThreadPoolExecutor) -> None:
    app = hello_app(tmp_path / "app")
    write_function(app, "Hold", HOLD)
    with start_host(app, processes) as terminal:
        url = listening(terminal, "Hold")
        call = HeldCall(client, url, tmp_path, {})
        terminal.close_window()
        eventually(lambda: refuses(url, "/api/Hello", {}), WAIT)
        assert terminal.is_running
        assert call.end() == "held"
        assert terminal.exit_code() == 0
    assert processes.pids() == ()


def test_a_queue_message_is_finished(tmp_path: Path, processes: Family) -> None:
    app = QueueApp(tmp_path)
    app.put("slow", "slow too")
    with start_host(app.root, processes) as terminal:
        eventually(lambda: len(app.times("begin")) == 2, WAIT)
        terminal.close_window()
        app.release()
        assert terminal.exit_code() == 0
    assert app.times() == {"slow": 1, "slow too": 1}
    assert app.count() == 0


def test_a_host_that_was_told_to_ignore_it_goes_on_without_a_terminal(tmp_path: Path, processes: Family) -> None:
    """As under nohup, but with its output still on the terminal."""
    with start_host(hello_app(tmp_path / "app"), processes, *IGNORED) as terminal:
        url = listening(terminal, "Hello")
        terminal.close_window()
        answers = [send(url, "GET", "/api/Hello", timeout=WAIT).text for _ in range(10)]
        assert answers == ["hello from Hello"] * 10
        os.kill(terminal.pid, signal.SIGTERM)
        assert terminal.exit_code() == 0


def test_a_server_finishes_its_call_and_ends(tmp_path: Path, processes: Family, client: ThreadPoolExecutor) -> None:
    config = tmp_path / "config"
    arguments = ("--data", str(tmp_path / "data"), "--port", "0", "--app-ports", "0", "--storage-ports", "0")
    env = {**processes.env, FOLDER_SETTING: str(config)}
    with TerminalProcess("server", "start", *arguments, cwd=tmp_path, env=env) as terminal:
        terminal.wait_for("Serving on http://")
        terminal.wait_for("\n")
        ((url, known),) = load(config).servers.items()
        deploy(url, known.token)
        headers = {"Host": f"shop.localhost:{url.rpartition(':')[2]}"}
        call = HeldCall(client, url, tmp_path, headers)
        below = descendants(terminal.pid)
        assert below
        terminal.close_window()
        eventually(lambda: refuses(url, "/api/Hold", headers), WAIT)
        assert terminal.is_running
        assert call.end() == "held"
        assert terminal.exit_code() == 0
    eventually(lambda: not any(is_alive(pid) for pid in below), WAIT)


def deploy(url: str, token: str) -> None:
    """Make the app shop, with the function Hold."""
    port = url.rpartition(":")[2]
    bearer = {"Authorization": f"Bearer {token}"}
    site = json.dumps({"location": "local", "kind": "functionapp,linux"})
    made = send(url, "PUT", f"{WEB}/shop?api-version=2023-12-01", body=site, headers=bearer)
    assert made.status == 200, made.text
    files = {"host.json": '{"version": "2.0"}', "Hold/function.json": json.dumps(FUNCTION), "Hold/__init__.py": HOLD}
    scm = {**bearer, "Host": f"shop.scm.localhost:{port}", "Content-Type": "application/zip"}
    deployed = send(url, "POST", "/api/zipdeploy", body=package(files), headers=scm, timeout=60)
    assert deployed.status == 200, deployed.text


def test_an_emulator_ends(tmp_path: Path, processes: Family) -> None:
    ports = ("--blob-port", "0", "--queue-port", "0", "--table-port", "0")
    with TerminalProcess("storage", "start", *ports, cwd=tmp_path, env=processes.env) as terminal:
        terminal.wait_for("Ctrl-C ends it.")
        terminal.close_window()
        assert terminal.exit_code() == 0
