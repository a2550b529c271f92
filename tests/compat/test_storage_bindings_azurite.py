"""What only the official SDK sees or makes on Azurite: a written blob's metadata, and an append blob in the way."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import pytest
from azure.storage.blob import BlobServiceClient

from funchost.testing import HostProcess
from tests.compat.app_folders import copy_of


class OnAzurite(NamedTuple):
    host: HostProcess
    blobs: BlobServiceClient

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
    ):
        yield OnAzurite(host, blobs)


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
