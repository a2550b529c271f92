"""What must stay secret stands in no log, no process list, and in no file as it is."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from funchost.testing import ServerProcess
from tests.integration.platform.api.conftest import create_app
from tests.integration.platform.api.packages import decorated_package

SETTING = "value-that-nobody-must-see-4711"


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_no_secret_is_in_a_log_a_command_line_or_a_file(tmp_path: Path) -> None:
    with ServerProcess(tmp_path) as server:
        path = create_app(server, "secret")
        settings = json.loads(server.manage("POST", f"{path}/config/appsettings/list").body)["properties"]
        settings |= {"PASSWORD": SETTING, "SCM_DO_BUILD_DURING_DEPLOYMENT": "true"}
        server.manage("PUT", f"{path}/config/appsettings", json.dumps({"properties": settings}))
        strings = {"Db": {"value": f"Server=x;{SETTING}", "type": "Custom"}}
        server.manage("PUT", f"{path}/config/connectionstrings", json.dumps({"properties": strings}))
        published = json.loads(server.manage("POST", f"{path}/config/publishingcredentials/list").body)["properties"]
        host = "secret.scm.localhost"
        deployed = server.manage("POST", "/api/zipdeploy", decorated_package(), host=host)
        assert deployed.status == 200, deployed.text
        keys = json.loads(server.manage("POST", f"{path}/host/default/listkeys").body)
        function_key = json.loads(server.manage("POST", f"{path}/functions/hello/listkeys").body)["default"]
        called = server.request("GET", f"/api/hello?name=Ada&code={function_key}", host="secret.localhost")
        assert called.text == "Hello Ada"
        account_key = settings["AzureWebJobsStorage"].partition("AccountKey=")[2].partition(";")[0]
        secrets = [
            server.token,
            published["publishingPassword"],
            keys["masterKey"],
            function_key,
            account_key,
            SETTING,
        ]
        assert all(len(secret) > 20 for secret in secrets)
        log = server.manage("GET", "/api/deployments/latest/log", host=host).text
        lines = "\n".join(line for line in server.lines if not line.startswith("Admin token"))
        for secret in secrets:
            assert secret not in log
            assert secret not in lines
        for pid in (server.pid, *server.process_ids):
            try:
                arguments = Path(f"/proc/{pid}/cmdline").read_bytes()
            except (FileNotFoundError, ProcessLookupError):  # ended meanwhile
                continue
            assert not [secret for secret in secrets if secret.encode() in arguments]
        server.kill()
    for file in server.data.rglob("*"):
        if file.is_file() and file.name != "secret.key" and not file.is_relative_to(server.data / "storage"):
            content = file.read_bytes()
            assert not [secret for secret in secrets if secret.encode() in content], file
    assert os.stat(server.data / "secret.key").st_mode & 0o077 == 0
    assert os.stat(server.data).st_mode & 0o077 == 0
