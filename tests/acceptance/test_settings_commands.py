"""`func settings`: changes to local.settings.json, and encrypted files that func start reads."""

from __future__ import annotations

import json
import os
import stat
import subprocess
from pathlib import Path

import pytest

from funchost.testing import HostProcess
from tests.acceptance.small_app import FUNC, TIMEOUT, func, hello_app, write_function
from tests.acceptance.terminal_process import TerminalProcess

ENVIRONMENT_APP = "import os\n\ndef main(req):\n    return os.environ.get(req.params['name'], 'none')\n"
WRITTEN = """{
  // of this machine
  "Values": {
    "FUNCTIONS_WORKER_RUNTIME": "python",
    "Greeting": "hej" // Swedish
  },
  "Mine": {"kept": true}
}
"""


class Settings:
    """An app with settings, and a user with a configuration folder of their own."""

    def __init__(self, folder: Path) -> None:
        self.app = hello_app(folder / "app")
        self.config = folder / "config"
        self.path = self.app / "local.settings.json"
        self.environment = {"FUNCHOST_CONFIG_DIR": str(self.config)}
        self.path.write_text(WRITTEN)

    def run(self, *words: str, text: str = "", code: int = 0) -> str:
        """Run func settings; return what it says, on stdout if it succeeds."""
        result = subprocess.run(
            [FUNC, "settings", *words],
            cwd=self.app,
            env={**os.environ, **self.environment},
            input=text,
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )
        assert result.returncode == code, result.stdout + result.stderr
        return result.stderr if code else result.stdout


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path)


def test_comments_order_and_unknown_keys_survive(settings: Settings) -> None:
    settings.run("add", "New", "1")
    settings.run("add", "Greeting", "hallå")
    settings.run("add", "Db", "Server=x", "--connectionString")
    settings.run("delete", "New")
    assert settings.path.read_text() == WRITTEN.replace('"hej"', '"hallå"').replace(
        '"Mine": {"kept": true}\n', '"Mine": {"kept": true},\n  "ConnectionStrings": {\n    "Db": "Server=x"\n  }\n'
    )
    settings.run("remove", "Db", "--connectionString")
    assert "Db" not in settings.path.read_text()


def test_values_are_shown_on_request_alone(settings: Settings) -> None:
    assert "   -> Name: Greeting\n      Value: *****\n" in settings.run("list")
    for flag in ("-a", "--showValue"):
        assert "   -> Name: Greeting\n      Value: hej\n" in settings.run("list", flag)


def test_encrypted_settings_reach_the_app(settings: Settings) -> None:
    write_function(settings.app, "Environment", ENVIRONMENT_APP, authLevel="anonymous")
    settings.run("encrypt")
    settings.run("add", "Later", "s3cret")
    content = json.loads(settings.path.read_text().replace("// of this machine", "").replace("// Swedish", ""))
    assert content["IsEncrypted"] is True
    assert not {"hej", "s3cret"} & set(content["Values"].values())
    key = settings.config / "local-settings.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    with HostProcess(settings.app, env=settings.environment) as host:
        assert host.get("/api/Environment?name=Greeting").text == "hej"
        assert host.get("/api/Environment?name=Later").text == "s3cret"
    settings.run("decrypt")
    assert "// Swedish" in settings.path.read_text()
    assert "s3cret" in settings.run("list", "-a")
    settings.run("decrypt")


def test_another_users_file_is_named_with_what_to_do(settings: Settings) -> None:
    settings.run("encrypt")
    before = settings.path.read_bytes()
    settings.environment = {"FUNCHOST_CONFIG_DIR": str(settings.config / "other")}
    for words in (("list", "-a"), ("decrypt",)):
        said = settings.run(*words, code=1)
        assert (
            f"{settings.path}:4: Values.FUNCTIONS_WORKER_RUNTIME: The value is encrypted, and there is no key" in said
        )
        assert "hint: Write it anew with" in said
    assert settings.path.read_bytes() == before
    assert "Greeting" in settings.run("list")
    with HostProcess(settings.app, env=settings.environment, state="Error") as host:
        host.wait_for_line("The value is encrypted, and there is no key")


def test_a_value_is_asked_for_and_not_shown(settings: Settings) -> None:
    with TerminalProcess("settings", "add", "Key", cwd=settings.app, env=settings.environment) as tool:
        tool.wait_for("Please enter the value: ")
        tool.type("s3cret\n")
        assert tool.exit_code() == 0, tool.seen
    assert "s3cret" not in tool.seen
    assert '"Key": "s3cret"' in settings.path.read_text()


def test_without_a_terminal_the_value_comes_from_stdin(settings: Settings) -> None:
    settings.run("add", "Key", text="two\nlines\n")
    assert '"Key": "two\\nlines"' in settings.path.read_text()
    assert "The value of 'Key' is missing" in settings.run("add", "Key", code=2)


def test_line_ends_and_byte_order_mark_survive(settings: Settings) -> None:
    settings.path.write_bytes(b"\xef\xbb\xbf" + WRITTEN.replace("\n", "\r\n").encode())
    settings.run("add", "New", "1")
    content = settings.path.read_bytes()
    assert content.startswith(b"\xef\xbb\xbf{\r\n")
    assert content.count(b"\n") == content.count(b"\r\n")
    assert b'"Greeting": "hej", // Swedish\r\n    "New": "1"\r\n' in content


def test_a_missing_or_empty_file_is_begun(settings: Settings) -> None:
    for before in (None, ""):
        settings.path.unlink()
        if before is not None:
            settings.path.write_text(before)
        settings.run("add", "A", "1")
        content = json.loads(settings.path.read_text())
        assert (content["IsEncrypted"], content["Values"]["A"]) == (False, "1")


def test_what_cannot_be_done_is_named(settings: Settings, tmp_path: Path) -> None:
    assert "has no setting 'greeting' in Values.\nhint: Did you mean 'Greeting'?" in settings.run(
        "delete", "greeting", code=1
    )
    assert "cannot be the name of a setting" in settings.run("add", "A=B", "1", code=2)
    settings.path.write_text('{"Values" 1}')
    assert f"{settings.path}:1: The file is not valid JSON" in settings.run("add", "A", "1", code=1)
    settings.path.unlink()
    for words in (("delete", "A"), ("encrypt",), ("decrypt",)):
        assert "does not exist." in settings.run(*words, code=1)
    assert settings.run("list") == "App Settings:\n\nConnection Strings:\n"
    outside = func("settings", "list", cwd=tmp_path)
    assert (outside.returncode, outside.stderr.splitlines()[0]) == (1, "error: Unable to find project root.")


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing keeps root from writing")
def test_a_folder_that_cannot_be_written_is_named(settings: Settings) -> None:
    settings.app.chmod(0o500)
    try:
        assert "local.settings.json cannot be written: Permission denied." in settings.run("add", "A", "1", code=1)
    finally:
        settings.app.chmod(0o700)
    assert settings.path.read_text() == WRITTEN
