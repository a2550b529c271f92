"""A new version that does not load: the old one keeps serving, as a whole."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from funchost.testing import HostProcess, eventually
from tests.acceptance.small_app import write_function, write_settings
from tests.integration.faults.bystander import Bystander
from tests.integration.host.reloading import Held, answers, changing_app, replace, says, script, status_errors

KEEPS = r"The new version does not load; the last good version keeps serving\."
DECORATED = """
import azure.functions as func
app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)

@app.route(route="innocent")
def innocent(req: func.HttpRequest) -> str:
    return "fine"

@app.route(route="Version")
def Version(req: func.HttpRequest) -> str:
    return "one"
"""


@pytest.fixture
def app(tmp_path: Path) -> Path:
    return changing_app(tmp_path / "app")


@pytest.fixture
def host(app: Path) -> Iterator[HostProcess]:
    with HostProcess(app) as running:
        yield running
        assert running.stop() == 0


def rejected(host: HostProcess, *texts: str, start: int) -> None:
    """Wait until the console and the status tell of a rejected version, with each of `texts`."""
    host.wait_for_line(KEEPS, 30, start=start)
    status = host.status()
    assert status["state"] == "Running"
    (error,) = status_errors(host)
    for text in texts:
        assert text in error
        host.wait_for_line(re.escape(text), start=start)


def test_a_broken_host_json_changes_nothing_until_it_is_mended(host: HostProcess, app: Path, tmp_path: Path) -> None:
    held = Held(host, tmp_path, "held")
    with Bystander(host):
        before, workers = len(host.lines), host.worker_pids
        replace(app / "host.json", '{\n  "version": "2.0",\n  "functionTimeout": 7\n}')
        rejected(host, f"{app / 'host.json'}:3", "functionTimeout", start=before)
        assert held.release() == "one"
        assert host.get("/api/Version").text == "one"
        assert set(workers) <= set(host.worker_pids)
        replace(app / "host.json", '{"version": "2.0"}')
        eventually(lambda: not status_errors(host), 30)
        answers(host, "one")


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("def main(req):\n    return (\n", "SyntaxError"),
        ("import package_not_there\n", "requirements.txt"),
        ("def other(req):\n    return ''\n", "main"),
    ],
)
def test_a_function_that_no_longer_loads_holds_back_the_whole_version(
    host: HostProcess, app: Path, code: str, text: str
) -> None:
    write_function(app, "Other", says("old"))
    eventually(lambda: host.get("/api/Other").status == 200, 30)
    with Bystander(host):
        before = len(host.lines)
        replace(script(app), code)
        replace(script(app, "Other"), says("new"))
        rejected(host, "The 'Version' function is in error", text, start=before)
        assert host.get("/api/Version").text == "one"
        assert host.get("/api/Other").text == "old"
        assert host.function_errors("Other") == ()
        replace(script(app), says("two"))
        answers(host, "two")
        assert host.get("/api/Other").text == "new"
        assert not status_errors(host)
        eventually(lambda: len(host.worker_pids) == 1, 30)


def test_a_new_function_in_error_holds_back_nothing(host: HostProcess, app: Path) -> None:
    with Bystander(host):
        write_function(app, "New", "raise ValueError('not yet')\n")
        eventually(lambda: any("ValueError: not yet" in error for error in host.function_errors("New")))
        assert host.get("/api/New").status == 500
        replace(script(app), says("two"))
        answers(host, "two")
        replace(script(app, "New"), says("new"))
        eventually(lambda: host.get("/api/New").text == "new", 30)
        assert not status_errors(host)


def test_a_worker_that_ends_while_it_loads_changes_nothing(host: HostProcess, app: Path) -> None:
    with Bystander(host):
        before = len(host.lines)
        replace(script(app), "import os\nos._exit(3)\n")
        host.wait_for_line(KEEPS, 30, start=before)
        assert host.status()["state"] == "Running"
        assert "exited with code 3" in status_errors(host)[0]
        assert host.get("/api/Version").text == "one"
        replace(script(app), says("two"))
        answers(host, "two")


def test_a_decorated_app_that_no_longer_imports_keeps_serving(tmp_path: Path) -> None:
    app = tmp_path / "app"
    app.mkdir()
    file = app / "function_app.py"
    file.write_text(DECORATED)
    with HostProcess(app) as host, Bystander(host):
        before = len(host.lines)
        replace(file, DECORATED.replace('"one"', '"two"') + "\nraise ValueError('at the end')\n")
        rejected(host, "ValueError: at the end", f'File "{file}", line 13', start=before)
        assert host.get("/api/Version").text == "one"
        replace(file, DECORATED.replace('"one"', '"two"'))
        answers(host, "two")
        assert not status_errors(host)


def test_the_error_of_a_version_is_told_once_although_it_is_saved_again(
    host: HostProcess, app: Path, tmp_path: Path
) -> None:
    before = len(host.lines)
    for number in range(3):
        loaded = tmp_path / f"loaded {number}"
        replace(script(app), f"import pathlib\npathlib.Path({str(loaded)!r}).touch()\n")
        eventually(loaded.exists)
        eventually(lambda: len(host.worker_pids) == 1)  # the version is given up
        host.wait_for_line(KEEPS, start=before)
        assert host.get("/api/Version").text == "one"
    replace(script(app), says("two"))
    answers(host, "two")
    assert sum(bool(re.search(KEEPS, line)) for line in host.lines[before:]) == 1


def test_local_settings_count_and_wrong_ones_are_rejected(tmp_path: Path) -> None:
    app = changing_app(tmp_path / "app")
    write_settings(app, {"GREETING": "one"})
    script(app).write_text("import os\n\ndef main(req):\n    return os.environ['GREETING']\n")
    with HostProcess(app) as host, Bystander(host):
        assert host.get("/api/Version").text == "one"
        write_settings(app, {"GREETING": "two"})
        answers(host, "two")
        for content, text in (
            ('{"IsEncrypted": true, "Values": {"GREETING": "x"}}', "not encrypted by this tool"),
            ('{"Values": {"FUNCTIONS_WORKER_PROCESS_COUNT": "11"}}', "FUNCTIONS_WORKER_PROCESS_COUNT: 11"),
        ):
            before = len(host.lines)
            replace(app / "local.settings.json", content)
            rejected(host, text, start=before)
            assert host.get("/api/Version").text == "two"
        write_settings(app, {"GREETING": "three"})
        answers(host, "three")
        assert not status_errors(host)
