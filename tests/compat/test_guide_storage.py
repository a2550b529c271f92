"""The guide's samples on inputs and outputs, on every store: a blob beside a request, a message beside a response."""

from __future__ import annotations

from pathlib import Path

from funchost.testing import HostProcess
from tests.compat.app_folders import copy_of
from tests.compat.app_storage import Store


def test_the_blob_that_the_route_names_is_read(store: Store, tmp_path: Path) -> None:
    app = copy_of("guide_inputs", tmp_path)
    with HostProcess(app, env=store.settings) as host:
        store.storage_of(app).put("samples", "7", b"seven")
        assert host.get("/api/items/7").status == 204
        host.wait_for_line(r"Python HTTP triggered function processed: b'seven'")


def test_a_blob_that_is_not_there_is_none(store: Store, tmp_path: Path) -> None:
    with HostProcess(copy_of("guide_inputs", tmp_path), env=store.settings) as host:
        assert host.get("/api/items/8").status == 500
        host.wait_for_line(r"AttributeError: 'NoneType' object has no attribute 'read'")


def test_the_placeholder_for_a_connection_is_an_error_that_says_where(tmp_path: Path) -> None:
    with HostProcess(copy_of("guide_inputs", tmp_path)) as host:
        host.wait_for_line(r"'Item' function.*'connection' of the binding 'obj'.*AzureWebJobsStorage.*placeholder")
        assert host.get("/api/items/7").status == 500


def test_a_queue_message_goes_out_beside_the_response(store: Store, tmp_path: Path) -> None:
    app = copy_of("guide_outputs", tmp_path)
    with HostProcess(app, env=store.settings) as host:
        answer = host.get("/api/Enqueue?body=hello")
        assert (answer.status, answer.text) == (200, "hello")
        assert store.storage_of(app).messages("outqueue") == [b"hello"]
        assert host.get("/api/Enqueue").status == 204
        assert store.storage_of(app).messages("outqueue") == [b"hello"]
