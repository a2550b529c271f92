"""A blob client, and containers, of the served store."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest
from azure.storage.blob import BlobServiceClient, ContainerClient

from tests.integration.storage.server.front_fixture import ServedStore


@pytest.fixture(scope="module")
def service(served_store: ServedStore) -> Iterator[BlobServiceClient]:
    """The official client, without patience: a request that is answered 5xx fails at once."""
    client = BlobServiceClient.from_connection_string(served_store.connection_string(), retry_total=0)
    with client:
        yield client


@pytest.fixture
def container(service: BlobServiceClient) -> ContainerClient:
    """A container of its own for each test."""
    return service.create_container(f"c{uuid.uuid4().hex}")
