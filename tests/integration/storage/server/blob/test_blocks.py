"""Blocks and append blobs through the official client."""

from __future__ import annotations

import base64
import uuid
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from azure.core.exceptions import HttpResponseError, ResourceExistsError
from azure.storage.blob import (
    BlobBlock,
    BlobSasPermissions,
    BlobType,
    ContainerClient,
    ContentSettings,
    generate_blob_sas,
)

from funchost.storage.endpoints import DEVELOPMENT_ACCOUNT, DEVELOPMENT_KEY
from tests.integration.storage.server.blob.refusals import code, refused

LONG = 200_000
"""Bytes of a block that gets a file."""


def test_blocks_become_a_blob_when_they_are_committed(container: ContainerClient) -> None:
    blob = container.get_blob_client("a")
    blob.stage_block("1", b"one ")
    blob.stage_block("2", b"2" * LONG)
    committed, uncommitted = blob.get_block_list("all")
    assert (committed, [(block.id, block.size) for block in uncommitted]) == ([], [("1", 4), ("2", LONG)])
    assert not blob.exists()
    blob.commit_block_list(
        [BlobBlock("2"), BlobBlock("1")], content_settings=ContentSettings("text/plain"), metadata={"a": "1"}
    )
    assert blob.download_blob().readall() == b"2" * LONG + b"one "
    committed, uncommitted = blob.get_block_list("all")
    assert ([block.id for block in committed], uncommitted) == (["2", "1"], [])
    properties = blob.get_blob_properties()
    assert (properties.content_settings.content_type, properties.metadata) == ("text/plain", {"a": "1"})
    assert blob.download_blob(offset=LONG - 1, length=3).readall() == b"2on"


def test_a_list_of_many_blocks_is_taken(container: ContainerClient) -> None:
    blob = container.get_blob_client("a")
    blob.stage_block("b" * 40, b"x")
    blob.commit_block_list([BlobBlock("b" * 40)] * 4000)
    assert blob.download_blob().readall() == b"x" * 4000


def test_committed_blocks_are_used_again(container: ContainerClient) -> None:
    blob = container.get_blob_client("a")
    for name in "abc":
        blob.stage_block(name, name.encode() * LONG)
    blob.commit_block_list([BlobBlock(name) for name in "abc"])
    blob.stage_block("b", b"B")
    blob.stage_block("x", b"never committed")
    blob.commit_block_list([BlobBlock("c"), BlobBlock("b"), BlobBlock("c"), BlobBlock("b")])
    assert blob.download_blob().readall() == b"c" * LONG + b"B" + b"c" * LONG + b"B"
    blob.commit_block_list([BlobBlock("b")])
    assert blob.download_blob().readall() == b"B"
    blob.commit_block_list([])
    assert blob.download_blob().readall() == b""


def test_a_list_with_an_unknown_block_is_refused(container: ContainerClient) -> None:
    blob = container.upload_blob("a", b"old")
    blob.stage_block("1", b"new")
    with pytest.raises(HttpResponseError) as caught:
        blob.commit_block_list([BlobBlock("2")])
    assert refused(caught) == (400, "InvalidBlockList")
    assert blob.download_blob().readall() == b"old"
    blob.commit_block_list([BlobBlock("1")])
    assert blob.download_blob().readall() == b"new"


def test_block_ids_are_of_one_length(container: ContainerClient) -> None:
    blob = container.get_blob_client("a")
    blob.stage_block("123", b"")
    with pytest.raises(HttpResponseError) as caught:
        blob.stage_block("123456", b"")
    assert code(caught.value) == "InvalidBlobOrBlock"


def test_a_block_staged_again_replaces_the_first(container: ContainerClient) -> None:
    blob = container.get_blob_client("a")
    blob.stage_block("1", b"first" * LONG)
    blob.stage_block("1", b"second")
    blob.commit_block_list([BlobBlock("1")])
    assert blob.download_blob().readall() == b"second"


def test_a_whole_put_drops_staged_blocks(container: ContainerClient) -> None:
    blob = container.get_blob_client("a")
    blob.stage_block("1", b"staged")
    blob.upload_blob(b"whole")
    assert blob.get_block_list("all") == ([], [])


def test_blobs_of_staged_blocks_are_listed_when_asked_for(container: ContainerClient) -> None:
    container.get_blob_client("b").stage_block("1", b"x")
    container.upload_blob("a", b"")
    container.upload_blob("c", b"")
    assert [blob.name for blob in container.list_blobs()] == ["a", "c"]
    listed = container.list_blobs(include=["uncommittedblobs"], results_per_page=1)
    assert [blob.name for blob in listed] == ["a", "b", "c"]


def test_a_block_with_another_md5_is_refused(container: ContainerClient) -> None:
    blob = container.get_blob_client("a")
    blob.stage_block("1", b"checked", validate_content=True)
    sas = generate_blob_sas(
        DEVELOPMENT_ACCOUNT,
        container.container_name,
        "a",
        account_key=DEVELOPMENT_KEY,
        permission=BlobSasPermissions(write=True),
        expiry=datetime.now(UTC) + timedelta(hours=1),
    )
    block = base64.b64encode(b"2").decode()
    with httpx.Client() as http:
        answer = http.put(
            f"{blob.url}?{sas}&comp=block&blockid={block}",
            content=b"x" * LONG,
            headers={"content-md5": "AAAAAAAAAAAAAAAAAAAAAA=="},
        )
    assert answer.headers["x-ms-error-code"] == "Md5Mismatch"


def test_appended_blocks_stand_one_behind_the_other(container: ContainerClient) -> None:
    blob = container.get_blob_client("log")
    blob.create_append_blob(metadata={"a": "1"})
    offsets = [blob.append_block(part)["blob_append_offset"] for part in (b"one", b"2" * LONG, b"three")]
    assert [int(str(offset)) for offset in offsets] == [0, 3, LONG + 3]
    assert blob.download_blob().readall() == b"one" + b"2" * LONG + b"three"
    properties = blob.get_blob_properties()
    assert (properties.blob_type, properties.append_blob_committed_block_count) == (BlobType.APPENDBLOB, 3)


def test_conditions_of_appends(container: ContainerClient) -> None:
    blob = container.get_blob_client("log")
    blob.create_append_blob()
    blob.append_block(b"0123", appendpos_condition=0)
    with pytest.raises(HttpResponseError) as position:
        blob.append_block(b"x", appendpos_condition=0)
    assert refused(position) == (412, "AppendPositionConditionNotMet")
    with pytest.raises(HttpResponseError) as size:
        blob.append_block(b"x", maxsize_condition=4)
    assert refused(size) == (412, "MaxBlobSizeConditionNotMet")
    blob.append_block(b"4", maxsize_condition=5)


def test_snapshots_and_copies_of_an_append_blob_do_not_grow_with_it(container: ContainerClient) -> None:
    blob = container.get_blob_client("log")
    blob.create_append_blob()
    blob.append_block(b"1")
    snapshot = container.get_blob_client("log", snapshot=str(blob.create_snapshot()["snapshot"]))
    copy = container.get_blob_client("copy")
    copy.start_copy_from_url(blob.url)
    blob.append_block(b"2")
    copy.append_block(b"x")
    copy.append_block(b"y")
    blob.append_block(b"3")
    assert snapshot.download_blob().readall() == b"1"
    assert blob.download_blob().readall() == b"123"
    assert copy.download_blob().readall() == b"1xy"
    blob.delete_blob(delete_snapshots="include")
    assert copy.download_blob().readall() == b"1xy"


def test_kinds_of_blobs_are_not_mixed(container: ContainerClient) -> None:
    block, append = container.get_blob_client("b"), container.get_blob_client("a")
    block.upload_blob(b"")
    append.create_append_blob()
    for operation in (lambda: block.append_block(b"x"), lambda: append.stage_block("1", b"x")):
        with pytest.raises((HttpResponseError, ResourceExistsError)) as caught:
            operation()
        assert code(caught.value) == "InvalidBlobType"


def test_a_sealed_blob_takes_no_more(container: ContainerClient) -> None:
    blob = container.get_blob_client("log")
    blob.create_append_blob()
    blob.append_block(b"1")
    blob.seal_append_blob()
    with pytest.raises(HttpResponseError) as caught:
        blob.append_block(b"2")
    assert code(caught.value) == "BlobIsSealed"
    assert blob.get_blob_properties().is_append_blob_sealed


def test_upload_in_append_mode(container: ContainerClient) -> None:
    name = uuid.uuid4().hex
    for part in (b"a" * 10, b"b" * LONG):
        container.upload_blob(name, part, blob_type=BlobType.APPENDBLOB)
    assert container.download_blob(name).readall() == b"a" * 10 + b"b" * LONG
