"""Bodies of batches, whatever the line ends."""

from __future__ import annotations

import pytest

from funchost.errors import StorageError
from funchost.storage.server.exchange import StorageReply
from funchost.storage.server.table.multipart import read_batch, written_batch

TYPE = 'multipart/mixed; boundary="batch_1"'
BODY = """--batch_1
Content-Type: multipart/mixed; boundary=changeset_1

--changeset_1
Content-Type: application/http
Content-Transfer-Encoding: binary
Content-ID: 7

POST http://host/account/people HTTP/1.1
Content-Type: application/json
Prefer: return-no-content

{"PartitionKey":"p","RowKey":"--changeset_1"}
--changeset_1
Content-Type: application/http

DELETE /account/people(PartitionKey='p',RowKey='a%20b') HTTP/1.1
If-Match: *

--changeset_1--
--batch_1--
"""


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_requests_of_a_changeset(line_end: str) -> None:
    insert, delete = read_batch(TYPE, BODY.replace("\n", line_end).encode())
    assert (insert.method, insert.url, insert.content_id) == ("POST", "http://host/account/people", "7")
    assert insert.body == b'{"PartitionKey":"p","RowKey":"--changeset_1"}'
    assert insert.headers["prefer"] == "return-no-content"
    assert insert.in_changeset
    assert (delete.method, delete.url) == ("DELETE", "/account/people(PartitionKey='p',RowKey='a%20b')")
    assert (delete.headers, delete.body, delete.content_id) == ({"if-match": "*"}, b"", None)


def test_a_query_stands_outside_of_a_changeset() -> None:
    body = b"--b\r\nContent-Type: application/http\r\n\r\nGET people(PartitionKey='',RowKey='') HTTP/1.1\r\n\r\n--b--"
    (query,) = read_batch("multipart/mixed;boundary=b", body)
    assert (query.method, query.in_changeset) == ("GET", False)


@pytest.mark.parametrize(
    ("content_type", "body", "reason"),
    [
        ("application/json", b"", "no boundary"),
        ("multipart/mixed; boundary=b", b"--b\r\n\r\nGET x HTTP/1.1\r\n\r\n", "boundary that ends"),
        ("multipart/mixed; boundary=b", b"--b\r\n\r\nnonsense\r\n--b--", "request line"),
    ],
)
def test_what_is_no_batch(content_type: str, body: bytes, reason: str) -> None:
    with pytest.raises(StorageError, match=reason) as caught:
        read_batch(content_type, body)
    assert caught.value.code == "InvalidInput"


def test_an_answer_carries_content_id_and_etag() -> None:
    reply = written_batch([("7", StorageReply(204, {"etag": "W/x"}))], "t", changeset=True)
    assert reply.status == 202
    assert reply.headers["content-type"] == "multipart/mixed; boundary=batchresponse_t"
    assert reply.body == (
        b"--batchresponse_t\r\nContent-Type: multipart/mixed; boundary=changesetresponse_t\r\n\r\n"
        b"--changesetresponse_t\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n"
        b"HTTP/1.1 204 No Content\r\nContent-ID: 7\r\nX-Content-Type-Options: nosniff\r\n"
        b"DataServiceVersion: 3.0;\r\nETag: W/x\r\n\r\n\r\n"
        b"--changesetresponse_t--\r\n--batchresponse_t--\r\n"
    )
