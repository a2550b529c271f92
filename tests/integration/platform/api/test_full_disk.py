"""A server whose disk is full: an upload is refused with the reason, and what serves goes on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from funchost.testing import ServerProcess, eventually
from tests.integration.platform.api.conftest import create_app, uploads
from tests.integration.platform.api.packages import hello_package
from tests.small_disk import MIB, small_disk

SIZE = 24 * MIB


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path / "disk", SIZE) as folder:
        yield folder


def test_an_upload_on_a_full_disk_is_507_and_changes_nothing(disk: Path) -> None:
    with ServerProcess(disk) as server:
        create_app(server, "full")
        host = "full.scm.localhost"
        assert server.manage("POST", "/api/zipdeploy", hello_package(), host=host).status == 200
        refused = server.manage("POST", "/api/zipdeploy", b"x" * SIZE, host=host)
        assert refused.status == 507
        assert "no room" in refused.text
        eventually(lambda: not uploads(server), 30)
        assert server.request("GET", "/api/hello?name=Ada", host="full.localhost").text == "Hello Ada"
        assert server.manage("POST", "/api/zipdeploy", hello_package("Again"), host=host).status == 200
        assert server.request("GET", "/api/hello?name=Ada", host="full.localhost").text == "Again Ada"
