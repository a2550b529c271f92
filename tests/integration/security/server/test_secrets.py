"""Every secret there is, looked for in every log, output, file and process of an app's whole life on a server."""

from __future__ import annotations

import asyncio
import base64
import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from funchost.platform.data_directory import DataDirectory
from funchost.platform.registry.registry import Registry
from funchost.testing import ServerProcess
from tests.integration.platform.api.conftest import OWN_PYTHON, WEB
from tests.integration.security.server.process_watch import ProcessWatch

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")

HOST = "vault.localhost"
SCM = "vault.scm.localhost"
APP_VALUES = {
    "PASSWORD": "value-of-a-setting-4711",
    "PRE_BUILD_COMMAND": "true value-in-a-command-4711",
    "UV_EXTRA_INDEX_URL": "http://reader:value-of-an-index-4711@127.0.0.1:9/simple",
    "Far": "DefaultEndpointsProtocol=http;AccountName=far;AccountKey=dmFsdWUtb2YtYS1mYXIta2V5LTQ3MTE=;"
    "QueueEndpoint=http://127.0.0.1:9/far",
}
DATABASE = "Server=db;Password=value-of-a-connection-4711"
APP_SECRETS = {
    "setting": "value-of-a-setting-4711",
    "command": "value-in-a-command-4711",
    "index": "value-of-an-index-4711",
    "far key": "dmFsdWUtb2YtYS1mYXIta2V5LTQ3MTE=",
    "connection": "value-of-a-connection-4711",
}
CODE = """
import logging

def main(req):
    logging.warning("called %s", req.params.get("name"))
    if req.params.get("name") == "bad":
        raise ValueError("asked for")
    return "{answer}"
"""
QUEUE = {"scriptFile": "__init__.py", "bindings": [
    {"type": "queueTrigger", "direction": "in", "name": "msg", "queueName": "orders", "connection": "Far"}
]}  # fmt: skip
HTTP = {"scriptFile": "__init__.py", "bindings": [
    {"type": "httpTrigger", "direction": "in", "name": "req", "authLevel": "function"},
    {"type": "http", "direction": "out", "name": "$return"},
]}  # fmt: skip


def write_project(root: Path, answer: str, requirements: str = "") -> Path:
    files = {
        "host.json": '{"version": "2.0"}',
        "requirements.txt": requirements,
        "hello/function.json": json.dumps(HTTP),
        "hello/__init__.py": CODE.format(answer=answer),
        "far/function.json": json.dumps(QUEUE),
        "far/__init__.py": "def main(msg):\n    pass\n",
    }
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


class Run:
    """An app's life on a server, and all that was printed meanwhile.

    Args:
        server: running.
        folder: for projects.
    """

    def __init__(self, server: ServerProcess, folder: Path) -> None:
        self.server = server
        self.printed: list[str] = []
        self.secrets: dict[str, str] = {"admin token": server.token, **APP_SECRETS}
        self._folder = folder

    def func(self, *arguments: str, given: str = "", fails: bool = False) -> None:
        """Run a command, whose output must hold no secret."""
        done = subprocess.run(
            [sys.executable, "-m", "funchost", *arguments],
            cwd=self._folder,
            env=self.server.command_environment(),
            input=given,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        self.printed.append(done.stdout + done.stderr)
        assert bool(done.returncode) is fails, done.stderr

    def publish(self, answer: str, requirements: str = "", *, fails: bool = False) -> None:
        write_project(self._folder, answer, requirements)
        options = ("--access-token-stdin", "--management-url", self.server.url)
        self.func("azure", "functionapp", "publish", "vault", *options, given=self.server.token, fails=fails)

    def asked(self, path: str) -> dict[str, str]:
        """Ask for secrets of the app."""
        answer = json.loads(self.server.manage("POST", f"{WEB}/vault{path}").body)
        found = answer.get("properties", answer)
        assert isinstance(found, dict)
        return found

    def collect(self) -> None:
        """Note the secrets that the server has made."""
        settings = self.asked("/config/appsettings/list")
        host = json.loads(self.server.manage("POST", f"{WEB}/vault/host/default/listkeys").body)
        self.secrets |= {
            "publishing password": self.asked("/config/publishingcredentials/list")["publishingPassword"],
            "storage key": settings["AzureWebJobsStorage"].partition("AccountKey=")[2].partition(";")[0],
            "master key": host["masterKey"],
            "host key": host["functionKeys"]["default"],
            "function key": self.asked("/functions/hello/listkeys")["default"],
            "key of keys": (self.server.data / "secret.key").read_text().strip(),
        }

    def call(self) -> None:
        """Call with right and wrong keys, in the query and in a header."""
        key = self.secrets["function key"]
        for path in (f"/api/hello?code={quote(key)}", f"/api/hello?name=bad&code={quote(key)}", "/api/hello?code=no"):
            self.server.request("GET", path, host=HOST)
        self.server.request("GET", "/api/hello", host=HOST, headers={"x-functions-key": self.secrets["master key"]})
        for credential in (f"Bearer {self.server.token}x", "Basic dmF1bHQ6eA=="):
            self.server.request("GET", "/api/settings", host=SCM, headers={"Authorization": credential})

    def deployments(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self.server.manage("GET", "/api/deployments", host=SCM).body)
        self.printed.append(json.dumps(found))
        for one in found:
            self.printed.append(self.server.manage("GET", f"/api/deployments/{one['id']}/log", host=SCM).text)
        return found


def test_no_secret_is_where_others_could_read_it(tmp_path: Path) -> None:
    with ServerProcess(tmp_path) as server, ProcessWatch(server.pid) as watch:
        run = Run(server, tmp_path / "project")
        run_life(run)
        printed = "\n".join(line for line in server.lines if not line.startswith("Admin token"))
    run.secrets["secret of function keys"] = secret_of_keys(server.data)
    run.printed.append(printed)

    assert all(len(secret) > 20 for secret in run.secrets.values())
    assert {name: text for text in run.printed if (name := held(text.encode(), run.secrets))} == {}
    assert {name: seen for seen in watch.seen if (name := held(seen.arguments, run.secrets))} == {}
    of_server = {name: secret for name, secret in run.secrets.items() if name not in ("index", "command")}
    of_apps = {*APP_SECRETS, "storage key"}
    for seen in watch.seen:
        wrong = {name: secret for name, secret in of_server.items() if not (seen.is_worker and name in of_apps)}
        assert not held(seen.environment, wrong), seen.arguments
    assert files_with_secrets(server.data, run.secrets) == {}
    account_key = base64.b64decode(run.secrets["storage key"])
    assert [file for file in server.data.rglob("*") if file.is_file() and account_key in file.read_bytes()] == []


def run_life(run: Run) -> None:
    """Create, set, publish (once in vain), call, change, publish again, roll back."""
    (run.server.data.parent / "project").mkdir()
    run.func("functionapp", "create", "--name", "vault", "--runtime-version", OWN_PYTHON)
    run.func("functionapp", "config", "appsettings", "set", "-n", "vault", "--settings", "@-", "-o", "tsv",
             given=json.dumps({**APP_VALUES, "UV_HTTP_RETRIES": "0"}))  # fmt: skip
    strings = {"properties": {"Db": {"value": DATABASE, "type": "Custom"}}}
    run.server.manage("PUT", f"{WEB}/vault/config/connectionstrings", json.dumps(strings))
    run.publish("none", "surely-there-is-no-such-package==1.0\n", fails=True)
    run.publish("one")
    run.collect()
    run.call()
    run.func("functionapp", "config", "appsettings", "set", "-n", "vault", "--settings", "MORE=1", "-o", "tsv")
    run.publish("two")
    run.call()
    first = next(one["id"] for one in reversed(run.deployments()) if one["status"] == 4)
    run.func("functionapp", "deployment", "rollback", "--name", "vault", "--id", first)
    run.call()
    run.deployments()
    run.func("functionapp", "show", "--name", "vault", "-o", "json")


def held(content: bytes, secrets: Mapping[str, str]) -> str:
    """Return the name of a secret that the content holds."""
    return next((name for name, secret in secrets.items() if secret.encode() in content), "")


def secret_of_keys(data: Path) -> str:
    """Return what the app's function keys are encrypted with, which no call tells."""

    async def read() -> str:
        registry = await Registry.open(DataDirectory(data))
        try:
            records = await registry.change(lambda transaction: transaction.sites())
            return records[0].keys_secret.decode("latin-1")
        finally:
            await registry.close()

    return asyncio.run(read())


def files_with_secrets(data: Path, secrets: Mapping[str, str]) -> dict[str, str]:
    """Return the files of a data directory that hold a secret as it is."""
    files = [file for file in data.rglob("*") if file.is_file() and file != data / "secret.key"]
    return {str(file.relative_to(data)): name for file in files if (name := held(file.read_bytes(), secrets))}
