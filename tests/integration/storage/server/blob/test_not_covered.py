"""Operations that this store does not cover say so."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from azure.core.exceptions import HttpResponseError
from azure.storage.blob import BlobServiceClient, ContainerClient, ImmutabilityPolicy

NOW = datetime.now(UTC)
POLICY = ImmutabilityPolicy(expiry_time=NOW, policy_mode="unlocked")

OPERATIONS: list[tuple[str, Callable[[ContainerClient], object]]] = [
    ("Put Page Blob", lambda c: c.get_blob_client("p").create_page_blob(512)),
    ("Put Page", lambda c: c.get_blob_client("p").upload_page(b"x" * 512, 0, 512)),
    ("Get Page Ranges", lambda c: list(c.get_blob_client("p").list_page_ranges())),
    ("Query Blob Contents", lambda c: c.get_blob_client("a").query_blob("SELECT * from BlobStorage").readall()),
    ("Find Blobs by Tags", lambda c: list(c.find_blobs_by_tags("\"a\"='1'"))),
    ("Undelete", lambda c: c.get_blob_client("a").undelete_blob()),
    (
        "Set Blob Immutability Policy",
        lambda c: c.get_blob_client("a").set_immutability_policy(POLICY),
    ),
    ("Set Blob Legal Hold", lambda c: c.get_blob_client("a").set_legal_hold(True)),
    ("x-ms-if-tags", lambda c: c.get_blob_client("a").get_blob_properties(if_tags_match_condition="\"a\"='1'")),
    ("versionid", lambda c: c.get_blob_client("a").get_blob_properties(version_id="2020-01-01T00:00:00.0000000Z")),
]


@pytest.mark.parametrize(("operation", "call"), OPERATIONS, ids=[name for name, _ in OPERATIONS])
def test_an_operation_that_is_not_covered_answers_501(
    container: ContainerClient, operation: str, call: Callable[[ContainerClient], object]
) -> None:
    container.upload_blob("a", b"x")
    with pytest.raises(HttpResponseError) as caught:
        call(container)
    assert caught.value.status_code == 501
    assert operation in str(caught.value) or "Content: " not in str(caught.value), "only an answer to HEAD is silent"


def test_what_the_service_does_not_cover_answers_501(service: BlobServiceClient) -> None:
    for call in (
        lambda: list(service.find_blobs_by_tags("\"a\"='1'")),
        lambda: service.get_user_delegation_key(NOW, NOW + timedelta(hours=1)),
    ):
        with pytest.raises(HttpResponseError) as caught:
            call()
        assert caught.value.status_code == 501
