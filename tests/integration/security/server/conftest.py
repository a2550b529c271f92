"""A server with two apps, of which one attacks the other."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from funchost.testing import ServerProcess
from tests.integration.platform.api.conftest import WEB, create_app
from tests.integration.platform.api.packages import FUNCTION, package
from tests.integration.security.server.raw import basic

CODE = """
import json

def main(req):
    return json.dumps({"headers": list(map(list, req.headers.items())), "url": req.url})
"""
LOCKED = {"scriptFile": "__init__.py", "bindings": [
    {"type": "httpTrigger", "direction": "in", "name": "req", "authLevel": "function"},
    {"type": "http", "direction": "out", "name": "$return"},
]}  # fmt: skip


class Pair(NamedTuple):
    """Two apps.

    Args:
        server: theirs.
        victim: header with the publishing credential of the app ``victim``.
        rival: that of the app ``rival``.
        settings: of both, by name of the app.
        ports: of their own, by name of the app.
    """

    server: ServerProcess
    victim: str
    rival: str
    settings: dict[str, dict[str, str]]
    ports: dict[str, int]

    @property
    def token(self) -> str:
        return f"Authorization: Bearer {self.server.token}"


@pytest.fixture(scope="package")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    with ServerProcess(tmp_path_factory.mktemp("server")) as server:
        headers, settings, ports = {}, {}, {}
        for name in ("victim", "rival"):
            path = create_app(server, name)
            published = json.loads(server.manage("POST", f"{path}/config/publishingcredentials/list").body)
            credential = published["properties"]
            headers[name] = basic(credential["publishingUserName"], credential["publishingPassword"])
            found = json.loads(server.manage("POST", f"{path}/config/appsettings/list").body)
            settings[name] = found["properties"]
            ports[name] = json.loads(server.manage("GET", path).body)["properties"]["funchost"]["port"]
        slot = server.manage("PUT", f"{WEB}/victim/slots/test", json.dumps({"location": "local", "properties": {}}))
        assert slot.status == 200, slot.text
        files = {
            "host.json": '{"version": "2.0"}',
            "open/function.json": json.dumps(FUNCTION),
            "open/__init__.py": CODE,
            "locked/function.json": json.dumps(LOCKED),
            "locked/__init__.py": CODE,
        }
        deployed = server.manage("POST", "/api/zipdeploy", package(files), host="victim.scm.localhost")
        assert deployed.status == 200, deployed.text
        yield Pair(server, headers["victim"], headers["rival"], settings, ports)
