"""Functions that cannot be loaded when the app starts, and projects that cannot be written to."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from funchost.testing import HostProcess
from tests.acceptance.small_app import hello_app, write_function
from tests.integration.faults.bystander import Bystander
from tests.integration.host.reloading import status_errors

BROKEN = {
    "Raises": ("import os\n\nVALUE = os.environ['NOT_THERE']\n", "KeyError: 'NOT_THERE'", 3),
    "Syntax": ("def main(req):\n    return (\n", "SyntaxError: ", 2),
    "NoMain": ("def other(req):\n    return ''\n", "main", None),
    "Exits": ("import sys\nsys.exit(3)\n", "SystemExit", 2),
    "Deep": ("from . import deeper\n\ndef main(req):\n    return deeper.x\n", "ZeroDivisionError", 1),
    "Signature": ("def main(request):\n    return ''\n", "request", None),
}


def test_broken_functions_are_told_everywhere_and_the_rest_runs(tmp_path: Path) -> None:
    app = hello_app(tmp_path / "app", "innocent")
    for name, (code, _, _) in BROKEN.items():
        write_function(app, name, code)
    (app / "Deep" / "deeper.py").write_text("x = 1 / 0\n")
    with HostProcess(app) as host, Bystander(host):
        assert host.status()["state"] == "Running"
        told = status_errors(host)
        assert len(told) == len(BROKEN)
        for name, (_, text, line) in BROKEN.items():
            (error,) = host.function_errors(name)
            assert text in error
            assert any(f"'{name}'" in entry and error in entry for entry in told)
            file = app / name / ("deeper.py" if name == "Deep" else "__init__.py")
            if line is not None:
                assert f'File "{file}", line {line}' in error
            host.wait_for_line(re.escape(f"The '{name}' function is in error"))
            host.wait_for_line(rf"^\t{name}: in error: .*")
            answer = host.get(f"/api/{name}")
            assert answer.status == 500
            assert text in answer.text
            assert f"The function '{name}' is in error and cannot run." in answer.text
        assert "Traceback (most recent call last)" in host.output
        assert host.get("/api/innocent").text == "hello from innocent"


def test_strangers_are_not_told_why_a_function_is_in_error(tmp_path: Path) -> None:
    app = hello_app(tmp_path / "app", "innocent")
    write_function(app, "Secret", "raise ValueError('the password')\n", authLevel="anonymous")
    with HostProcess(app, env={"AZURE_FUNCTIONS_ENVIRONMENT": "Production"}, state=None) as host:
        host.wait_for_line("Functions:", 30)
        answer = host.get("/api/Secret")
    assert (answer.status, answer.body) == (500, b"")


@pytest.mark.parametrize("model", ["function.json", "decorators"])
def test_a_package_that_is_not_installed_is_a_matter_of_requirements_txt(tmp_path: Path, model: str) -> None:
    app = tmp_path / "app"
    if model == "function.json":
        hello_app(app, "innocent")
        write_function(app, "NeedsIt", "import package_not_there.part\n\ndef main(req):\n    return ''\n")
        name, file = "NeedsIt", app / "NeedsIt" / "__init__.py"
    else:
        app.mkdir()
        name, file = "function_app.py", app / "function_app.py"
        file.write_text("import package_not_there.part\n")
    (app / "requirements.txt").write_text("azure-functions\npackage-not-there\n")
    with HostProcess(app) as host:
        (error,) = status_errors(host)
        assert "No module named 'package_not_there'" in error
        assert "requirements.txt" in error
        assert f'File "{file}", line 1' in error
        host.wait_for_line("requirements.txt")
        answer = host.get("/api/NeedsIt")
        assert answer.status == 500
        assert "requirements.txt" in answer.text
        if model == "function.json":
            assert host.get("/api/innocent").status == 200
            assert "requirements.txt" in host.function_errors(name)[0]


def test_a_wrong_function_json_is_told_with_file_and_line(tmp_path: Path) -> None:
    app = hello_app(tmp_path / "app", "innocent")
    wrong = {
        "Syntax": ('{\n "bindings": [\n  {"type" "httpTrigger"}\n ]\n}', 3),
        "NoBindings": ("{}", None),
        "TwoTriggers": (json.dumps({"bindings": [{"type": "httpTrigger", "name": n} for n in "ab"]}), None),
        "NoDirection": ('{\n "bindings": [\n  {"name": "x"}\n ]\n}', 3),
        "Empty": ("", None),
        "List": ("[]", None),
    }
    for name, (text, _) in wrong.items():
        write_function(app, name, "def main(req):\n    return ''\n")
        (app / name / "function.json").write_text(text)
    with HostProcess(app) as host, Bystander(host):
        for name, (_, line) in wrong.items():
            (error,) = host.function_errors(name)
            answer = host.get(f"/api/{name}")
            assert answer.status == 500
            assert error in answer.text
            place = str(app / name / "function.json") + (f":{line}" if line else "")
            assert place in answer.text
            host.wait_for_line(re.escape(f"The '{name}' function is in error"))


def test_a_project_that_cannot_be_written_to_runs_and_its_keys_live_in_memory(tmp_path: Path) -> None:
    app = hello_app(tmp_path / "app", "innocent")
    before = sorted(path for path in app.rglob("*"))
    with read_only(app), HostProcess(app, prefix=without_override()) as host:
        assert not writable(app, host), "the test's own means do not work here"
        with Bystander(host):
            assert host.get("/api/innocent").text == "hello from innocent"
        keys = host.get("/admin/host/keys").json()
        assert isinstance(keys, dict)
        assert [key["name"] for key in keys["keys"]] == ["default"]
        assert host.get("/admin/host/keys").json() == keys
        line = host.wait_for_line(r"Keys cannot be kept in (?P<folder>\S+)").string
        assert str(app / ".funchost" / "secrets") in line
        assert "memory" in line
        assert "FUNCTIONS_SECRETS_PATH" in line
        assert host.status()["state"] == "Running"
        assert host.stop() == 0
    assert sorted(path for path in app.rglob("*")) == before


def test_keys_of_a_project_that_cannot_be_written_to_are_enforced(tmp_path: Path) -> None:
    app = hello_app(tmp_path / "app", "innocent")
    secrets = tmp_path / "secrets"
    environ = {"FUNCTIONS_SECRETS_PATH": str(secrets)}
    with read_only(app), HostProcess(app, prefix=without_override(), env=environ) as host:
        keys = host.get("/admin/host/keys").json()
        assert isinstance(keys, dict)
        assert (secrets / "host.json").exists()
    (key,) = (entry["value"] for entry in keys["keys"])
    with read_only(app), HostProcess(app, "--enable-auth", prefix=without_override(), env=environ, state=None) as host:
        host.wait_for_line("Functions:", 30)
        assert host.get("/api/innocent").status == 401
        assert host.get(f"/api/innocent?code={key}").status == 200


def without_override() -> tuple[str, ...]:
    """A command in front of the host's that makes file modes count for root too; empty for everybody else."""
    if os.geteuid() != 0:
        return ()
    if shutil.which("setpriv") is None:
        pytest.skip("file modes do not count for root, and there is no setpriv to run the host without that right")
    return ("setpriv", "--bounding-set=-all", "--inh-caps=-all")


@contextmanager
def read_only(app: Path) -> Iterator[None]:
    paths = [app, *app.rglob("*")]
    modes = {path: path.stat().st_mode for path in paths}
    for path, mode in modes.items():
        path.chmod(mode & ~0o222)
    try:
        yield
    finally:
        for path, mode in modes.items():
            path.chmod(mode)


def writable(app: Path, host: HostProcess) -> bool:
    """Whether the host may write into the folder."""
    status = Path(f"/proc/{host.pid}/status")
    if os.geteuid() != 0:
        return os.access(app, os.W_OK)
    return "CapEff:\t0000000000000000" not in status.read_text()
