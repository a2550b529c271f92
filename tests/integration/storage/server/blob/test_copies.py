"""Copies through the official client."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from azure.core import MatchConditions
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.storage.blob import (
    BlobBlock,
    BlobServiceClient,
    ContainerClient,
    ContainerSasPermissions,
    ContentSettings,
    StandardBlobTier,
    generate_container_sas,
)

from funchost.storage.embedded.accounts import Accounts
from funchost.storage.endpoints import DEVELOPMENT_ACCOUNT, DEVELOPMENT_KEY
from tests.integration.storage.server.blob.refusals import code, refused
from tests.integration.storage.server.front_fixture import ServedStore

LONG = 300_000


def _sas(container: ContainerClient, permissions: str, account: str, key: str) -> str:
    return generate_container_sas(
        account,
        container.container_name,
        account_key=key,
        permission=ContainerSasPermissions.from_string(permissions),
        expiry=datetime.now(UTC) + timedelta(hours=1),
    )


@pytest.mark.parametrize("synchronous", [False, True])
def test_a_copy_has_content_headers_and_metadata_of_its_source(container: ContainerClient, synchronous: bool) -> None:
    source = container.upload_blob(
        "dir/ä %41?", b"x" * LONG, metadata={"a": "1"}, content_settings=ContentSettings("text/plain")
    )
    copy = container.get_blob_client("copy")
    started = copy.start_copy_from_url(source.url, requires_sync=synchronous)
    assert started["copy_status"] == "success"
    source.delete_blob()
    properties = copy.get_blob_properties()
    assert copy.download_blob().readall() == b"x" * LONG
    assert (properties.metadata, properties.content_settings.content_type) == ({"a": "1"}, "text/plain")
    assert (properties.copy.status, properties.copy.id) == ("success", started["copy_id"])
    assert properties.copy.progress == f"{LONG}/{LONG}"


def test_a_copy_can_have_metadata_and_tags_of_its_own(container: ContainerClient) -> None:
    source = container.upload_blob("a", b"x", metadata={"a": "1"}, tags={"t": "1"})
    copy = container.get_blob_client("copy")
    copy.start_copy_from_url(source.url, metadata={"b": "2"}, tags={"u": "2"}, standard_blob_tier=StandardBlobTier.COOL)
    assert copy.get_blob_properties().metadata == {"b": "2"}
    assert copy.get_blob_properties().blob_tier == "Cool"
    assert copy.get_blob_tags() == {"u": "2"}
    copy.start_copy_from_url(source.url, requires_sync=True, tags="COPY")
    assert copy.get_blob_tags() == {"t": "1"}


def test_a_snapshot_is_brought_back_by_a_copy(container: ContainerClient) -> None:
    blob = container.upload_blob("a", b"old")
    snapshot = container.get_blob_client("a", snapshot=str(blob.create_snapshot()["snapshot"]))
    blob.upload_blob(b"new", overwrite=True)
    blob.start_copy_from_url(snapshot.url)
    assert blob.download_blob().readall() == b"old"


def test_a_source_that_is_not_there_or_not_as_expected(container: ContainerClient) -> None:
    source = container.upload_blob("a", b"x")
    copy = container.get_blob_client("copy")
    with pytest.raises(ResourceNotFoundError) as missing:
        copy.start_copy_from_url(container.get_blob_client("none").url)
    assert code(missing.value) == "CannotVerifyCopySource"
    with pytest.raises(HttpResponseError) as changed:
        copy.start_copy_from_url(
            source.url, source_etag='"0x8D0"', source_match_condition=MatchConditions.IfNotModified
        )
    assert refused(changed) == (412, "SourceConditionNotMet")
    with pytest.raises(HttpResponseError) as elsewhere:
        copy.start_copy_from_url("https://example.com/a/b")
    assert elsewhere.value.status_code == 501
    assert not copy.exists()


def test_there_is_no_copy_to_abort(container: ContainerClient) -> None:
    copy = container.get_blob_client("copy")
    started = copy.start_copy_from_url(container.upload_blob("a", b"x").url)
    with pytest.raises(HttpResponseError) as caught:
        copy.abort_copy(str(started["copy_id"]))
    assert refused(caught) == (409, "NoPendingCopyOperation")


def test_parts_come_from_urls(container: ContainerClient) -> None:
    source = container.upload_blob("a", b"0123456789" * LONG)
    blob = container.get_blob_client("blocks")
    blob.stage_block_from_url("1", source.url, source_offset=2, source_length=3)
    blob.stage_block_from_url("2", source.url)
    blob.commit_block_list([BlobBlock("1"), BlobBlock("2")])
    assert blob.download_blob().readall() == b"234" + b"0123456789" * LONG
    log = container.get_blob_client("log")
    log.create_append_blob()
    log.append_block_from_url(source.url, source_offset=5, source_length=2)
    assert log.download_blob().readall() == b"56"


def test_a_blob_is_uploaded_from_a_url(container: ContainerClient) -> None:
    source = container.upload_blob("a", b"x" * LONG, content_settings=ContentSettings("text/plain"))
    blob = container.get_blob_client("b")
    blob.upload_blob_from_url(source.url)
    assert blob.download_blob().readall() == b"x" * LONG
    assert blob.get_blob_properties().content_settings.content_type == "text/plain"
    with pytest.raises(HttpResponseError):
        blob.upload_blob_from_url(source.url, overwrite=False)


def test_another_account_is_a_source_for_those_who_may_read_it(
    container: ContainerClient, served_store: ServedStore
) -> None:
    account = served_store.run(Accounts(served_store.store.engine).create("otheraccount"))
    key = base64.b64encode(account.key).decode()
    string = served_store.connection_string("otheraccount", key)
    with BlobServiceClient.from_connection_string(string, retry_total=0) as other:
        theirs = other.create_container("theirs")
        source = theirs.upload_blob("a", b"x")
        copy = container.get_blob_client("copy")
        with pytest.raises(HttpResponseError) as caught:
            copy.start_copy_from_url(source.url)
        assert refused(caught) == (401, "CannotVerifyCopySource")
        sas = _sas(theirs, "r", "otheraccount", key)
        copy.start_copy_from_url(f"{source.url}?{sas}")
    assert copy.download_blob().readall() == b"x"
    assert copy.get_blob_properties().copy.source == source.url


def test_who_signs_for_one_container_cannot_copy_from_another(
    service: BlobServiceClient, container: ContainerClient
) -> None:
    secret = service.create_container(f"{container.container_name}2").upload_blob("a", b"secret")
    sas = _sas(container, "racw", DEVELOPMENT_ACCOUNT, DEVELOPMENT_KEY)
    with httpx.Client() as http:
        answer = http.put(f"{container.url}/copy?{sas}", headers={"x-ms-copy-source": secret.url})
    assert (answer.status_code, answer.headers["x-ms-error-code"]) == (401, "CannotVerifyCopySource")
