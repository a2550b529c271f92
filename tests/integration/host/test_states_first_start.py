"""What is wrong when the host starts: state Error where files are, an exit where the command or settings are."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from funchost.settings import process_environment
from funchost.testing import HostProcess, eventually
from tests.acceptance.small_app import func, hello_app, write_function, write_settings
from tests.integration.host.reloading import Held, changing_app, replace, says, status_errors

NOT_RUNNING = (503, "Function host is not running.")


@pytest.mark.parametrize(
    ("content", "texts"),
    [
        ('{\n  "version": "2.0"\n  "logging": {}\n}', ("host.json:3", "not valid JSON")),
        ('{\n  "version": "1.0"\n}', ("host.json:2", "version")),
        ('{"version": "2.0",\n "extensions": {"http": {"maxOutstandingRequests": "x"}}}', ("host.json:2", "maxOut")),
        ('{"version": "2.0",\n "functionTimeout": "soon"}', ("host.json:2", "functionTimeout", "soon")),
        ("", ("host.json",)),
        ("[]", ("host.json",)),
    ],
)
def test_a_wrong_host_json_is_state_error_until_it_is_mended(
    tmp_path: Path, content: str, texts: tuple[str, ...]
) -> None:
    app = hello_app(tmp_path / "app")
    (app / "host.json").write_text(content)
    with HostProcess(app, state="Error") as host:
        (error,) = status_errors(host)
        for text in texts:
            assert text in error
            host.wait_for_line(re.escape(text))
        answer = host.get("/api/Hello")
        assert (answer.status, answer.text) == NOT_RUNNING
        assert host.get("/admin/host/ping").status == 200
        assert host.get("/admin/functions").json() == []
        replace(app / "host.json", '{"version": "2.0"}')
        host.wait_for_state("Running")
        assert host.get("/api/Hello").text == "hello from Hello"
        assert not host.status().get("errors")
        assert sum(texts[0] in line for line in host.lines) == 1, "one trouble is told once"
        assert host.stop() == 0


def test_a_host_json_that_cannot_be_read_is_state_error(tmp_path: Path) -> None:
    app = hello_app(tmp_path / "app")
    (app / "host.json").unlink()
    (app / "host.json").mkdir()
    with HostProcess(app, state="Error") as host:
        assert "host.json" in status_errors(host)[0]
        (app / "host.json").rmdir()
        host.wait_for_state("Running")


def test_app_offline_htm_takes_the_app_away_and_back(tmp_path: Path) -> None:
    app = hello_app(tmp_path / "app")
    offline = app / "app_offline.htm"
    with HostProcess(app) as host:
        replace(offline, "<p>Back at noon</p>")
        host.wait_for_state("Offline")
        eventually(lambda: not host.worker_pids, 30)
        answer = host.get("/api/Hello")
        assert (answer.status, answer.text) == (503, "<p>Back at noon</p>")
        assert (answer.headers["content-type"] or "").startswith("text/html")
        host.wait_for_line(r"The app is offline: app_offline\.htm is in its folder")
        assert host.get("/admin/host/ping").status == 200
        offline.unlink()
        host.wait_for_state("Running")
        assert host.get("/api/Hello").text == "hello from Hello"
        assert host.stop() == 0


def test_an_app_that_is_offline_at_first_start_runs_when_the_file_goes(tmp_path: Path) -> None:
    app = hello_app(tmp_path / "app")
    (app / "app_offline.htm").write_text("later")
    with HostProcess(app, state="Offline") as host:
        assert host.get("/api/Hello").status == 503
        assert not host.worker_pids
        (app / "app_offline.htm").unlink()
        host.wait_for_state("Running")
        assert host.get("/api/Hello").status == 200


def test_a_request_in_flight_ends_when_the_app_goes_offline(tmp_path: Path) -> None:
    app = changing_app(tmp_path / "app")
    with HostProcess(app) as host:
        held = Held(host, tmp_path, "held")
        (app / "app_offline.htm").touch()
        host.wait_for_state("Offline")
        assert host.get("/api/Version").status == 503
        assert held.release() == "one"
        eventually(lambda: not host.worker_pids, 30)


def test_a_function_whose_import_ends_the_worker_is_in_error_alone(tmp_path: Path) -> None:
    app = hello_app(tmp_path / "app")
    write_function(app, "Ends", "import os\nprint('last words', flush=True)\nos._exit(7)\n")
    with HostProcess(app) as host:
        assert "exited with code 7" in host.function_errors("Ends")[0]
        host.wait_for_line("last words")
        assert host.get("/api/Ends").status == 500
        assert host.get("/api/Hello").text == "hello from Hello"
        (app / "Ends" / "__init__.py").write_text(says("mended"))
        eventually(lambda: host.get("/api/Ends").text == "mended", 30)
        assert host.get("/api/Hello").text == "hello from Hello"


def test_a_worker_that_never_comes_up_is_state_error_until_the_code_is_mended(tmp_path: Path) -> None:
    app = tmp_path / "app"
    app.mkdir()
    (app / "function_app.py").write_text("import os\nprint('last words', flush=True)\nos._exit(7)\n")
    with HostProcess(app, state="Error") as host:
        assert "exited with code 7" in status_errors(host)[0]
        host.wait_for_line("last words")
        assert (host.get("/api/Hello").status, host.get("/api/Hello").text) == NOT_RUNNING
        (app / "function_app.py").unlink()
        write_function(app, "Hello", says("mended"))
        host.wait_for_state("Running")
        eventually(lambda: host.get("/api/Hello").text == "mended", 30)
        assert host.stop() == 0


def start(app: Path, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return func("start", "--port", "0", cwd=app, env={**process_environment(), **env})


@pytest.mark.parametrize(
    ("name", "value", "texts"),
    [
        ("FUNCTIONS_WORKER_PROCESS_COUNT", "11", ("11 worker processes are too many", "10")),
        ("FUNCTIONS_WORKER_PROCESS_COUNT", "many", ("'many' is not a whole number",)),
        ("FUNCTIONS_REQUEST_BODY_SIZE_LIMIT", "0", ("1 is the least",)),
        ("FUNCTIONS_WORKER_RUNTIME", "node", ("'node'", "python")),
    ],
)
def test_a_wrong_setting_ends_the_start_with_one_sentence_and_1(
    tmp_path: Path, name: str, value: str, texts: tuple[str, ...]
) -> None:
    ended = start(hello_app(tmp_path / "app"), {name: value})
    assert ended.returncode == 1
    told = (ended.stdout + ended.stderr).strip()
    assert name in told
    for text in texts:
        assert text in told
    assert "Traceback" not in told
    assert told.count(name) == 1


@pytest.mark.parametrize(
    ("content", "texts"),
    [
        (
            '{\n  "IsEncrypted": true,\n  "Values": {"A": "xyz"}\n}',
            ("local.settings.json:3", "Values.A", "not encrypted"),
        ),
        ('{\n  "Values": {\n    "A": {}\n  }\n}', ("local.settings.json:3", "Values.A")),
        ("{", ("local.settings.json:1", "not valid JSON")),
    ],
)
def test_wrong_local_settings_are_state_error_until_they_are_mended(
    tmp_path: Path, content: str, texts: tuple[str, ...]
) -> None:
    app = hello_app(tmp_path / "app")
    write_function(app, "Greet", "import os\n\ndef main(req):\n    return os.environ['GREETING']\n")
    (app / "local.settings.json").write_text(content)
    with HostProcess(app, state="Error") as host:
        (error,) = status_errors(host)
        for text in texts:
            assert text in error
            host.wait_for_line(re.escape(text))
        assert (host.get("/api/Greet").status, host.get("/api/Greet").text) == NOT_RUNNING
        write_settings(app, {"GREETING": "good day"})
        host.wait_for_state("Running")
        assert host.get("/api/Greet").text == "good day"
        assert host.stop() == 0


@pytest.mark.parametrize(
    "setting", ["languageWorkers__python__defaultExecutablePath", "languageWorkers:python:defaultExecutablePath"]
)
def test_an_interpreter_setting_that_is_wrong_is_state_error_and_named(tmp_path: Path, setting: str) -> None:
    app = hello_app(tmp_path / "app")
    write_settings(app, {setting: "/no/such/python"})
    with HostProcess(app, state="Error") as host:
        (error,) = status_errors(host)
        assert setting in error
        assert "/no/such/python" in error
        host.wait_for_line(re.escape(setting))
        assert (host.get("/api/Hello").status, host.get("/api/Hello").text) == NOT_RUNNING
        assert not host.worker_pids
        assert host.stop() == 0
