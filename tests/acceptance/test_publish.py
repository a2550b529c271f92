"""`func azure functionapp publish` against a server: every build, every way without a terminal, every failure."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import yaml  # type: ignore[import-untyped]

from funchost.testing import eventually
from tests.acceptance.deployed_app import Tool, get, invoke_url, server_with_tool, write_project, write_wheel
from tests.acceptance.small_app import FUNC, write_settings

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "pipelines"
PYTHON = f"3.{sys.version_info.minor}"
PUBLISH = ("azure", "functionapp", "publish")


@pytest.fixture(scope="module")
def tool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tool]:
    with server_with_tool(tmp_path_factory.mktemp("server")) as made:
        for name in ("shop", "other"):
            made.json("functionapp", "create", "-n", name, "--runtime-version", PYTHON, cwd=Path.cwd())
        yield made


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with a package that needs no network."""
    root = write_project(tmp_path / "project", "'from ' + tiny.VERSION", lines=["import tiny"])
    (root / "requirements.txt").write_text(write_wheel(root, "tiny", "1.0") + "\n")
    return root


def test_every_build_brings_the_project_to_the_app(tool: Tool, project: Path) -> None:
    remote = tool.run(*PUBLISH, "shop", cwd=project)
    assert remote.returncode == 0, remote.stderr
    assert remote.stderr.index("Performing remote build") < remote.stderr.index("tiny==1.0")
    assert "Remote build succeeded!" in remote.stderr
    assert get(invoke_url(remote.stdout, "Hello")).text == "from 1.0"

    (project / "requirements.txt").write_text(write_wheel(project, "tiny", "2.0") + "\n")
    local = tool.publish("shop", "--build", "local", cwd=project)
    assert get(invoke_url(local, "Hello")).text == "from 2.0"
    assert (project / ".python_packages" / "lib" / "site-packages" / "tiny.py").is_file()

    (project / ".python_packages" / "lib" / "site-packages" / "tiny.py").write_text("VERSION = 'my own'\n")
    none = tool.publish("shop", "--no-build", cwd=project)
    assert get(invoke_url(none, "Hello")).text == "from my own"

    assert tool.publish("shop", "--no-build", "--nozip", cwd=project)
    assert tool.call("shop", "/api/hello").text == "from my own"


def test_keys_are_shown_on_demand_and_work(tool: Tool, tmp_path: Path) -> None:
    project = write_project(tmp_path / "project", "'in'", level="function")
    plain = invoke_url(tool.publish("other", cwd=project), "Hello")
    assert get(plain).status == 401
    listed = tool.run("azure", "functionapp", "list-functions", "other", "--show-keys", cwd=project)
    assert get(invoke_url(listed.stdout, "Hello")).text == "in"
    shown = tool.publish("other", "--show-keys", cwd=project)
    assert get(invoke_url(shown, "Hello")).text == "in"


def test_a_project_that_cannot_be_loaded_fails_with_its_traceback_and_the_old_version_serves(
    tool: Tool, tmp_path: Path
) -> None:
    tool.publish("shop", cwd=write_project(tmp_path / "good", "'good'"))
    bad = write_project(tmp_path / "bad", "'bad'", lines=["import no_such_module"])
    done = tool.run(*PUBLISH, "shop", cwd=bad)
    assert done.returncode == 1
    assert "No module named 'no_such_module'" in done.stderr
    assert "Hello/__init__.py" in done.stderr
    assert tool.call("shop", "/api/hello").text == "good"


def test_a_remote_build_that_fails_names_the_package(tool: Tool, tmp_path: Path) -> None:
    tool.publish("shop", cwd=write_project(tmp_path / "good", "'good'"))
    bad = write_project(tmp_path / "bad", "'bad'")
    (bad / "requirements.txt").write_text("./wheels/missing-1.0-py3-none-any.whl\n")
    done = tool.run(*PUBLISH, "shop", cwd=bad)
    assert done.returncode == 1
    assert "missing-1.0" in done.stderr
    assert "error: " in done.stderr.splitlines()[-2]
    assert tool.call("shop", "/api/hello").text == "good"
    settings = tool.json("functionapp", "config", "appsettings", "list", "-n", "shop", cwd=bad)
    assert "SCM_DO_BUILD_DURING_DEPLOYMENT" not in str(settings)


def test_unknown_app_wrong_token_and_silent_server_are_clear_errors(tool: Tool, project: Path) -> None:
    unknown = tool.run(*PUBLISH, "nobody", cwd=project)
    assert (unknown.returncode, unknown.stdout) == (1, "")
    assert 'error: Can\'t find app with name "nobody"' in unknown.stderr

    wrong = tool.run(*PUBLISH, "shop", "--access-token", "wrong", cwd=project)
    assert wrong.returncode == 1
    assert "does not accept the credential (401)" in wrong.stderr

    with socket.socket() as silent:  # nobody listens on its port, and nobody else gets it
        silent.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        down = tool.run(*PUBLISH, "shop", "--management-url", url, "--access-token", "x", cwd=project)
    assert down.returncode == 1
    assert f"error: {url} cannot be reached: " in down.stderr
    assert "hint: " in down.stderr

    nobody = tool.run(*PUBLISH, "shop", "--management-url", url, cwd=project)
    assert nobody.returncode == 1
    assert f"There is no access token for {url}" in nobody.stderr


def test_the_second_of_two_deployments_is_refused(tool: Tool, tmp_path: Path) -> None:
    slow = write_project(tmp_path / "slow", "'slow'", lines=until(go_on := tool.server.data.parent / "second"))
    fast = write_project(tmp_path / "fast", "'fast'")
    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(tool.run, *PUBLISH, "other", "--no-build", cwd=slow)
        try:
            eventually(lambda: first.done() or is_deploying(tool, "other"), timeout=60)
            second = tool.run(*PUBLISH, "other", "--no-build", cwd=fast)
        finally:
            go_on.touch()
    assert first.result().returncode == 0, first.result().stderr
    assert second.returncode == 1
    assert "deployment" in second.stderr.splitlines()[-1 if "hint" not in second.stderr else -2]
    assert tool.call("other", "/api/hello").text == "slow"


def test_ctrl_c_after_the_upload_says_that_the_server_goes_on(tool: Tool, tmp_path: Path) -> None:
    slow = write_project(tmp_path / "slow", "'on'", lines=until(go_on := tool.server.data.parent / "ctrl-c"))
    environ = tool.server.command_environment()
    with subprocess.Popen(
        [FUNC, *PUBLISH, "other", "--no-build"], cwd=slow, env=environ, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        while "Loading the app" not in (line := process.stderr.readline()):
            assert line, "it has ended"
        process.send_signal(signal.SIGINT)
        rest = process.stderr.read()
    go_on.touch()
    assert process.returncode == 130
    assert rest.splitlines()[-1].startswith("The server goes on with the deployment; ")
    eventually(lambda: tool.call("other", "/api/hello").text == "on", timeout=60)


def until(file: Path) -> list[str]:
    """Return lines of code that wait for a file; it must stay for as long as the server may start an instance."""
    return ["import time", f"while not os.path.exists({str(file)!r}): time.sleep(0.05)"]


def is_deploying(tool: Tool, app: str) -> bool:
    answer = tool.server.manage("GET", "/api/isdeploying", host=f"{app}.scm.localhost")
    return answer.json() == {"value": "True"}


def test_files_are_listed_without_a_server(tmp_path: Path) -> None:
    root = write_project(tmp_path / "project", "'x'")
    (root / ".funcignore").write_text("notes.txt\n")
    (root / "notes.txt").write_text("")
    env = {"PATH": "/usr/bin:/bin", "FUNCHOST_CONFIG_DIR": str(tmp_path / "nothing")}

    def listed(option: str) -> list[str]:
        done = subprocess.run(
            [FUNC, *PUBLISH, "shop", option], cwd=root, env=env, capture_output=True, text=True, timeout=60, check=True
        )
        return done.stdout.splitlines()

    assert listed("--list-included-files") == [
        str(root / name) for name in ("Hello/__init__.py", "Hello/function.json", "host.json")
    ]
    assert str(root / "notes.txt") in listed("--list-ignored-files")


def test_local_settings_are_pushed_on_demand_and_values_of_the_app_stay(tool: Tool, tmp_path: Path) -> None:
    root = write_project(tmp_path / "project", "os.environ['LEVEL'] + os.environ['EXTRA']")
    tool.json("functionapp", "config", "appsettings", "set", "-n", "shop", "--settings", "LEVEL=app", cwd=root)
    values = {"LEVEL": "local", "EXTRA": "!", "AzureWebJobsStorage": "UseDevelopmentStorage=true"}
    write_settings(root, values)
    done = tool.run(*PUBLISH, "shop", "-i", cwd=root)
    assert done.returncode == 0, done.stderr
    assert "Skipping AzureWebJobsStorage" in done.stderr
    assert "the app's value stays" in done.stderr
    assert tool.call("shop", "/api/hello").text == "app!"
    assert tool.run(*PUBLISH, "shop", "-o", "-y", cwd=root).returncode == 0
    listed = tool.json("functionapp", "config", "appsettings", "list", "-n", "shop", cwd=root)
    assert isinstance(listed, list)
    settings = {entry["name"]: entry["value"] for entry in listed}
    assert settings["LEVEL"] == "local"
    assert settings["AzureWebJobsStorage"].startswith("DefaultEndpointsProtocol")


@pytest.mark.parametrize("form", ["{}", '{{"accessToken": "{}", "tokenType": "Bearer"}}'])
def test_the_token_may_come_on_stdin(tool: Tool, tmp_path: Path, form: str) -> None:
    root = write_project(tmp_path / "project", "'stdin'")
    done = tool.run(
        *PUBLISH, "shop", "--no-build", "--access-token-stdin", "--management-url", tool.server.url,
        cwd=root, env={"FUNCHOST_CONFIG_DIR": str(tmp_path / "nothing")}, data=form.format(tool.server.token) + "\n",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert tool.server.token not in done.stdout + done.stderr
    assert tool.call("shop", "/api/hello").text == "stdin"


def test_a_publish_profile_needs_no_token(tool: Tool, project: Path, tmp_path: Path) -> None:
    fetched = tool.run("functionapp", "deployment", "list-publishing-profiles", "-n", "other", cwd=project)
    profile = tmp_path / "other.PublishSettings"
    profile.write_text(fetched.stdout)
    env = {"FUNCHOST_CONFIG_DIR": str(tmp_path / "nothing")}
    for build, text in (("remote", "from 1.0"), ("local", "from 2.0")):
        done = tool.run(*PUBLISH, "--publish-profile", str(profile), "--build", build, cwd=project, env=env)
        assert done.returncode == 0, done.stderr
        assert "Hello - [httpTrigger]" in done.stdout
        assert tool.call("other", "/api/hello").text == text
        (project / "requirements.txt").write_text(write_wheel(project, "tiny", "2.0") + "\n")
    profile.write_text(fetched.stdout.replace('userPWD="', 'userPWD="x'))
    wrong = tool.run(*PUBLISH, "--publish-profile", str(profile), cwd=project, env=env)
    assert wrong.returncode == 1
    assert "does not accept the credential (401)" in wrong.stderr


def test_the_shell_pipeline_publishes(tool: Tool, tmp_path: Path) -> None:
    root = write_project(tmp_path / "project", "'pipeline'")
    environ = {
        "PATH": f"{FUNC.parent}:/usr/bin:/bin",
        "APP_NAME": "shop",
        "FUNCHOST_MANAGEMENT_URL": tool.server.url,
        "FUNCHOST_TOKEN": tool.server.token,
        "FUNCHOST_CONFIG_DIR": str(tmp_path / "nothing"),
    }
    done = subprocess.run(
        ["sh", EXAMPLES / "publish.sh"],
        cwd=root,
        env=environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert tool.call("shop", "/api/hello").text == "pipeline"


def test_the_azure_pipelines_file_says_the_same() -> None:
    document = yaml.safe_load((EXAMPLES / "azure-pipelines.yml").read_text())
    publish = next(step for step in document["steps"] if step.get("displayName") == "Publish")
    command = (EXAMPLES / "publish.sh").read_text().splitlines()[-1]
    assert publish["script"] == command
    assert publish["env"] == {"FUNCHOST_TOKEN": "$(funchostToken)"}
    assert set(document["variables"]) == {"APP_NAME", "FUNCHOST_MANAGEMENT_URL"}


def test_a_project_that_is_none_never_reaches_the_server(tool: Tool, tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    write_project(tmp_path / "inner" / "app", "'x'")
    done = tool.run(*PUBLISH, "shop", cwd=tmp_path / "inner")
    assert done.returncode == 1
    assert "holds no host.json" in done.stderr
    mixed = write_project(tmp_path / "mixed", "'x'")
    (mixed / "function_app.py").write_text("")
    done = tool.run(*PUBLISH, "shop", cwd=mixed)
    assert done.returncode == 1
    assert "Cannot mix Python V1 and V2 programming models" in done.stderr


def test_https_with_a_certificate_of_its_own(tmp_path: Path) -> None:
    root = write_project(tmp_path / "project", "'safe'")
    with server_with_tool(tmp_path / "server", "--https") as tool:
        tool.json("functionapp", "create", "-n", "shop", "--runtime-version", PYTHON, cwd=root)
        tool.publish("shop", cwd=root)
        profile = tmp_path / "shop.PublishSettings"
        profile.write_text(
            tool.run("functionapp", "deployment", "list-publishing-profiles", "-n", "shop", cwd=root).stdout
        )
        env = {"FUNCHOST_CONFIG_DIR": str(tmp_path / "nothing")}
        words = (*PUBLISH, "--publish-profile", str(profile))
        strange = tool.run(*words, cwd=root, env=env)
        assert strange.returncode == 1
        assert "is not trusted" in strange.stderr
        assert "--ca-file" in strange.stderr
        certificate = tool.server.data / "certificate.pem"
        trusted = tool.run(*words, "--ca-file", str(certificate), cwd=root, env=env)
        assert trusted.returncode == 0, trusted.stderr


def test_server_that_dies_while_it_deploys_is_an_error_and_the_old_version_serves_after_its_restart(
    tmp_path: Path,
) -> None:
    old = write_project(tmp_path / "old", "'old'")
    new = write_project(tmp_path / "new", "'new'", lines=until(tmp_path / "never"))
    with server_with_tool(tmp_path / "server") as tool:
        tool.json("functionapp", "create", "-n", "shop", "--runtime-version", PYTHON, cwd=old)
        tool.publish("shop", cwd=old)
        with ThreadPoolExecutor(1) as threads:
            publishing = threads.submit(tool.run, *PUBLISH, "shop", cwd=new)
            eventually(lambda: publishing.done() or is_deploying(tool, "shop"), timeout=60)
            tool.server.kill()
        done = publishing.result()
        assert done.returncode == 1
        assert "went away before the deployment had ended" in done.stderr
        tool.server.start()
        assert tool.call("shop", "/api/hello").text == "old"
        listed = tool.json("functionapp", "deployment", "list", "-n", "shop", cwd=old)
        assert isinstance(listed, list)
        assert [(entry["status"], entry["active"]) for entry in listed] == [("failed", False), ("success", True)]
