"""`func functionapp` and the rest of `func azure functionapp` against a server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from funchost.testing import eventually
from tests.acceptance.deployed_app import Tool, server_with_tool, write_project
from tests.acceptance.small_app import FUNC

PYTHON = f"3.{sys.version_info.minor}"
ORIGIN = "https://contoso.com"


@pytest.fixture(scope="module")
def tool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tool]:
    with server_with_tool(tmp_path_factory.mktemp("server")) as made:
        made.json("functionapp", "create", "-n", "shop", "--runtime-version", PYTHON, cwd=Path.cwd())
        yield made


def apps(tool: Tool, cwd: Path) -> dict[str, dict[str, object]]:
    listed = tool.json("functionapp", "list", cwd=cwd)
    assert isinstance(listed, list)
    return {entry["name"]: entry for entry in listed}


def test_an_app_lives_from_create_to_delete(tool: Tool, tmp_path: Path) -> None:
    created = tool.json(
        "functionapp", "create", "--name", "brief", "--resource-group", "any", "--runtime", "python",
        "--runtime-version", PYTHON, "--functions-version", "4", "--storage-account", "x", "--os-type", "Linux",
        "--settings", "LIST=a,b", "EMPTY=", cwd=tmp_path,
    )  # fmt: skip
    assert isinstance(created, dict)
    assert (created["name"], created["runtimeVersion"], created["functionsVersion"]) == ("brief", PYTHON, "4")
    assert apps(tool, tmp_path)["brief"]["state"] == "Running"
    settings = tool.run("functionapp", "config", "appsettings", "list", "-n", "brief", "-o", "tsv", cwd=tmp_path)
    assert "LIST\ta,b" in settings.stdout
    again = tool.run("functionapp", "create", "-n", "brief", cwd=tmp_path)
    assert (again.returncode, again.stderr.splitlines()[0]) == (
        1,
        "error: There is a function app called brief already.",
    )
    assert tool.run("functionapp", "stop", "-n", "brief", cwd=tmp_path).returncode == 0
    shown = tool.run("functionapp", "show", "-n", "brief", "-o", "table", cwd=tmp_path)
    assert "state             Stopped" in shown.stdout
    assert tool.run("functionapp", "start", "-n", "brief", cwd=tmp_path).returncode == 0
    assert tool.run("functionapp", "restart", "-n", "brief", cwd=tmp_path).returncode == 0
    unasked = tool.run("functionapp", "delete", "-n", "brief", cwd=tmp_path)
    assert unasked.returncode == 2
    assert "Add --yes." in unasked.stderr
    deleted = tool.run("functionapp", "delete", "-n", "brief", "--yes", "-o", "none", cwd=tmp_path)
    assert (deleted.returncode, deleted.stdout, deleted.stderr) == (0, "", "Deleted brief.\n")
    assert "brief" not in apps(tool, tmp_path)
    gone = tool.run("functionapp", "show", "-n", "brief", cwd=tmp_path)
    assert (gone.returncode, 'Can\'t find app with name "brief"' in gone.stderr) == (1, True)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--runtime-version", "3.99"), "3.99"),
        (("--runtime-version", "3.11", "--functions-version", "2"), "3.6"),
        (("--functions-version", "7"), "4"),
        (("--runtime", "node"), "node"),
    ],
)
def test_versions_that_are_not_served_are_named(
    tool: Tool, tmp_path: Path, options: tuple[str, ...], message: str
) -> None:
    done = tool.run("functionapp", "create", "-n", "never", *options, cwd=tmp_path)
    assert done.returncode in (1, 2)
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert "never" not in apps(tool, tmp_path)


@pytest.mark.parametrize("name", ["a/b", "../x", "x y", "", "a'b"])
def test_names_that_are_none_are_refused(tool: Tool, tmp_path: Path, name: str) -> None:
    done = tool.run("functionapp", "create", "-n", name, cwd=tmp_path)
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)


def test_settings_reach_the_app_and_their_values_are_not_printed(tool: Tool, tmp_path: Path) -> None:
    tool.publish("shop", cwd=write_project(tmp_path / "project", "os.environ.get('LEVEL', 'none')"))
    file = tmp_path / "settings.json"
    file.write_text(json.dumps({"LEVEL": "secret value"}))
    change = ("functionapp", "config", "appsettings")
    done = tool.run(*change, "set", "-n", "shop", "--settings", f"@{file}", "--slot-settings", "STAYS=1", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "secret value" not in done.stdout + done.stderr
    assert {"name": "STAYS", "slotSetting": True, "value": None} in json.loads(done.stdout)
    assert tool.call("shop", "/api/hello").text == "secret value"
    assert tool.run(*change, "delete", "-n", "shop", "--setting-names", "level", cwd=tmp_path).returncode == 0
    assert tool.call("shop", "/api/hello").text == "none"
    config = tool.json("functionapp", "config", "show", "-n", "shop", cwd=tmp_path)
    assert isinstance(config, dict)
    assert config["linuxFxVersion"] == f"PYTHON|{PYTHON}"


def test_a_setting_that_the_app_does_not_load_with_is_an_error_and_the_app_goes_on(tool: Tool, tmp_path: Path) -> None:
    needs_a_number = "int(os.environ.get('LEVEL', '0'))"
    tool.publish("shop", cwd=write_project(tmp_path / "project", "'works'", lines=[needs_a_number]))
    change = ("functionapp", "config", "appsettings")
    broken = tool.run(*change, "set", "-n", "shop", "--settings", "LEVEL=high", cwd=tmp_path)
    assert broken.returncode == 1
    assert "invalid literal for int() with base 10: 'high'" in broken.stderr
    assert tool.call("shop", "/api/hello").text == "works"
    shown = tool.json("functionapp", "show", "-n", "shop", cwd=tmp_path)
    assert isinstance(shown, dict)
    assert "invalid literal for int()" in str(shown["errors"])
    mended = tool.run(*change, "delete", "-n", "shop", "--setting-names", "LEVEL", cwd=tmp_path)
    assert mended.returncode == 0, mended.stderr


def test_origins_that_were_added_get_their_headers(tool: Tool, tmp_path: Path) -> None:
    tool.publish("shop", cwd=write_project(tmp_path / "project", "'x'"))

    def allowed() -> str | None:
        headers = {"Origin": ORIGIN, "Access-Control-Request-Method": "GET"}
        return tool.call("shop", "/api/hello", method="OPTIONS", **headers).headers["Access-Control-Allow-Origin"]

    assert allowed() is None
    rules = tool.json("functionapp", "cors", "add", "-n", "shop", "--allowed-origins", ORIGIN, cwd=tmp_path)
    assert rules == {"allowedOrigins": [ORIGIN], "supportCredentials": False}
    assert eventually(allowed) == ORIGIN
    assert tool.json("functionapp", "cors", "show", "-n", "shop", cwd=tmp_path) == rules
    rules = tool.json("functionapp", "cors", "remove", "-n", "shop", "--allowed-origins", ORIGIN, cwd=tmp_path)
    assert rules == {"allowedOrigins": [], "supportCredentials": False}
    wrong = tool.run("functionapp", "cors", "add", "-n", "shop", "--allowed-origins", "contoso.com", cwd=tmp_path)
    assert wrong.returncode == 2


def test_keys_are_made_used_and_deleted(tool: Tool, tmp_path: Path) -> None:
    tool.publish("shop", cwd=write_project(tmp_path / "project", "'in'", level="function"))
    made = tool.json("functionapp", "keys", "set", "-n", "shop", "--key-name", "client1", cwd=tmp_path)
    assert isinstance(made, dict)
    value = str(made["value"])

    def status() -> int:
        return tool.call("shop", "/api/hello", **{"x-functions-key": value}).status

    eventually(lambda: status() == 200)
    listed = tool.json("functionapp", "keys", "list", "-n", "shop", cwd=tmp_path)
    assert isinstance(listed, dict)
    assert listed["functionKeys"]["client1"] == value
    own = tool.json(
        "functionapp", "keys", "set", "-n", "shop", "--function-name", "Hello", "--key-name", "own", "--key-value", "-",
        cwd=tmp_path, data="a-key-of-my-own\n",
    )  # fmt: skip
    assert own == {"type": "functionKeys", "name": "own", "value": "a-key-of-my-own"}
    assert (
        tool.run("functionapp", "keys", "delete", "-n", "shop", "--key-name", "client1", cwd=tmp_path).returncode == 0
    )
    eventually(lambda: status() == 401)
    refused = tool.run("functionapp", "keys", "delete", "-n", "shop", "--key-type", "masterKey", cwd=tmp_path)
    assert refused.returncode == 2


def test_rollback_goes_one_version_back_or_to_a_certain_one(tool: Tool, tmp_path: Path) -> None:
    for text in ("one", "two", "three"):
        tool.publish("shop", cwd=write_project(tmp_path / text, repr(text)))
    listed = tool.json("functionapp", "deployment", "list", "-n", "shop", cwd=tmp_path)
    assert isinstance(listed, list)
    assert [entry["active"] for entry in listed[:3]] == [True, False, False]
    assert tool.run("functionapp", "deployment", "rollback", "-n", "shop", cwd=tmp_path).returncode == 0
    assert tool.call("shop", "/api/hello").text == "two"
    chosen = ("--id", listed[2]["id"])
    assert tool.run("functionapp", "deployment", "rollback", "-n", "shop", *chosen, cwd=tmp_path).returncode == 0
    assert tool.call("shop", "/api/hello").text == "one"
    shown = tool.run("functionapp", "deployment", "show", "-n", "shop", *chosen, cwd=tmp_path)
    assert json.loads(shown.stdout)["id"] == listed[2]["id"]
    assert "Hello" in shown.stderr
    unknown = tool.run("functionapp", "deployment", "rollback", "-n", "shop", "--id", "nothing", cwd=tmp_path)
    assert (unknown.returncode, "Traceback" in unknown.stderr) == (1, False)
    assert tool.call("shop", "/api/hello").text == "one"


def test_slots_are_published_to_and_swapped(tool: Tool, tmp_path: Path) -> None:
    slot = ("functionapp", "deployment", "slot")
    tool.publish("shop", cwd=write_project(tmp_path / "old", "'old'"))
    made = tool.json(*slot, "create", "-n", "shop", "-s", "staging", "--configuration-source", "shop", cwd=tmp_path)
    assert isinstance(made, dict)
    assert made["name"] == "shop/staging"
    tool.publish("shop", "--slot", "staging", cwd=write_project(tmp_path / "new", "'new'"))
    assert (tool.call("shop", "/api/hello").text, tool.call("shop-staging", "/api/hello").text) == ("old", "new")
    swapped = tool.run(*slot, "swap", "-n", "shop", "--slot", "staging", cwd=tmp_path)
    assert swapped.returncode == 0, swapped.stderr
    assert (tool.call("shop", "/api/hello").text, tool.call("shop-staging", "/api/hello").text) == ("new", "old")
    assert [entry["name"] for entry in _list(tool.json(*slot, "list", "-n", "shop", cwd=tmp_path))] == ["shop/staging"]
    assert tool.run(*slot, "create", "-n", "shop", "-s", "staging", cwd=tmp_path).returncode == 1
    itself = tool.run(*slot, "create", "-n", "shop", "-s", "Production", cwd=tmp_path)
    assert itself.returncode == 2
    assert "is the app itself" in itself.stderr
    assert tool.run(*slot, "delete", "-n", "shop", "-s", "staging", "--yes", cwd=tmp_path).returncode == 0
    assert _list(tool.json(*slot, "list", "-n", "shop", cwd=tmp_path)) == []


def _list(document: object) -> list[dict[str, object]]:
    assert isinstance(document, list)
    return document


def test_limits_of_instances(tool: Tool, tmp_path: Path) -> None:
    tool.publish("shop", cwd=write_project(tmp_path / "project", "'x'"))
    scale = tool.json("functionapp", "scale", "set", "-n", "shop", "--minimum", "1", "--maximum", "3", cwd=tmp_path)
    assert isinstance(scale, dict)
    assert (scale["minimum"], scale["maximum"]) == (1, 3)
    shown = tool.run("functionapp", "scale", "show", "-n", "shop", "-o", "table", cwd=tmp_path)
    assert "maximum    3" in shown.stdout
    wrong = tool.run("functionapp", "scale", "set", "-n", "shop", "--minimum", "3", "--maximum", "1", cwd=tmp_path)
    assert wrong.returncode == 2
    limited = tool.json("functionapp", "scale", "set", "-n", "shop", "--memory", "512", cwd=tmp_path)
    assert isinstance(limited, dict)
    assert (limited["minimum"], limited["maximum"], limited["memory"]) == (1, 3, 512)
    little = tool.run("functionapp", "scale", "set", "-n", "shop", "--memory", "8", cwd=tmp_path)
    assert little.returncode == 1
    assert "too low" in little.stderr
    free = tool.json("functionapp", "scale", "set", "-n", "shop", "--minimum", "0", "--memory", "0", cwd=tmp_path)
    assert isinstance(free, dict)
    assert (free["minimum"], free["memory"]) == (0, None)


def test_a_patch_release_of_python_is_refused_with_what_to_say(tool: Tool, tmp_path: Path) -> None:
    wrong = tool.run("functionapp", "create", "-n", "patch", "--runtime-version", "3.11.7", cwd=tmp_path)
    assert wrong.returncode == 2
    assert "hint: Say 3.11; " in wrong.stderr


def test_deleting_a_setting_that_is_not_there_names_it_as_it_was_written(tool: Tool, tmp_path: Path) -> None:
    gone = tool.run(
        "functionapp", "config", "appsettings", "delete", "-n", "shop", "--setting-names", "NoSuch", cwd=tmp_path
    )
    assert (gone.returncode, gone.stderr) == (0, "Not there: NoSuch.\n")


@pytest.mark.parametrize("words", [("functionapp", "log", "tail", "-n"), ("azure", "functionapp", "logstream")])
def test_the_log_comes_as_it_is_written(tool: Tool, tmp_path: Path, words: tuple[str, ...]) -> None:
    project = write_project(tmp_path / "project", "print('said ' + req.params['word'], flush=True) or 'x'")
    tool.publish("shop", cwd=project)
    process = subprocess.Popen(
        [FUNC, *words, "shop"],
        cwd=tmp_path,
        env=tool.server.command_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        os.set_blocking(process.stdout.fileno(), False)
        seen = bytearray()

        def appears() -> bool:
            tool.call("shop", "/api/hello?word=hello")
            seen.extend(process.stdout.read() or b"" if process.stdout else b"")
            return b"said hello" in seen

        eventually(appears, timeout=60)
    finally:
        process.kill()
        process.communicate()


def test_settings_of_the_app_are_fetched_into_the_file(tool: Tool, tmp_path: Path) -> None:
    project = write_project(tmp_path / "project", "'x'")
    (project / "local.settings.json").write_text('{"IsEncrypted": false, "Values": {"MINE": "1"}, "Own": true}')
    tool.json("functionapp", "config", "appsettings", "set", "-n", "shop", "--settings", "THEIRS=2", cwd=project)
    done = tool.run("azure", "functionapp", "fetch-app-settings", "shop", cwd=project)
    assert done.returncode == 0, done.stderr
    assert "Loading THEIRS = *****" in done.stdout
    document = json.loads((project / "local.settings.json").read_text())
    assert (document["Values"]["MINE"], document["Values"]["THEIRS"], document["Own"]) == ("1", "2", True)


def test_storage_accounts_of_azure_are_not_looked_for_here(tool: Tool, tmp_path: Path) -> None:
    done = tool.run("azure", "storage", "fetch-connection-string", "contoso", cwd=tmp_path)
    assert done.returncode == 1
    assert "AzureWebJobsStorage" in done.stderr
