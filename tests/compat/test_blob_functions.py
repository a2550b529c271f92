"""Blob functions: parts of the path in the function's other bindings, text, a container as the whole path."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from funchost.testing import HostProcess, eventually
from tests.compat.app_folders import copy_of
from tests.compat.app_storage import AppStorage, Store


class Running(NamedTuple):
    host: HostProcess
    storage: AppStorage


@pytest.fixture(scope="module")
def running(store: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    app: Path = copy_of("blob_functions", tmp_path_factory.mktemp("blob"))
    with HostProcess(app, env=store.settings) as host:
        yield Running(host, store.storage_of(app))


@pytest.fixture
def storage(running: Running) -> AppStorage:
    return running.storage


def test_parts_of_the_path_name_the_output(storage: AppStorage) -> None:
    storage.put("samples-workitems", "a/b/photo.one.png", b"\x89PNG and more", {"owner": "me"})
    eventually(lambda: storage.content("thumbnails", "photo.one-small.png") == b"\x89PNG")
    eventually(lambda: len(storage.messages("seen")) == 1)
    told = json.loads(storage.messages("seen")[0])
    assert told["name"] == "samples-workitems/a/b/photo.one.png"
    assert told["uri"].endswith("/devstoreaccount1/samples-workitems/a/b/photo.one.png")
    assert told["length"] == 13
    assert told["metadata"] == {"owner": "me"}
    assert told["type"] == "application/octet-stream"


def test_a_container_alone_means_all_that_is_in_it_and_text_arrives_as_text(storage: AppStorage) -> None:
    storage.put("notes", "any/where", "grüße".encode())
    eventually(lambda: storage.messages("notes") == ["GRÜSSE".encode()])


def test_a_blob_that_the_path_is_not_for_is_left_alone(storage: AppStorage) -> None:
    storage.put("samples-workitems", "no-folder.png", b"1234567")
    storage.put("samples-workitems", "a/later.png", b"1234567")
    eventually(lambda: storage.content("thumbnails", "later-small.png") == b"1234")
    assert storage.content("thumbnails", "no-folder-small.png") is None


def test_a_blob_that_event_grid_tells_of_runs_the_function(running: Running) -> None:
    host, storage = running
    storage.put("told", "a.txt", b"by event")
    properties = storage.properties("told", "a.txt")

    def deliver(kind: str, event_type: str) -> int:
        data = {
            "url": "https://devstoreaccount1.blob.core.windows.net/told/a.txt",
            "eTag": properties.etag.strip('"'),
            "blobType": "BlockBlob",
        }
        event = {"id": "1", "eventType": f"Microsoft.Storage.{event_type}", "data": data}
        headers = {"content-type": "application/json", "aeg-event-type": kind}
        path = "/runtime/webhooks/blobs?functionName=Host.Functions.Told"
        return host.post(path, json.dumps([event]), headers=headers).status

    assert deliver("Notification", "BlobDeleted") == 202
    assert deliver("Notification", "BlobCreated") == 202
    assert deliver("Unheard", "BlobCreated") == 400
    eventually(lambda: storage.messages("told") == [b"told/a.txt: by event"])
