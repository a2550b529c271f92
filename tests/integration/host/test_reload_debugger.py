"""Reload while a debugger listens in the worker: the port has to be free before the next worker starts."""

from __future__ import annotations

import socket
from pathlib import Path

from funchost.testing import HostProcess, eventually
from tests.integration.host.reloading import changing_app, says, script

LISTENER = """
import runpy, socket, sys

_, listen, address, program, *rest = sys.argv
listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
host, port = address.split(":")
listener.bind((host, int(port)))
listener.listen()
sys.argv = [program, *rest]
runpy.run_path(program, run_name="__main__")
"""


def test_an_edit_is_loaded_although_the_debugger_keeps_its_port(tmp_path: Path) -> None:
    package = tmp_path / "site" / "debugpy"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "__main__.py").write_text(LISTENER)
    app = changing_app(tmp_path / "app")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    arguments = f"-m debugpy --listen 127.0.0.1:{port}"
    environment = {"PYTHONPATH": str(tmp_path / "site"), "FUNCTIONS_WORKER_PROCESS_COUNT": "2"}
    with HostProcess(app, "--language-worker", "--", arguments, env=environment) as host:
        assert host.get("/api/Version").text == "one"
        assert len(host.worker_pids) == 1
        script(app).write_text(says("two"))
        eventually(lambda: host.get("/api/Version").text == "two", 30)
        assert len(host.worker_pids) == 1
