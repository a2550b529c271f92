"""Containers through the official client."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceModifiedError, ResourceNotFoundError
from azure.storage.blob import (
    AccessPolicy,
    BlobClient,
    BlobServiceClient,
    ContainerClient,
    ContainerSasPermissions,
    PublicAccess,
    generate_blob_sas,
)

from funchost.storage.endpoints import DEVELOPMENT_ACCOUNT, DEVELOPMENT_KEY
from funchost.storage.server.blob.service import BlobService
from funchost.storage.server.exchange import Message, RequestBody, StorageRequest
from tests.integration.storage.server.blob.refusals import code, refused
from tests.integration.storage.server.front_fixture import ServedStore


async def _nothing() -> Message:
    return {"type": "http.disconnect"}


NO_BODY = RequestBody(_nothing, 0)


def test_a_container_is_created_once(service: BlobServiceClient) -> None:
    name = f"c{uuid.uuid4().hex}"
    created = service.create_container(name, metadata={"kind": "first"})
    with pytest.raises(ResourceExistsError) as caught:
        service.create_container(name)
    assert code(caught.value) == "ContainerAlreadyExists"
    properties = created.get_container_properties()
    assert (properties.name, properties.metadata, properties.public_access) == (name, {"kind": "first"}, None)
    assert properties.lease.state == "available"
    assert created.exists()


@pytest.mark.parametrize(
    ("name", "code"),
    [("ab", "OutOfRangeInput"), ("Upper", "InvalidResourceName"), ("two--hyphens", "InvalidResourceName")],
)
def test_a_container_name_that_is_none_is_refused(service: BlobServiceClient, name: str, code: str) -> None:
    with pytest.raises(HttpResponseError) as caught:
        service.create_container(name)
    assert refused(caught) == (400, code)


@pytest.mark.parametrize("name", ["$root", "$web"])
def test_special_containers_can_be_made(service: BlobServiceClient, name: str) -> None:
    client = service.create_container(name)
    client.upload_blob("index.html", b"<p>")
    assert client.download_blob("index.html").readall() == b"<p>"
    client.delete_container()


def test_a_blob_of_the_root_container_needs_no_container_in_its_url(
    service: BlobServiceClient, served_store: ServedStore
) -> None:
    root = service.create_container("$root")
    root.upload_blob("favicon.ico", b"icon")
    request = StorageRequest("blob", "GET", DEVELOPMENT_ACCOUNT, "favicon.ico", "favicon.ico", {}, {}, NO_BODY)
    assert served_store.run(BlobService(served_store.store).handle(request)).body == b"icon"
    url = f"{served_store.url('blob')}/favicon.ico"
    assert httpx.get(url).status_code == 401
    expiry = datetime.now(UTC) + timedelta(minutes=10)
    signature = generate_blob_sas(
        DEVELOPMENT_ACCOUNT, "$root", "favicon.ico", account_key=DEVELOPMENT_KEY, permission="r", expiry=expiry
    )
    assert httpx.get(f"{url}?{signature}").content == b"icon"
    assert httpx.put(f"{url}?{signature}", headers={"x-ms-blob-type": "BlockBlob"}).status_code == 403
    root.set_container_access_policy({}, public_access="blob")
    assert httpx.get(url).content == b"icon"
    assert httpx.put(url, headers={"x-ms-blob-type": "BlockBlob"}).status_code == 401
    root.delete_container()


def test_a_deleted_container_is_gone_with_its_blobs(service: BlobServiceClient, container: ContainerClient) -> None:
    container.upload_blob("a", b"1")
    container.delete_container()
    for operation in (container.get_container_properties, container.delete_container):
        with pytest.raises(ResourceNotFoundError) as caught:
            operation()
    assert code(caught.value) == "ContainerNotFound"
    assert service.create_container(container.container_name).get_blob_client("a").exists() is False


def test_metadata_and_conditions(container: ContainerClient) -> None:
    before = container.get_container_properties()
    container.set_container_metadata({"b": "2"})
    after = container.get_container_properties()
    assert after.metadata == {"b": "2"}
    assert after.etag != before.etag
    with pytest.raises(ResourceModifiedError):
        container.set_container_metadata({}, if_modified_since=datetime.now(UTC) + timedelta(hours=1))
    with pytest.raises(HttpResponseError):
        container.delete_container(if_unmodified_since=datetime.now(UTC) - timedelta(hours=1))


def test_a_leased_container_is_deleted_by_the_holder_only(container: ContainerClient) -> None:
    lease = container.acquire_lease(15)
    assert container.get_container_properties().lease.duration == "fixed"
    with pytest.raises(HttpResponseError) as caught:
        container.delete_container()
    assert code(caught.value) == "LeaseIdMissing"
    with pytest.raises(HttpResponseError) as caught:
        container.delete_container(lease=str(uuid.uuid4()))
    assert code(caught.value) == "LeaseIdMismatchWithContainerOperation"
    lease.renew()
    lease.change(str(uuid.uuid4()))
    container.delete_container(lease=lease)


def test_access_policies_are_kept_and_sign(container: ContainerClient) -> None:
    policy = AccessPolicy(ContainerSasPermissions(read=True), datetime.now(UTC) + timedelta(hours=1))
    container.set_container_access_policy({"reader": policy}, public_access=None)
    stored = container.get_container_access_policy()
    assert stored["public_access"] is None
    assert [(entry.id, entry.access_policy.permission) for entry in stored["signed_identifiers"]] == [("reader", "r")]
    container.upload_blob("a", b"1")
    sas = generate_blob_sas(
        DEVELOPMENT_ACCOUNT, container.container_name, "a", account_key=DEVELOPMENT_KEY, policy_id="reader"
    )
    with BlobClient.from_blob_url(f"{container.url}/a?{sas}") as client:
        assert client.download_blob().readall() == b"1"
        container.set_container_access_policy({})
        with pytest.raises(HttpResponseError):
            client.download_blob()


def test_public_containers_are_read_by_anybody(container: ContainerClient) -> None:
    container.upload_blob("a", b"1")
    list_url = f"{container.url}?restype=container&comp=list"
    with httpx.Client() as http:
        assert http.get(f"{container.url}/a").status_code == 401
        container.set_container_access_policy({}, public_access=PublicAccess.BLOB)
        assert http.get(f"{container.url}/a").content == b"1"
        assert http.get(list_url).status_code == 401
        container.set_container_access_policy({}, public_access=PublicAccess.CONTAINER)
        assert http.get(list_url).status_code == 200
        assert http.put(f"{container.url}/b", headers={"x-ms-blob-type": "BlockBlob"}).status_code == 401


def test_containers_are_listed_in_pages(service: BlobServiceClient) -> None:
    prefix = f"p{uuid.uuid4().hex[:12]}"
    for number in range(5):
        service.create_container(f"{prefix}{number}", metadata={"number": str(number)})
    pages = service.list_containers(prefix, include_metadata=True, results_per_page=2).by_page()
    found = [[(each.name[-1], each.metadata) for each in page] for page in pages]
    assert [len(page) for page in found] == [2, 2, 1]
    assert found[0] == [("0", {"number": "0"}), ("1", {"number": "1"})]


def test_the_account_tells_its_kind_and_properties(service: BlobServiceClient, container: ContainerClient) -> None:
    assert service.get_account_information()["account_kind"] == "StorageV2"
    assert container.get_account_information()["account_kind"] == "StorageV2"
    assert container.get_blob_client("a").get_account_information()["account_kind"] == "StorageV2"
    assert "hour_metrics" in service.get_service_properties()
