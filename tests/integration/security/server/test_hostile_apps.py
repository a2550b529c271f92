"""What an app does on purpose must not hit the server or other apps."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from funchost.platform.apps import version_store
from funchost.platform.placement.local_folder import remove_folder
from funchost.testing import ServerProcess
from tests.integration.platform.api.conftest import create_app
from tests.integration.platform.api.packages import FUNCTION, hello_package, package

DEPTH = 1200
DIG = """
import os, tempfile

def main(req):
    os.chdir(tempfile.gettempdir())
    for _ in range({depth}):
        os.mkdir("deep")
        os.chdir("deep")
    return "dug"
"""


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    """A folder that is gone afterwards, since pytest cannot remove what these tests make."""
    yield tmp_path
    subprocess.run(["rm", "-rf", "--", str(tmp_path)], check=True)


def dig(folder: Path) -> None:
    """Make folders in one another, more than recursion and path names reach."""
    folder.mkdir()
    held = os.open(folder, os.O_RDONLY)
    for _ in range(DEPTH):
        os.mkdir("deep", dir_fd=held)
        below = os.open("deep", os.O_RDONLY, dir_fd=held)
        os.close(held)
        held = below
    os.close(held)


@pytest.mark.parametrize("remove", [remove_folder, version_store.remove], ids=("instance", "scratch"))
def test_folders_without_end_are_removed(place: Path, remove: object) -> None:
    folder = place / "deep"
    dig(folder)
    assert callable(remove)
    remove(folder)
    assert not folder.exists()


def test_a_server_starts_again_whatever_an_app_left_in_its_temporary_folder(place: Path) -> None:
    with ServerProcess(place) as server:
        create_app(server, "digger")
        files = {
            "host.json": '{"version": "2.0"}',
            "dig/function.json": json.dumps(FUNCTION),
            "dig/__init__.py": DIG.format(depth=DEPTH),
        }
        deployed = server.manage("POST", "/api/zipdeploy", package(files), host="digger.scm.localhost")
        assert deployed.status == 200, deployed.text
        assert server.request("GET", "/api/dig", host="digger.localhost").text == "dug"
        server.kill()
        assert list((server.data / "run").iterdir())
        server.start()
        assert list((server.data / "run").glob("*/tmp/deep")) == []


def test_a_file_name_that_is_no_text_does_not_make_deployments_unreadable(place: Path) -> None:
    with ServerProcess(place) as server:
        path = create_app(server, "odd")
        settings = {
            "SCM_DO_BUILD_DURING_DEPLOYMENT": "true",
            "PRE_BUILD_COMMAND": r"""printf 'said \033[2J\n'; mkfifo "$(printf 'pipe\377')" """,
        }
        server.manage("PUT", f"{path}/config/appsettings", json.dumps({"properties": settings}))
        host = "odd.scm.localhost"
        deployed = server.manage("POST", "/api/zipdeploy", hello_package(), host=host)
        assert deployed.status == 400
        assert r"pipe\udcff, which is neither a file nor a folder" in deployed.text
        for call in ("/api/deployments", "/api/deployments/latest", "/api/deployments/latest/log"):
            answer = server.manage("GET", call, host=host)
            assert answer.status in (200, 202), answer.text
        assert r"said \\x1b[2J" in answer.text
