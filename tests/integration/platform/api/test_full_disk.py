"""A server whose disk is full: an upload is refused with the reason, and what serves goes on."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from funchost.testing import ServerProcess
from tests.integration.platform.api.conftest import create_app, uploads
from tests.integration.platform.api.packages import hello_package

SIZE = 24 * 1024 * 1024


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own; only root may mount one."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("mounting needs root on Linux")
    place = tmp_path / "disk"
    place.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(place)]).returncode:
        pytest.skip("mounting is not allowed here")
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)


def test_an_upload_on_a_full_disk_is_507_and_changes_nothing(small_disk: Path) -> None:
    with ServerProcess(small_disk) as server:
        create_app(server, "full")
        host = "full.scm.localhost"
        assert server.manage("POST", "/api/zipdeploy", hello_package(), host=host).status == 200
        refused = server.manage("POST", "/api/zipdeploy", b"x" * SIZE, host=host)
        assert refused.status == 507
        assert "no room" in refused.text
        assert uploads(server) == []
        assert server.request("GET", "/api/hello?name=Ada", host="full.localhost").text == "Hello Ada"
        assert server.manage("POST", "/api/zipdeploy", hello_package("Again"), host=host).status == 200
        assert server.request("GET", "/api/hello?name=Ada", host="full.localhost").text == "Again Ada"
