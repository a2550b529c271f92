"""A worker process ends, or hangs, while it imports the app."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from funchost.testing import HostProcess, eventually
from tests.acceptance.small_app import hello_app, write_function
from tests.integration.faults.bystander import Bystander
from tests.integration.faults.faulty_app import WAIT, answered, is_well
from tests.integration.faults.leftovers import Family

ENDINGS = {
    "os._exit": ("import os\nos._exit(9)\n", "exited with code 9"),
    "kill": ("import os\nos.kill(os.getpid(), 9)\n", "was killed by signal 9 (SIGKILL)"),
    "crash": ("import ctypes\nctypes.string_at(0)\n", "was killed by signal 11 (SIGSEGV)"),
}
GOOD_APP = """
import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)

@app.route()
async def innocent(req: func.HttpRequest) -> str:
    return "fine"
"""


@pytest.mark.parametrize("ending", ENDINGS)
def test_function_whose_import_ends_the_process(ending: str, tmp_path: Path, processes: Family) -> None:
    """It alone is in error, with the reason on the console and in its status; mending its file brings it back."""
    code, reason = ENDINGS[ending]
    app = hello_app(tmp_path / "app", "Alpha", "Zulu")
    write_function(app, "Middle", code)
    with HostProcess(app, env={**processes.env, "FUNCTIONS_WORKER_PROCESS_COUNT": "2"}) as host:
        with Bystander(host, "/api/Alpha"):
            assert answered(host.get("/api/Zulu")) == (200, "hello from Zulu")
            assert host.get("/api/Middle").status == 500
            (error,) = host.function_errors("Middle")
            assert "The import of function 'Middle' ended its worker process" in error
            assert reason in error
            host.wait_for_line(re.escape(error.splitlines()[0]))
            assert reason in str(host.status()["errors"])
            eventually(lambda: len(processes.pids()) == 3, WAIT)

            (app / "Middle" / "__init__.py").write_text("def main(req):\n    return 'mended'\n")
            eventually(lambda: answered(host.get("/api/Middle")) == (200, "mended"), WAIT)
        assert host.function_errors("Middle") == ()
        assert is_well(host)


def test_function_whose_import_calls_sys_exit(tmp_path: Path, processes: Family) -> None:
    app = hello_app(tmp_path / "app")
    write_function(app, "Exits", "import sys\nsys.exit(5)\n")
    with HostProcess(app, env=processes.env) as host:
        assert answered(host.get("/api/Hello")) == (200, "hello from Hello")
        assert host.get("/api/Exits").status == 500
        (error,) = host.function_errors("Exits")
        assert "SystemExit: 5" in error


def test_function_whose_import_never_ends(tmp_path: Path, processes: Family) -> None:
    """It is in error after the start timeout; the rest of the app runs."""
    app = hello_app(tmp_path / "app")
    write_function(app, "Endless", "import threading\nthreading.Event().wait()\n")
    with HostProcess(app, "--timeout", "8", env=processes.env) as host:
        assert answered(host.get("/api/Hello")) == (200, "hello from Hello")
        assert host.get("/api/Endless").status == 500
        (error,) = host.function_errors("Endless")
        assert "was not ready after 8 seconds" in error
        assert "--timeout" in error
        assert len(processes.pids()) == 2


@pytest.mark.parametrize(
    ("code", "reason", "status"),
    [
        ("import os\nos._exit(9)\n", "exited with code 9", 503),
        ("import sys\nsys.exit(5)\n", "SystemExit: 5", 500),
        ("import threading\nthreading.Event().wait()\n", "was not ready after 8 seconds", 503),
    ],
)
def test_entry_file_that_ends_or_hangs(code: str, reason: str, status: int, tmp_path: Path, processes: Family) -> None:
    """No function can be known then: the console and the status say why, and mending the file brings the app up."""
    app = tmp_path / "app"
    app.mkdir()
    (app / "host.json").write_text('{"version": "2.0"}')
    entry = app / "function_app.py"
    entry.write_text(code)
    with HostProcess(app, "--timeout", "8", env=processes.env, state=None) as host:
        eventually(lambda: reason in str(host.status().get("errors")), WAIT)
        host.wait_for_line(reason)
        assert host.get("/api/innocent").status == status
        entry.write_text(GOOD_APP)
        eventually(lambda: answered(host.get("/api/innocent")) == (200, "fine"), WAIT)
        eventually(lambda: is_well(host), WAIT)
        eventually(lambda: len(processes.pids()) == 2, WAIT)


def test_reload_with_an_import_that_ends_the_process(tmp_path: Path, processes: Family) -> None:
    """The version that runs goes on, and the console says why the new one does not replace it."""
    app = tmp_path / "app"
    app.mkdir()
    (app / "host.json").write_text('{"version": "2.0"}')
    entry = app / "function_app.py"
    entry.write_text(GOOD_APP)
    with HostProcess(app, env=processes.env) as host, Bystander(host):
        entry.write_text("import os\nos._exit(9)\n")
        host.wait_for_line("the last good version keeps serving", WAIT)
        assert "exited with code 9" in str(host.status()["errors"])
        assert host.status()["state"] == "Running"
        assert answered(host.get("/api/innocent")) == (200, "fine")
        entry.write_text(GOOD_APP.replace("fine", "better"))
        eventually(lambda: answered(host.get("/api/innocent")) == (200, "better"), WAIT)
        eventually(lambda: is_well(host), WAIT)
