"""Blob functions: parts of the path in the function's other bindings, text, a container as the whole path."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from funchost.testing import HostProcess, eventually
from tests.compat.app_folders import copy_of
from tests.compat.app_storage import AppStorage, Store


@pytest.fixture(scope="module")
def storage(store: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppStorage]:
    app: Path = copy_of("blob_functions", tmp_path_factory.mktemp("blob"))
    with HostProcess(app, env=store.settings):
        yield store.storage_of(app)


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
