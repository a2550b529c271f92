from __future__ import annotations

import json

import pytest

from funchost.errors import StorageError
from funchost.storage.remote.entity_batch import batch_parts, batch_request, entity_write
from funchost.storage.remote.entity_text import entity_from, entity_json, entity_path
from funchost.storage.tables import Operation, Write

ENTITY = {"PartitionKey": "p", "RowKey": "it's/#1 ä", "n": 1}


def test_keys_are_quoted_and_encoded_in_paths() -> None:
    assert entity_path("orders", ENTITY) == "/orders(PartitionKey='p',RowKey='it%27%27s%2F%231%20%C3%A4')"


def test_what_the_service_sets_is_not_written() -> None:
    read = {
        **ENTITY,
        "Timestamp": "2026-11-21T14:00:00Z",
        "odata.etag": 'W/"1"',
        "big@odata.type": "Edm.Int64",
        "big": "1",
    }
    assert json.loads(entity_json(read)) == {**ENTITY, "big@odata.type": "Edm.Int64", "big": "1"}


def test_what_describes_the_answer_is_not_read() -> None:
    answer = {**ENTITY, "odata.metadata": "x", "odata.etag": 'W/"1"', "Timestamp@odata.type": "Edm.DateTime"}
    assert entity_from(answer) == {**ENTITY, "odata.etag": 'W/"1"'}


@pytest.mark.parametrize(
    ("write", "method", "etag"),
    [
        (Write.INSERT, "POST", None),
        (Write.REPLACE, "PUT", 'W/"1"'),
        (Write.MERGE, "MERGE", 'W/"1"'),
        (Write.UPSERT_REPLACE, "PUT", None),
        (Write.UPSERT_MERGE, "MERGE", None),
        (Write.DELETE, "DELETE", 'W/"1"'),
    ],
)
def test_each_write_has_its_request(write: Write, method: str, etag: str | None) -> None:
    request = entity_write("orders", Operation(write, ENTITY, 'W/"1"'))
    assert (request.method, request.headers.get("if-match")) == (method, etag)
    assert bool(request.body) == (write is not Write.DELETE)
    assert request.path == ("/orders" if write is Write.INSERT else entity_path("orders", ENTITY))


def test_a_batch_is_a_change_set_of_requests() -> None:
    operations = [Operation(Write.INSERT, ENTITY), Operation(Write.DELETE, ENTITY)]
    content_type, body = batch_request("http://h/shop", "orders", operations)
    boundary = content_type.partition("boundary=")[2]
    assert body.startswith(f"--{boundary}\r\n".encode())
    assert body.endswith(f"--{boundary}--\r\n".encode())
    assert b"POST http://h/shop/orders HTTP/1.1\r\nContent-ID: 1\r\n" in body
    assert f"DELETE http://h/shop{entity_path('orders', ENTITY)} HTTP/1.1".encode() in body


def test_the_answers_of_a_batch_are_told_apart() -> None:
    answer = (
        b"--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n"
        b"--c\r\nContent-Type: application/http\r\n\r\n"
        b"HTTP/1.1 204 No Content\r\nETag: W/\"datetime'1'\"\r\n\r\n\r\n"
        b"--c\r\nContent-Type: application/http\r\n\r\n"
        b'HTTP/1.1 409 Conflict\r\n\r\n{"odata.error":{}}\r\n--c--\r\n--b--'
    )
    first, second = batch_parts(answer)
    assert (first.status, first.etag) == (204, "W/\"datetime'1'\"")
    assert (second.status, second.etag, second.body) == (409, None, b'{"odata.error":{}}')


def test_an_answer_that_is_none_to_a_batch_is_refused() -> None:
    with pytest.raises(StorageError, match="holds no answers"):
        batch_parts(b"<html>")
