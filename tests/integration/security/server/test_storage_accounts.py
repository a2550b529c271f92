"""The storage account of one app, attacked with the credentials of another and with those that everybody knows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError
from azure.data.tables import TableServiceClient
from azure.storage.blob import AccountSasPermissions, BlobServiceClient, ResourceTypes, generate_account_sas
from azure.storage.queue import QueueServiceClient

from funchost.storage.endpoints import DEVELOPMENT_ACCOUNT, DEVELOPMENT_KEY
from tests.integration.security.server.conftest import Pair


def parts(pair: Pair, app: str) -> dict[str, str]:
    text = pair.settings[app]["AzureWebJobsStorage"]
    return dict(part.split("=", 1) for part in text.split(";"))


def connection(own: dict[str, str], **changed: str) -> str:
    return ";".join(f"{name}={value}" for name, value in {**own, **changed}.items())


READS: tuple[Callable[[str], object], ...] = (
    lambda text: list(BlobServiceClient.from_connection_string(text, retry_total=0).list_containers()),
    lambda text: list(QueueServiceClient.from_connection_string(text, retry_total=0).list_queues()),
    lambda text: list(TableServiceClient.from_connection_string(text, retry_total=0).list_tables()),
)


@pytest.mark.parametrize("read", READS, ids=("blob", "queue", "table"))
def test_an_account_opens_with_its_own_key_alone(pair: Pair, read: Callable[[str], object]) -> None:
    victim, rival = parts(pair, "victim"), parts(pair, "rival")
    read(connection(victim))
    for name, key in (
        (victim["AccountName"], rival["AccountKey"]),
        (rival["AccountName"], rival["AccountKey"]),
        (victim["AccountName"], DEVELOPMENT_KEY),
    ):
        with pytest.raises(ClientAuthenticationError):
            read(connection(victim, AccountName=name, AccountKey=key))


@pytest.mark.parametrize("read", READS, ids=("blob", "queue", "table"))
def test_there_is_no_account_with_the_key_that_everybody_knows(pair: Pair, read: Callable[[str], object]) -> None:
    known = {
        name: value.replace(parts(pair, "victim")["AccountName"], DEVELOPMENT_ACCOUNT)
        for name, value in parts(pair, "victim").items()
    }
    with pytest.raises(HttpResponseError) as refused:
        read(connection(known, AccountKey=DEVELOPMENT_KEY))
    assert refused.value.status_code in (403, 404)


def test_a_signature_of_another_account_and_a_copy_across_accounts_are_refused(pair: Pair) -> None:
    victim, rival = parts(pair, "victim"), parts(pair, "rival")
    own = BlobServiceClient.from_connection_string(connection(victim))
    own.create_container("private").upload_blob("secret", b"x")
    everything = AccountSasPermissions(read=True, write=True, list=True)
    soon = datetime.now(UTC) + timedelta(hours=1)
    for name in (victim["AccountName"], rival["AccountName"]):
        forged = generate_account_sas(name, rival["AccountKey"], ResourceTypes(True, True, True), everything, soon)
        with pytest.raises(ClientAuthenticationError):
            list(BlobServiceClient(victim["BlobEndpoint"], credential=forged, retry_total=0).list_containers())
    other = BlobServiceClient.from_connection_string(connection(rival), retry_total=0)
    copy = other.create_container("stolen").get_blob_client("copy")
    with pytest.raises(HttpResponseError):
        copy.start_copy_from_url(f"{victim['BlobEndpoint']}/private/secret")
