"""Broken and hostile clients: each gets an error of its own, the server goes on, and nothing leaks."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator

import pytest
from azure.storage.blob import BlobServiceClient
from azure.storage.queue import QueueServiceClient

from funchost.storage.server.exchange import SERVICES, ServiceName
from tests.integration.storage.server.front.raw import code, read_answer, send, signed_head, status
from tests.integration.storage.server.front_fixture import ServedStore


@pytest.fixture(autouse=True)
def still_serves(served_store: ServedStore) -> Iterator[None]:
    """After every test, all services answer and no request has failed by a defect."""
    yield
    for service in SERVICES:
        request = b"GET /devstoreaccount1?comp=list HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n"
        assert status(send(served_store, service, request)) == 401
    assert served_store.faults == []


@pytest.fixture(scope="module", autouse=True)
def _some_resources(served_store: ServedStore) -> None:
    text = served_store.connection_string()
    with QueueServiceClient.from_connection_string(text) as queues:
        queues.create_queue("hostile")
    with BlobServiceClient.from_connection_string(text) as blobs:
        blobs.create_container("hostile")


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /devstoreaccount1 HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n",
        b"POST /devstoreaccount1/q/messages HTTP/1.1\r\nhost: a\r\ncontent-length: -5\r\n\r\n",
        b"POST /devstoreaccount1/q/messages HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nabc",
        b"POST /devstoreaccount1/q/messages HTTP/1.1\r\nhost: a\r\ncontent-length: 99999999999999999999999\r\n\r\n",
        b"GET /devstoreaccount1 HTTP/1.1\r\nhost: a\r\nx: " + b"y" * 300_000 + b"\r\n\r\n",
        b"GET /devstoreaccount1?x=" + b"y" * 300_000 + b" HTTP/1.1\r\nhost: a\r\n\r\n",
        b"GET /devstoreaccount1 HTTP/1.1\r\nhost: a\r\n" + b"x-ms-meta-a: b\r\n" * 5000 + b"\r\n",
    ],
)
def test_bytes_that_are_no_request_end_the_connection_with_an_error(
    served_store: ServedStore, request_bytes: bytes
) -> None:
    try:
        answer = send(served_store, "queue", request_bytes)
    except ConnectionError:
        return
    assert not answer or status(answer) in (400, 408, 413, 414, 431)


@pytest.mark.parametrize(
    ("method", "target", "expected"),
    [
        ("GET", "%FF%FE", "InvalidUri"),
        ("GET", "a%00b", "InvalidUri"),
        ("GET", "?comp=%FF", "InvalidUri"),
        ("TRACE", "?comp=list", "UnsupportedHttpVerb"),
        ("LOCK", "hostile", "UnsupportedHttpVerb"),
    ],
)
def test_targets_that_nothing_can_have_are_refused(
    served_store: ServedStore, method: str, target: str, expected: str
) -> None:
    answer = send(
        served_store, "queue", f"{method} /devstoreaccount1/{target} HTTP/1.1\r\nhost: a\r\n\r\n".encode("latin-1")
    )
    assert status(answer) in (400, 405)
    assert code(answer) == expected


@pytest.mark.parametrize(
    "target", ["", "/", "//", "/%2e%2e/%2e%2e/etc/passwd", "/..", "http://a/", "/devstoreaccount1"]
)
def test_paths_without_a_resource_reach_nothing(served_store: ServedStore, target: str) -> None:
    for service in SERVICES:
        answer = send(served_store, service, f"GET {target} HTTP/1.1\r\nhost: a\r\n\r\n".encode())
        assert status(answer) in (400, 401, 404)
        assert b"Traceback" not in answer


@pytest.mark.parametrize(
    "name", ["../../../etc/passwd", "..%2F..%2Fetc%2Fpasswd", "%2Fetc%2Fpasswd", "a/./b/../c", "con"]
)
def test_names_that_climb_are_names_like_any_other(served_store: ServedStore, name: str) -> None:
    """Names are data in the database; nothing is written outside the store's folder."""
    folder = served_store.store.engine.folder
    around = set(folder.parent.rglob("*/*"))
    target = f"hostile/{name}"
    head = signed_head(served_store, "blob", "PUT", target, {"x-ms-blob-type": "BlockBlob", "content-length": "100000"})
    answer = send(served_store, "blob", head, b"x" * 100_000)
    assert status(answer) == 201
    answer = send(served_store, "blob", signed_head(served_store, "blob", "GET", target))
    assert answer.endswith(b"x" * 100_000)
    assert not [path for path in set(folder.parent.rglob("*/*")) - around if folder not in path.parents]
    assert not [path for path in folder.rglob("*") if "passwd" in path.name]


@pytest.mark.parametrize(
    "target",
    [
        "hostile/messages?numofmessages=abc",
        "hostile/messages?numofmessages=0",
        "hostile/messages?numofmessages=33",
        "hostile/messages?numofmessages=99999999999999999999999999",
        "hostile/messages?visibilitytimeout=-1",
        "hostile/messages?visibilitytimeout=%D9%A1",
        "hostile/messages?peekonly=maybe",
        "?comp=list&maxresults=0",
        "?comp=list&maxresults=x",
    ],
)
def test_wrong_numbers_in_a_query_are_named(served_store: ServedStore, target: str) -> None:
    answer = send(served_store, "queue", signed_head(served_store, "queue", "GET", target))
    assert status(answer) == 400
    assert code(answer) in ("InvalidQueryParameterValue", "OutOfRangeQueryParameterValue")
    assert b"<QueryParameterName>" in answer


BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "aaaaaaaaaa">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(8))
    + b"]><QueueMessage><MessageText>&i;</MessageText></QueueMessage>"
)


@pytest.mark.parametrize(
    "body",
    [
        BOMB,
        b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><QueueMessage><MessageText>x</MessageText></QueueMessage>',
        b"<a>" * 50_000,
        b"<QueueMessage>" + b"<a/>" * 20_000 + b"</QueueMessage>",
        b"",
        b"not xml",
        b"\xff\xfe\x00\x00",
        b"<QueueMessage><MessageText>\x01</MessageText></QueueMessage>",
        b"<QueueMessage><MessageText>&#1;</MessageText></QueueMessage>",
        b"<Other><MessageText>x</MessageText></Other>",
        b'<?xml version="1.0" encoding="utf-7"?><QueueMessage/>',
    ],
)
def test_bodies_that_are_no_message_are_refused(served_store: ServedStore, body: bytes) -> None:
    headers = {"content-length": str(len(body))}
    head = signed_head(served_store, "queue", "POST", "hostile/messages", headers)
    answer = send(served_store, "queue", head, body)
    assert status(answer) == 400
    assert code(answer) in ("InvalidXmlDocument", "MissingRequiredXmlNode")


@pytest.mark.parametrize(
    ("method", "target"), [("POST", "hostile/messages"), ("PUT", "?restype=service&comp=properties")]
)
def test_a_body_over_the_operations_limit_is_refused_before_it_is_sent(
    served_store: ServedStore, method: str, target: str
) -> None:
    headers = {"content-length": "2000000000", "expect": "100-continue"}
    answer = send(served_store, "queue", signed_head(served_store, "queue", method, target, headers))
    assert status(answer) == 413
    assert code(answer) == "RequestBodyTooLarge"
    assert b"connection: close" in answer


def test_a_client_that_waits_to_be_asked_is_asked(served_store: ServedStore) -> None:
    body = b"<QueueMessage><MessageText>asked</MessageText></QueueMessage>"
    headers = {"content-length": str(len(body)), "expect": "100-continue"}
    with socket.create_connection(("127.0.0.1", served_store.ports["queue"]), timeout=20) as client:
        client.sendall(signed_head(served_store, "queue", "POST", "hostile/messages", headers))
        assert read_answer(client).startswith(b"HTTP/1.1 100 ")
        client.sendall(body)
        assert status(read_answer(client)) == 201


def test_chunks_are_taken_and_broken_ones_are_not(served_store: ServedStore) -> None:
    body = b"<QueueMessage><MessageText>chunks</MessageText></QueueMessage>"
    head = signed_head(served_store, "queue", "POST", "hostile/messages", {"transfer-encoding": "chunked"})
    whole = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
    assert status(send(served_store, "queue", head, whole)) == 201
    for broken in (b"zz\r\n" + body, b"-5\r\n" + body, b"ffffffffffffffffff\r\n" + body):
        answer = send(served_store, "queue", head, broken)
        assert not answer or status(answer) == 400


def test_a_client_that_leaves_in_the_middle_of_a_body_leaves_nothing_behind(served_store: ServedStore) -> None:
    target = "hostile/half"
    headers = {"x-ms-blob-type": "BlockBlob", "content-length": "10000000"}
    with socket.create_connection(("127.0.0.1", served_store.ports["blob"]), timeout=20) as client:
        client.sendall(signed_head(served_store, "blob", "PUT", target, headers) + b"x" * 3_000_000)
    answer = send(served_store, "blob", signed_head(served_store, "blob", "GET", target))
    assert (status(answer), code(answer)) == (404, "BlobNotFound")


def test_a_slow_body_does_not_hold_up_others(served_store: ServedStore) -> None:
    headers = {"x-ms-blob-type": "BlockBlob", "content-length": "1000000"}
    with socket.create_connection(("127.0.0.1", served_store.ports["blob"]), timeout=20) as slow:
        slow.sendall(signed_head(served_store, "blob", "PUT", "hostile/slow", headers) + b"x" * 1000)
        for _ in range(20):
            answer = send(
                served_store, "blob", signed_head(served_store, "blob", "GET", "hostile?restype=container&comp=list")
            )
            assert status(answer) == 200
        slow.sendall(b"x" * 999_000)
        assert status(read_answer(slow)) == 201


def test_errors_have_the_form_of_their_service(served_store: ServedStore) -> None:
    xml = send(served_store, "blob", signed_head(served_store, "blob", "GET", "hostile/missing"))
    assert b"<Error><Code>BlobNotFound</Code><Message>" in xml
    head = signed_head(served_store, "blob", "HEAD", "hostile/missing")
    empty = send(served_store, "blob", head)
    assert status(empty) == 404
    assert code(empty) == "BlobNotFound"
    assert empty.endswith(b"\r\n\r\n")
    answer = send(served_store, "table", signed_head(served_store, "table", "GET", "Missing()"))
    told = json.loads(answer.partition(b"\r\n\r\n")[2])["odata.error"]
    assert (status(answer), told["code"]) == (404, "TableNotFound")


def test_operations_that_are_not_covered_are_named(served_store: ServedStore) -> None:
    service: ServiceName = "blob"
    headers = {"x-ms-blob-type": "PageBlob", "x-ms-blob-content-length": "512", "content-length": "0"}
    answer = send(served_store, service, signed_head(served_store, service, "PUT", "hostile/page", headers))
    assert (status(answer), code(answer)) == (501, "NotImplemented")
    assert b"Page" in answer


def test_random_bytes_never_make_a_fault(served_store: ServedStore) -> None:
    for size in (1, 50, 500, 5000):
        try:
            send(
                served_store,
                "blob",
                b"PUT /devstoreaccount1/hostile/x HTTP/1.1\r\nhost: a\r\n" + os.urandom(size) + b"\r\n\r\n",
            )
        except ConnectionError:
            continue
