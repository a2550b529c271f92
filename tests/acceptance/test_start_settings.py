"""Where `func start` takes its settings from: options, local.settings.json, the environment, the folders."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from funchost.testing import HostProcess
from tests.acceptance.small_app import function_names, hello_app, write_function, write_settings
from tests.ports import free_ports

ENVIRONMENT_APP = """
import json, os

def main(req):
    return json.dumps({name: os.environ.get(name) for name in req.params["names"].split(" ")})
"""


def environment_of(host: HostProcess, *names: str) -> dict[str, str | None]:
    answer: dict[str, str | None] = json.loads(host.get("/api/Environment?names=" + "%20".join(names)).text)
    return answer


@pytest.fixture
def app(tmp_path: Path) -> Path:
    folder = hello_app(tmp_path / "app")
    write_function(folder, "Environment", ENVIRONMENT_APP)
    return folder


def test_environment_beats_local_settings_and_says_so(app: Path) -> None:
    write_settings(app, {"ONE": "file", "TWO": "file"})
    with HostProcess(app, env={"TWO": "process"}) as host:
        assert environment_of(host, "ONE", "TWO") == {"ONE": "file", "TWO": "process"}
        assert (
            "Skipping 'TWO' from local settings as it's already defined in current environment variables."
            in host.output
        )


def test_what_the_tool_sets_for_the_app(app: Path) -> None:
    [port] = free_ports(1)
    with HostProcess(app, "--port", str(port), env={"AZURE_FUNCTIONS_ENVIRONMENT": None}) as host:
        assert environment_of(
            host,
            "AZURE_FUNCTIONS_ENVIRONMENT",
            "WEBSITE_HOSTNAME",
            "AzureWebJobsScriptRoot",
            "FUNCTIONS_WORKER_RUNTIME",
        ) == {
            "AZURE_FUNCTIONS_ENVIRONMENT": "Development",
            "WEBSITE_HOSTNAME": f"localhost:{port}",
            "AzureWebJobsScriptRoot": str(app),
            "FUNCTIONS_WORKER_RUNTIME": "python",
        }


def test_option_beats_host_section(app: Path) -> None:
    ports = free_ports(2)
    write_settings(app, {}, LocalHttpPort=ports[0], CORS="https://file.example", CORSCredentials=True)
    with HostProcess(app, "--port", str(ports[1])) as host:
        assert host.url.endswith(f":{ports[1]}")
        answer = host.get("/api/Hello", headers={"Origin": "https://file.example"})
        assert answer.headers["Access-Control-Allow-Origin"] == "https://file.example"
        assert answer.headers["Access-Control-Allow-Credentials"] == "true"


def test_cors_option_answers_preflight(app: Path) -> None:
    with HostProcess(app, "--cors", "https://a.example,https://b.example") as host:
        headers = {"Origin": "https://b.example", "Access-Control-Request-Method": "PUT"}
        answer = host.request("OPTIONS", "/api/Hello", headers=headers)
        assert answer.status == 204
        assert answer.headers["Access-Control-Allow-Origin"] == "https://b.example"
        assert answer.headers["Access-Control-Allow-Credentials"] is None
        other = host.get("/api/Hello", headers={"Origin": "https://c.example"})
        assert other.headers["Access-Control-Allow-Origin"] is None


@pytest.mark.parametrize("written", [["--functions", "One", "three"], ["--functions", "One,three"]])
def test_functions_option_loads_these_alone(tmp_path: Path, written: list[str]) -> None:
    app = hello_app(tmp_path / "app", "One", "Two", "Three")
    with HostProcess(app, *written) as host:
        host.wait_for_line("For detailed output")
        assert function_names(host.lines) == ["One", "Three"]
        assert host.get("/api/One").text == "hello from One"
        assert host.get("/api/Two").status == 404


@pytest.mark.parametrize("flag", ["--enable-auth", "--enableAuth"])
def test_keys_are_checked_only_on_request(app: Path, flag: str) -> None:
    with HostProcess(app) as host:
        assert host.get("/api/Hello").status == 200
    with HostProcess(app, flag, state=None) as host:
        host.wait_for_line("Functions:")
        assert host.get("/api/Hello").status == 401


@pytest.mark.parametrize("flag", ["--use-https", "--useHttps"])
def test_https_with_a_self_signed_certificate(app: Path, flag: str) -> None:
    with HostProcess(app, flag) as host:
        assert host.url.startswith("https://")
        assert host.get("/api/Hello").text == "hello from Hello"
        host.wait_for_line("https://localhost:\\d+/api/Hello")


def test_interpreter_arguments_reach_the_worker(app: Path) -> None:
    write_function(app, "Options", "import sys\n\ndef main(req):\n    return str(sys._xoptions.get('funchost_test'))\n")
    with HostProcess(app, "--language-worker", "--", "-X funchost_test=reached") as host:
        assert host.get("/api/Options").text == "reached"


@pytest.mark.parametrize("how", ["option", "setting", "search"])
def test_app_is_found_from_elsewhere(tmp_path: Path, how: str) -> None:
    app = hello_app(tmp_path / "app")
    inner = app / "shared" / "deep"
    inner.mkdir(parents=True)
    start = inner if how == "search" else tmp_path
    arguments = ["--script-root", "app"] if how == "option" else []
    environ = {"AzureWebJobsScriptRoot": "app"} if how == "setting" else {}
    with HostProcess(start, *arguments, env=environ) as host:
        assert host.get("/api/Hello").text == "hello from Hello"


def test_empty_folder_comes_up_and_says_that_there_are_no_functions(tmp_path: Path) -> None:
    with HostProcess(tmp_path) as host:
        host.wait_for_line("No functions found in ")
    assert list(tmp_path.iterdir()) == []


def test_options_may_stand_in_front_of_the_command(app: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "funchost", "--verbose", "--script-root", str(app), "HOST", "Start", "-p0"],
        env={**os.environ, "VIRTUAL_ENV": sys.prefix},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    with process:
        try:
            assert process.stdout is not None
            assert any("Listening on http://127.0.0.1:" in line for line in process.stdout)
        finally:
            process.terminate()
            process.communicate(timeout=60)
    assert process.returncode == 0
