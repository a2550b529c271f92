"""Batches through the official client."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from azure.core.exceptions import HttpResponseError
from azure.storage.blob import (
    ContainerClient,
    ContainerSasPermissions,
    PartialBatchErrorException,
    generate_container_sas,
)

from funchost.storage.endpoints import DEVELOPMENT_ACCOUNT, DEVELOPMENT_KEY

NAMES = ["plain", "with space", "ä/日本", "per%cent?", "x" * 200]


def test_many_blobs_are_deleted_at_once(container: ContainerClient) -> None:
    for name in NAMES:
        container.upload_blob(name, b"x")
    answers = list(container.delete_blobs(*NAMES))
    assert [answer.status_code for answer in answers] == [202] * len(NAMES)
    assert list(container.list_blobs()) == []


def test_parts_fail_one_by_one(container: ContainerClient) -> None:
    container.upload_blob("a", b"x")
    with pytest.raises(PartialBatchErrorException) as caught:
        container.delete_blobs("a", "none", raise_on_any_failure=True)
    parts = caught.value.parts
    assert [part.status_code for part in parts] == [202, 404]
    assert parts[1].headers["x-ms-error-code"] == "BlobNotFound"
    container.upload_blob("leased", b"x").acquire_lease(15)
    answers = list(container.delete_blobs("leased", raise_on_any_failure=False))
    assert [answer.status_code for answer in answers] == [412]


def test_snapshots_go_with_their_blobs(container: ContainerClient) -> None:
    container.upload_blob("a", b"x").create_snapshot()
    container.delete_blobs("a", delete_snapshots="include")
    assert list(container.list_blobs(include=["snapshots"])) == []


def test_tiers_are_set_at_once(container: ContainerClient) -> None:
    for name in NAMES:
        container.upload_blob(name, b"x")
    container.set_standard_blob_tier_blobs("Cool", *NAMES)
    assert {blob.blob_tier for blob in container.list_blobs()} == {"Cool"}


def test_a_signature_counts_for_every_part(container: ContainerClient) -> None:
    container.upload_blob("a", b"x")
    for permissions, statuses in (("rdl", [202]), ("rwl", [403])):
        sas = generate_container_sas(
            DEVELOPMENT_ACCOUNT,
            container.container_name,
            account_key=DEVELOPMENT_KEY,
            permission=ContainerSasPermissions.from_string(permissions),
            expiry=datetime.now(UTC) + timedelta(hours=1),
        )
        with ContainerClient.from_container_url(f"{container.url}?{sas}") as signed:
            answers = list(signed.delete_blobs("a", raise_on_any_failure=False))
        assert [answer.status_code for answer in answers] == statuses
        container.upload_blob("a", b"x", overwrite=True)


def test_too_many_parts_are_refused(container: ContainerClient) -> None:
    with pytest.raises(HttpResponseError):
        container.delete_blobs(*(f"b{number}" for number in range(257)))
