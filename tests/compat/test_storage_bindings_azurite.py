"""The bindings against Azurite, seen with the official SDK."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import NamedTuple

import pytest
from azure.core.exceptions import ResourceNotFoundError
from azure.storage.blob import BlobServiceClient
from azure.storage.queue import QueueServiceClient

from funchost.testing import HostProcess
from tests.azurite import azurite
from tests.compat.app_folders import copy_of

__all__ = ["azurite"]

LONG = bytes(range(256)) * 4096 * 6


class OnAzurite(NamedTuple):
    host: HostProcess
    blobs: BlobServiceClient
    queues: QueueServiceClient

    def put(self, container: str, name: str, content: bytes, metadata: dict[str, str] | None = None) -> None:
        client = self.blobs.get_container_client(container)
        if not client.exists():
            client.create_container()
        client.upload_blob(name, content, overwrite=True, metadata=metadata)


@pytest.fixture(scope="module")
def running(azurite: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OnAzurite]:
    app = copy_of("decorators_storage", tmp_path_factory.mktemp("apps"))
    with (
        HostProcess(app, env={"AzureWebJobsStorage": azurite}) as host,
        BlobServiceClient.from_connection_string(azurite) as blobs,
        QueueServiceClient.from_connection_string(azurite) as queues,
    ):
        yield OnAzurite(host, blobs, queues)


def test_missing_blobs_are_none(running: OnAzurite) -> None:
    running.put("samples", "there", b"x")
    assert running.host.get("/api/read/samples/not-there").text == "null"
    assert running.host.get("/api/read/no-container/x").text == "null"


def test_long_blobs_go_through_in_pieces(running: OnAzurite) -> None:
    running.put("samples", "long", LONG)
    assert running.host.get("/api/copy/samples/long").text == "copied"
    assert running.blobs.get_blob_client("copies", "samples/long").download_blob().readall() == LONG


@pytest.mark.parametrize(("kind", "content"), [("str", "text: äöü".encode()), ("long-str", "é".encode() * 1024 * 1024)])
def test_containers_are_made_and_metadata_stays(running: OnAzurite, kind: str, content: bytes) -> None:
    running.host.get(f"/api/write-blob/{kind}")
    blob = running.blobs.get_blob_client("written", kind)
    assert blob.download_blob().readall() == content
    blob.set_blob_metadata({"Owner": "me"})
    assert running.host.get(f"/api/write-blob/{kind}").text == "done"
    metadata = {name.lower(): text for name, text in blob.get_blob_properties().metadata.items()}
    assert metadata["owner"] == "me"
    assert len(metadata["azurewebjobsparentid"]) == 36


def test_an_append_blob_is_not_overwritten(running: OnAzurite) -> None:
    running.put("written", "any", b"")
    running.blobs.get_blob_client("written", "bytes").create_append_blob()
    assert running.host.get("/api/write-blob/bytes").status == 500
    running.host.wait_for_line("Cannot bind to page or append blobs using 'out string'")


def test_a_content_that_breaks_off_writes_no_half_blob(running: OnAzurite) -> None:
    assert running.host.get("/api/write-blob/breaks").status == 500
    with pytest.raises(ResourceNotFoundError):
        running.blobs.get_blob_client("written", "breaks").get_blob_properties()


def test_queues_are_made_and_messages_put_in_order(running: OnAzurite) -> None:
    assert running.host.get("/api/write-queue/list").text == "done"
    found = running.queues.get_queue_client("messages-list").receive_messages(max_messages=32)
    bodies = [base64.b64decode(message.content) for message in found]
    assert bodies == [b"one", b"two", b'{"three": 3}', b"four", b"[5]"]
