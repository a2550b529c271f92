"""Leases of blobs through the official client."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from azure.core.exceptions import HttpResponseError, ResourceExistsError
from azure.storage.blob import BlobLeaseClient, ContainerClient

from tests.integration.storage.server.blob.refusals import code, refused


def test_only_the_holder_writes(container: ContainerClient) -> None:
    blob = container.upload_blob("a", b"1")
    lease = blob.acquire_lease(15)
    operations: list[Callable[[], object]] = [
        lambda: blob.upload_blob(b"2", overwrite=True),
        lambda: blob.set_blob_metadata({}),
        lambda: blob.stage_block("1", b""),
        lambda: blob.set_blob_tags({}),
        blob.delete_blob,
    ]
    for operation in operations:
        with pytest.raises(HttpResponseError) as caught:
            operation()
        assert refused(caught) == (412, "LeaseIdMissing")
    with pytest.raises(HttpResponseError) as mismatch:
        blob.upload_blob(b"2", overwrite=True, lease=BlobLeaseClient(blob, str(uuid.uuid4())))
    assert code(mismatch.value) == "LeaseIdMismatchWithBlobOperation"
    blob.upload_blob(b"2", overwrite=True, lease=lease)
    assert blob.download_blob(lease=lease).readall() == b"2"
    properties = blob.get_blob_properties()
    assert (properties.lease.status, properties.lease.state, properties.lease.duration) == ("locked", "leased", "fixed")
    blob.delete_blob(lease=lease)


def test_the_life_of_a_lease(container: ContainerClient) -> None:
    blob = container.upload_blob("a", b"1")
    lease = blob.acquire_lease(-1, lease_id=str(uuid.uuid4()))
    with pytest.raises(HttpResponseError) as present:
        blob.acquire_lease(15)
    assert refused(present) == (409, "LeaseAlreadyPresent")
    lease.renew()
    first = lease.id
    lease.change(str(uuid.uuid4()))
    with pytest.raises(HttpResponseError) as mismatch:
        BlobLeaseClient(blob, first).renew()
    assert code(mismatch.value) == "LeaseIdMismatchWithLeaseOperation"
    assert lease.break_lease(20) == 20
    assert blob.get_blob_properties().lease.state == "breaking"
    assert lease.break_lease(0) == 0
    assert blob.get_blob_properties().lease.state == "broken"
    with pytest.raises(HttpResponseError) as broken:
        lease.renew()
    assert code(broken.value) == "LeaseIsBrokenAndCannotBeRenewed"
    lease.release()
    assert blob.get_blob_properties().lease.state == "available"


def test_a_lease_does_not_change_the_etag(container: ContainerClient) -> None:
    blob = container.upload_blob("a", b"1")
    before = blob.get_blob_properties().etag
    blob.acquire_lease(15)
    assert blob.get_blob_properties().etag == before


@pytest.mark.parametrize("seconds", [0, 14, 61])
def test_a_length_that_is_not_allowed_is_refused(container: ContainerClient, seconds: int) -> None:
    blob = container.upload_blob("a", b"1")
    with pytest.raises(HttpResponseError) as caught:
        blob.acquire_lease(seconds)
    assert refused(caught) == (400, "InvalidHeaderValue")


def test_a_lease_id_is_a_guid(container: ContainerClient) -> None:
    blob = container.upload_blob("a", b"1")
    with pytest.raises(HttpResponseError) as caught:
        blob.acquire_lease(15, lease_id="mine")
    assert code(caught.value) == "InvalidHeaderValue"


def test_one_of_many_gets_the_lease(container: ContainerClient) -> None:
    blob = container.upload_blob("a", b"1")

    def acquire(_: int) -> bool:
        try:
            blob.acquire_lease(60)
        except ResourceExistsError:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        assert sorted(threads.map(acquire, range(16))) == [False] * 15 + [True]
