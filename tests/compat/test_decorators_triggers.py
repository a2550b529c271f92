"""Timer and blob triggers of function_app.py."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from funchost.testing import HostProcess, eventually
from tests.compat.app_folders import copy_of
from tests.compat.app_storage import Store


@pytest.fixture(scope="module")
def app(store: Store, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_of("decorators_triggers", tmp_path_factory.mktemp("triggers"))


@pytest.fixture(scope="module")
def host(store: Store, app: Path) -> Iterator[HostProcess]:
    with HostProcess(app, env=store.settings) as host:
        yield host


def test_a_time_span_ticks(store: Store, app: Path, host: HostProcess) -> None:
    eventually(lambda: len(store.storage_of(app).messages("ticks")) >= 3)


def test_schedule_is_a_timer_too(host: HostProcess) -> None:
    headers = (("content-type", "application/json"),)
    assert host.post("/admin/functions/cleanup", b"{}", headers=headers).status == 202
    host.wait_for_line("cleanup, status .*T04:00:00")


def test_a_blob_runs_its_function(store: Store, app: Path, host: HostProcess) -> None:
    storage = store.storage_of(app)
    storage.put("samples", "folder/a.bin", b"\x00\x01")
    eventually(lambda: storage.content("copies", "folder/a.bin") == b"\x00\x01")
    host.wait_for_line("Name: samples/folder/a.bin Blob Size: 2 bytes")
