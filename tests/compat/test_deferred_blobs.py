"""SDK-type blob bindings: the function gets a client of azure-storage-blob, made by the app's own extension."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from funchost.testing import HostProcess
from tests.compat.app_folders import copy_of
from tests.compat.app_storage import Store
from tests.environments import virtual_environment
from tests.interpreters import find_interpreters, interpreter

PYTHON = "3.11"
LONG = b"x" * 5_000_000


@pytest.fixture(scope="module")
def host(store: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[HostProcess]:
    if PYTHON not in [found.name for found in find_interpreters()]:
        pytest.skip(f"no Python {PYTHON} here")
    packages = ["azure-functions", "azurefunctions-extensions-bindings-blob"]
    python = virtual_environment(f"py{PYTHON}-deferred", interpreter(PYTHON), packages)
    app = copy_of("deferred_blobs", tmp_path_factory.mktemp("apps"))
    with HostProcess(app, env={**store.settings, "VIRTUAL_ENV": str(Path(python).parent.parent)}) as running:
        store.storage_of(app).put("samples", "folder/a.txt", b"hello")
        store.storage_of(app).put("samples", "long", LONG)
        yield running


def test_a_blob_client_is_for_the_blob_of_the_path(host: HostProcess) -> None:
    found = {"container": "samples", "name": "folder/a.txt", "size": 5, "content": "hello"}
    assert host.get("/api/client/folder/a.txt").json() == found


def test_a_container_client_is_for_its_container(host: HostProcess) -> None:
    assert host.get("/api/container/any").json() == ["folder/a.txt", "long"]


def test_a_stream_downloader_reads_the_blob(host: HostProcess) -> None:
    assert host.get("/api/stream/long").json() == {"size": len(LONG)}


def test_beside_ordinary_bindings(store: Store, host: HostProcess) -> None:
    assert host.get("/api/beside/folder/a.txt").json() == {"same": True}
    assert store.storage_of(host.app).content("copies", "folder/a.txt") == b"hello"
