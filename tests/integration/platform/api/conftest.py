"""A server for the tests of a module."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from funchost.testing import ServerProcess

OWN_PYTHON = f"3.{sys.version_info.minor}"
"""The version that is sure to be on the machine."""
WEB = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/funchost/providers/Microsoft.Web/sites"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server over HTTPS, as the existing tools want it."""
    with ServerProcess(tmp_path_factory.mktemp("server"), "--https", "--upload-limit", "1") as running:
        yield running


def create_app(server: ServerProcess, name: str, python: str = OWN_PYTHON) -> str:
    """Make an app; returns the path of its management calls."""
    import json

    body = {
        "location": "local",
        "kind": "functionapp,linux",
        "properties": {"siteConfig": {"linuxFxVersion": f"PYTHON|{python}"}},
    }
    answer = server.manage("PUT", f"{WEB}/{name}?api-version=2023-12-01", json.dumps(body))
    assert answer.status == 200, answer.text
    return f"{WEB}/{name}"


def uploads(server: ServerProcess) -> list[Path]:
    """What is left of uploads."""
    return list((server.data / "scratch").glob("*.upload"))
