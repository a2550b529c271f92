"""Who is let in: keys, signatures in all their forms, public containers; and what those see who are not."""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import formatdate
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from azure.core.credentials import AzureNamedKeyCredential, AzureSasCredential
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError, ResourceNotFoundError
from azure.data.tables import ResourceTypes as TableResourceTypes
from azure.data.tables import TableClient, TableSasPermissions, TableServiceClient, generate_table_sas
from azure.data.tables import generate_account_sas as generate_table_account_sas
from azure.storage.blob import (
    AccessPolicy,
    BlobClient,
    BlobSasPermissions,
    BlobServiceClient,
    ContainerClient,
    ContainerSasPermissions,
    ResourceTypes,
    generate_account_sas,
    generate_blob_sas,
    generate_container_sas,
)
from azure.storage.blob.aio import BlobServiceClient as AsyncBlobServiceClient
from azure.storage.queue import AccessPolicy as QueueAccessPolicy
from azure.storage.queue import QueueClient, QueueSasPermissions, QueueServiceClient, generate_queue_sas

from funchost.storage.endpoints import DEVELOPMENT_ACCOUNT, DEVELOPMENT_KEY
from funchost.storage.shared_key import authorization, shared_key_lite_text, table_lite_text
from tests.integration.storage.server.front_fixture import ServedStore

ACCOUNT = DEVELOPMENT_ACCOUNT
KEY = DEVELOPMENT_KEY
ODD_NAMES = ("a b+c&d=e%f.txt", "path/to/ä ö#1?.bin", "(1) 'x' [2]!~*;,@$.txt", "日本/語.txt", "trailing./dots..")


def soon() -> datetime:
    return datetime.now(UTC) + timedelta(minutes=10)


def refused(call: Callable[[], Any]) -> tuple[int, str, str]:
    """Status, code and text of the refusal of a call."""
    with pytest.raises(HttpResponseError) as caught:
        call()
    error: Any = caught.value
    code = getattr(error, "error_code", "")
    return error.status_code, str(getattr(code, "value", code)), str(error)


@pytest.fixture
def blobs(served_store: ServedStore) -> BlobServiceClient:
    return BlobServiceClient.from_connection_string(served_store.connection_string(), retry_total=0)


@pytest.fixture
def queues(served_store: ServedStore) -> QueueServiceClient:
    return QueueServiceClient.from_connection_string(served_store.connection_string(), retry_total=0)


# Keys


def test_a_wrong_key_is_refused_with_what_was_signed(served_store: ServedStore) -> None:
    wrong = "A" * 88
    client = QueueClient(
        served_store.url("queue"), "q-wrong", credential={"account_name": ACCOUNT, "account_key": wrong}
    )
    status, code, text = refused(client.create_queue)
    assert (status, code) == (403, "AuthenticationFailed")
    assert "string to sign" in text
    assert KEY not in text


def test_an_account_that_is_not_there_is_not_found(served_store: ServedStore) -> None:
    text = served_store.connection_string("stranger")
    with QueueServiceClient.from_connection_string(text, retry_total=0) as service:
        assert refused(lambda: service.create_queue("abc"))[:2] == (404, "ResourceNotFound")


def test_further_accounts_have_their_own_key_and_their_own_queues(
    served_store: ServedStore, queues: QueueServiceClient
) -> None:
    from funchost.storage.embedded.accounts import Accounts

    row = served_store.run(Accounts(served_store.store.engine).create("second1"))
    text = served_store.connection_string("second1", base64.b64encode(row.key).decode())
    with QueueServiceClient.from_connection_string(text, retry_total=0) as other:
        other.create_queue("only-here")
        assert [queue.name for queue in other.list_queues()] == ["only-here"]
        assert "only-here" not in [queue.name for queue in queues.list_queues()]


def test_a_date_that_is_off_by_more_than_15_minutes_is_refused(served_store: ServedStore) -> None:
    for offset, status in ((-16 * 60, 403), (16 * 60, 403), (-14 * 60, 200), (14 * 60, 200)):
        headers = {"x-ms-date": formatdate(time.time() + offset, usegmt=True), "x-ms-version": "2021-08-06"}
        answer = signed_lite(served_store, "queue", "", {"comp": "list"}, headers)
        assert answer.status_code == status
        assert status == 200 or "too old" in answer.text


def signed_lite(
    store: ServedStore, service: Any, path: str, query: Mapping[str, str], headers: Mapping[str, str]
) -> httpx.Response:
    """A GET that is signed by the scheme SharedKeyLite."""
    url = f"{store.url(service)}/{path}"
    raw_path = httpx.URL(url).raw_path.decode()
    text = (
        table_lite_text(ACCOUNT, raw_path, query, headers)
        if service == "table"
        else shared_key_lite_text("GET", ACCOUNT, raw_path, query, headers)
    )
    value = authorization(ACCOUNT, base64.b64decode(KEY), text, "SharedKeyLite")
    return httpx.get(url, params=dict(query), headers={**headers, "authorization": value})


def test_shared_key_lite_is_taken_by_all_services(served_store: ServedStore) -> None:
    headers = {
        "x-ms-date": formatdate(usegmt=True),
        "x-ms-version": "2021-08-06",
        "x-ms-meta-b": "1",
        "x-ms-meta-a": "2",
    }
    assert signed_lite(served_store, "queue", "", {"comp": "list"}, headers).status_code == 200
    assert signed_lite(served_store, "blob", "", {"comp": "list", "prefix": "a b"}, headers).status_code == 200
    assert signed_lite(served_store, "table", "Tables", {}, headers).status_code == 200


@pytest.mark.parametrize("name", ODD_NAMES)
def test_odd_names_are_signed_and_verified_alike(blobs: BlobServiceClient, name: str) -> None:
    container = blobs.get_container_client("odd-names")
    if not container.exists():
        container.create_container()
    container.upload_blob(name, b"content", metadata={"a_b": "1", "ab": "2", "A1": "3"})
    assert container.download_blob(name).readall() == b"content"
    assert [blob.name for blob in container.list_blobs(name_starts_with=name)] == [name]


@pytest.mark.parametrize("name", ODD_NAMES)
def test_odd_names_are_signed_and_verified_alike_by_the_asynchronous_client(
    served_store: ServedStore, name: str
) -> None:
    async def use() -> tuple[bytes, list[str]]:
        text = served_store.connection_string()
        async with AsyncBlobServiceClient.from_connection_string(text, retry_total=0) as service:
            container = service.get_container_client("odd-names-async")
            if not await container.exists():
                await container.create_container()
            await container.upload_blob(name, b"content", overwrite=True)
            found = [blob.name async for blob in container.list_blobs(name_starts_with=name)]
            return await (await container.download_blob(name)).readall(), found

    assert asyncio.run(use()) == (b"content", [name])


def test_a_host_name_may_name_the_account(served_store: ServedStore) -> None:
    port = served_store.ports["blob"]
    sas = generate_account_sas(ACCOUNT, KEY, ResourceTypes(service=True), "rl", soon())
    url = f"http://127.0.0.1:{port}/?comp=list&{sas}"
    answer = httpx.get(url, headers={"host": f"{ACCOUNT}.blob.localhost:{port}"})
    assert answer.status_code == 200
    assert f'ServiceEndpoint="http://{ACCOUNT}.blob.localhost:{port}/"' in answer.text


# Nobody, and others


def test_a_request_without_credentials_is_told_so(served_store: ServedStore) -> None:
    for service in ("blob", "queue", "table"):
        url = served_store.url(service)
        answer = httpx.get(f"{url}?comp=list", headers={"x-ms-version": "2099-01-01", "x-ms-client-request-id": "mine"})
        assert answer.status_code == 401
        assert answer.headers["x-ms-error-code"] == "NoAuthenticationInformation"
        assert answer.headers["x-ms-version"] == "2099-01-01"
        assert answer.headers["x-ms-client-request-id"] == "mine"
        assert answer.headers["x-ms-request-id"] in answer.text
        assert "www-authenticate" in answer.headers


def test_tokens_of_an_identity_are_refused_with_a_reason(served_store: ServedStore) -> None:
    answer = httpx.get(f"{served_store.url('blob')}?comp=list", headers={"authorization": "Bearer abc"})
    assert answer.status_code == 401
    assert answer.headers["x-ms-error-code"] == "InvalidAuthenticationInfo"
    assert "Entra ID" in answer.text


@pytest.mark.parametrize(
    "value", ["SharedKey", "SharedKey x", "SharedKey :", "Basic YTpi", "SharedKey devstoreaccount1:"]
)
def test_a_broken_authorization_header_is_an_error_of_the_client(served_store: ServedStore, value: str) -> None:
    answer = httpx.get(f"{served_store.url('queue')}?comp=list", headers={"authorization": value})
    assert answer.status_code == 400
    assert answer.headers["x-ms-error-code"] == "InvalidAuthenticationInfo"


# Signatures for an account


def test_an_accounts_signature_grants_what_it_says(served_store: ServedStore, blobs: BlobServiceClient) -> None:
    container = blobs.create_container("account-sas")
    container.upload_blob("x", b"1")
    sas = generate_account_sas(ACCOUNT, KEY, ResourceTypes(container=True, object=True), "rl", soon())
    signed = ContainerClient(served_store.url("blob"), "account-sas", credential=sas, retry_total=0)
    assert signed.download_blob("x").readall() == b"1"
    assert [blob.name for blob in signed.list_blobs()] == ["x"]
    assert refused(lambda: signed.upload_blob("y", b""))[1] == "AuthorizationPermissionMismatch"
    service = BlobServiceClient(served_store.url("blob"), credential=sas, retry_total=0)
    assert refused(lambda: list(service.list_containers()))[1] == "AuthorizationResourceTypeMismatch"
    queue = QueueServiceClient(served_store.url("queue"), credential=sas, retry_total=0)
    assert refused(lambda: list(queue.list_queues()))[1] == "AuthorizationServiceMismatch"


@pytest.mark.parametrize(
    ("options", "code", "told"),
    [
        ({"expiry": datetime(2020, 1, 1, tzinfo=UTC)}, "AuthenticationFailed", "time frame"),
        ({"start": datetime(2099, 1, 1, tzinfo=UTC)}, "AuthenticationFailed", "time frame"),
        ({"ip": "10.0.0.1-10.0.0.9"}, "AuthorizationSourceIPMismatch", "127.0.0.1"),
        ({"protocol": "https"}, "AuthorizationProtocolMismatch", "protocol"),
        ({"account_key": "A" * 88}, "AuthenticationFailed", "did not match"),
    ],
)
def test_a_signature_counts_within_its_bounds_only(
    served_store: ServedStore, options: dict[str, Any], code: str, told: str
) -> None:
    arguments = {"account_key": KEY, "expiry": soon(), **options}
    sas = generate_account_sas(ACCOUNT, resource_types=ResourceTypes(service=True), permission="rl", **arguments)
    service = BlobServiceClient(served_store.url("blob"), credential=sas, retry_total=0)
    status, found, text = refused(lambda: list(service.list_containers()))
    assert (status, found) == (403, code)
    assert told in text


def test_a_range_of_addresses_and_both_protocols_are_taken(served_store: ServedStore) -> None:
    sas = generate_account_sas(
        ACCOUNT, KEY, ResourceTypes(service=True), "rl", soon(), ip="127.0.0.0-127.0.0.9", protocol="https,http"
    )
    service = BlobServiceClient(served_store.url("blob"), credential=sas, retry_total=0)
    list(service.list_containers())


# Signatures for one resource


def test_a_blobs_signature_is_for_that_blob(served_store: ServedStore, blobs: BlobServiceClient) -> None:
    container = blobs.create_container("blob-sas")
    for name in ODD_NAMES:
        container.upload_blob(name, b"1")
        sas = generate_blob_sas(
            ACCOUNT, "blob-sas", name, account_key=KEY, permission=BlobSasPermissions(read=True), expiry=soon(),
            content_type="text/special", content_disposition="inline",
        )  # fmt: skip
        signed = BlobClient(served_store.url("blob"), "blob-sas", name, credential=sas, retry_total=0)
        download = signed.download_blob()
        assert download.readall() == b"1"
        assert download.properties.content_settings.content_type == "text/special"
        other = BlobClient(served_store.url("blob"), "blob-sas", "other", credential=sas, retry_total=0)
        assert refused(lambda: other.download_blob())[1] == "AuthenticationFailed"  # noqa: B023
        assert refused(lambda: signed.delete_blob())[1] == "AuthorizationPermissionMismatch"  # noqa: B023


def test_a_containers_signature_may_come_from_a_stored_policy(
    served_store: ServedStore, blobs: BlobServiceClient
) -> None:
    container = blobs.create_container("container-sas")
    container.upload_blob("x", b"1")
    policy = AccessPolicy(
        permission=ContainerSasPermissions(read=True, list=True), expiry=soon(), start="2020-01-01T00:00:00Z"
    )
    container.set_container_access_policy({"mine": policy})
    sas = generate_container_sas(ACCOUNT, "container-sas", account_key=KEY, policy_id="mine")
    signed = ContainerClient(served_store.url("blob"), "container-sas", credential=sas, retry_total=0)
    assert signed.download_blob("x").readall() == b"1"
    assert [blob.name for blob in signed.list_blobs()] == ["x"]
    assert refused(lambda: signed.delete_blob("x"))[0] == 403
    assert refused(signed.delete_container)[0] == 403
    container.set_container_access_policy({})
    assert refused(lambda: signed.download_blob("x"))[1] == "AuthenticationFailed"


def test_a_queues_signature_grants_single_kinds_of_calls(served_store: ServedStore, queues: QueueServiceClient) -> None:
    queue = queues.create_queue("queue-sas")
    sas = generate_queue_sas(ACCOUNT, "queue-sas", KEY, permission=QueueSasPermissions(add=True), expiry=soon())
    adder = QueueClient(served_store.url("queue"), "queue-sas", credential=sas, retry_total=0)
    adder.send_message("x")
    assert refused(adder.receive_message)[1] == "AuthorizationPermissionMismatch"
    assert refused(adder.peek_messages)[1] == "AuthorizationPermissionMismatch"
    queue.set_queue_access_policy(
        {"p": QueueAccessPolicy(permission="rp", expiry=soon(), start="2020-01-01T00:00:00Z")}
    )
    sas = generate_queue_sas(ACCOUNT, "queue-sas", KEY, policy_id="p")
    processor = QueueClient(served_store.url("queue"), "queue-sas", credential=sas, retry_total=0)
    assert len(processor.peek_messages()) == 1
    message = processor.receive_message()
    assert message is not None
    processor.delete_message(message)
    assert refused(processor.clear_messages)[0] == 403


def test_tables_take_signatures_for_accounts_and_for_ranges_of_keys(served_store: ServedStore) -> None:
    named = AzureNamedKeyCredential(ACCOUNT, KEY)
    service = TableServiceClient(served_store.url("table"), credential=named, retry_total=0)
    table = service.create_table("TableSas")
    for key in "abc":
        table.create_entity({"PartitionKey": key, "RowKey": "1"})
    sas = generate_table_account_sas(
        named, resource_types=TableResourceTypes(service=True, object=True), permission="rl", expiry=soon()
    )
    signed = TableServiceClient(served_store.url("table"), credential=AzureSasCredential(sas), retry_total=0)
    assert signed.get_table_client("TableSas").get_entity("a", "1")["PartitionKey"] == "a"
    sas = generate_table_sas(
        named, "TableSas", permission=TableSasPermissions(read=True), expiry=soon(),
        start_pk="b", start_rk="0", end_pk="b", end_rk="9",
    )  # fmt: skip
    ranged = TableClient(served_store.url("table"), "TableSas", credential=AzureSasCredential(sas), retry_total=0)
    assert ranged.get_entity("b", "1")["PartitionKey"] == "b"
    with pytest.raises((ResourceNotFoundError, ClientAuthenticationError, HttpResponseError)):
        ranged.get_entity("a", "1")
    assert refused(lambda: ranged.create_entity({"PartitionKey": "b", "RowKey": "2"}))[0] == 403


# Public containers


def test_public_containers_are_read_without_credentials(served_store: ServedStore, blobs: BlobServiceClient) -> None:
    url = served_store.url("blob")
    for access, lists in (("container", 200), ("blob", 401)):
        container = blobs.create_container(f"public-{access}", public_access=access)
        container.upload_blob("a b.txt", b"hello", metadata={"Name": "v"})
        assert httpx.get(f"{url}/public-{access}/{quote('a b.txt')}").text == "hello"
        assert httpx.get(f"{url}/public-{access}?restype=container&comp=list").status_code == lists
        assert httpx.delete(f"{url}/public-{access}/{quote('a b.txt')}").status_code == 401
    blobs.create_container("private")
    answer = httpx.head(f"{url}/private/x")
    assert (answer.status_code, answer.content) == (401, b"")
    assert answer.headers["x-ms-error-code"] == "NoAuthenticationInformation"
