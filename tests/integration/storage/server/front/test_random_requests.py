"""Signed requests put together at random: each is answered by the service, none fails by a defect."""

from __future__ import annotations

import random
import socket
from pathlib import Path
from urllib.parse import quote

import pytest

from funchost.storage.server.exchange import ServiceName
from tests.integration.storage.server.front.raw import read_answer, signed_head, status
from tests.integration.storage.server.front_fixture import served

REQUESTS = 400
METHODS = ("GET", "HEAD", "PUT", "POST", "DELETE", "MERGE", "PATCH")
PATHS: dict[ServiceName, tuple[str, ...]] = {
    "blob": ("", "c-1", "c-1/b", "c-1/b/c.txt", "$root/x", "c-1/", "-", "$logs", "c-1/%20"),
    "queue": ("", "q-1", "q-1/messages", "q-1/messages/abc", "q-1/messages/a/b", "q--1", "q-1/other"),
    "table": (
        "",
        "Tables",
        "Tables('Tab')",
        "Tab",
        "Tab()",
        "Tab(PartitionKey='a',RowKey='b')",
        "$batch",
        "Tab(x",
        "Tables('",
    ),
}
QUERY = {
    "restype": ("container", "service", "account", "directory", ""),
    "comp": (
        "list properties stats metadata acl lease block blocklist appendblock snapshot tags tier copy batch blobs "
        "query undelete seal page pagelist incrementalcopy userdelegationkey nothing"
    ).split(),
    "include": ("metadata", "snapshots,uncommittedblobs", "everything"),
    "maxresults": ("1", "0", "x"),
    "marker": ("a", "!", "🚀"),
    "prefix": ("a", "é"),
    "delimiter": ("/", "ab"),
    "snapshot": ("2026-01-01T00:00:00.0000000Z", "x"),
    "blockid": ("AAAA", "!", ""),
    "blocklisttype": ("all", "x"),
    "popreceipt": ("AAAA", "x", "🚀"),
    "visibilitytimeout": ("0", "30", "x", "-1"),
    "numofmessages": ("1", "99"),
    "$filter": ("PartitionKey eq 'a'", "(((", "a eq", "not", "x eq 1L and y ge datetime'2026'", "'"),
    "$top": ("1", "0", "x"),
    "$select": ("a,b", "*", ","),
    "NextPartitionKey": ("1!4!YQ--", "x"),
    "NextRowKey": ("1!4!YQ--", "x"),
    "copyid": ("x",),
    "timeout": ("1", "x"),
}
HEADERS = {
    "x-ms-blob-type": ("BlockBlob", "AppendBlob", "PageBlob", "x"),
    "x-ms-lease-action": ("acquire", "renew", "break", "change", "release", "x"),
    "x-ms-lease-duration": ("15", "-1", "1", "x"),
    "x-ms-lease-id": ("6a1ee1d0-1d1c-4a5f-9d3a-111111111111", "x"),
    "x-ms-proposed-lease-id": ("6a1ee1d0-1d1c-4a5f-9d3a-222222222222", "x"),
    "x-ms-lease-break-period": ("0", "61", "x"),
    "x-ms-range": ("bytes=0-1", "bytes=5-", "bytes=9-1", "x"),
    "range": ("bytes=0-0", "bytes=-1", "items=1"),
    "if-match": ("*", '"x"', "W/x"),
    "if-none-match": ("*", '"x"'),
    "if-modified-since": ("Sat, 21 Nov 2026 14:18:00 GMT", "x"),
    "if-unmodified-since": ("Sat, 21 Nov 2020 14:18:00 GMT", "x"),
    "x-ms-meta-a": ("v", "é"),
    "x-ms-copy-source": ("http://127.0.0.1:1/devstoreaccount1/c-1/b", "x", ""),
    "x-ms-access-tier": ("Hot", "x"),
    "x-ms-tags": ("a=b", "==&"),
    "x-ms-blob-public-access": ("blob", "x"),
    "x-ms-delete-snapshots": ("include", "only", "x"),
    "x-ms-blob-condition-maxsize": ("1", "x"),
    "x-ms-blob-condition-appendpos": ("0", "x"),
    "x-ms-blob-content-md5": ("x",),
    "content-md5": ("x", "XUFAKrxLKna5cZ2REBfFkg=="),
    "content-type": ("application/json", "application/xml", "multipart/mixed; boundary=x", "multipart/mixed", "x"),
    "accept": ("application/json;odata=fullmetadata", "application/json;odata=nometadata", "application/xml"),
    "prefer": ("return-no-content", "return-content"),
    "x-http-method": ("MERGE", "x"),
    "origin": ("http://page",),
}
BODIES = (
    b"",
    b"hello",
    b"\x00\xff" * 40,
    b"<QueueMessage><MessageText>x</MessageText></QueueMessage>",
    b"<SignedIdentifiers></SignedIdentifiers>",
    b"<BlockList><Latest>AAAA</Latest><Other>!</Other></BlockList>",
    b"<Tags><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tags>",
    b"<StorageServiceProperties><Cors/></StorageServiceProperties>",
    b'{"TableName": "Tab"}',
    b'{"PartitionKey": "a", "RowKey": "b", "n": 1, "m": "x", "m@odata.type": "Edm.Int64"}',
    b'{"PartitionKey": 5}',
    b"[1, 2",
    b"--x\r\nContent-Type: application/http\r\n\r\nDELETE /c-1/b HTTP/1.1\r\n\r\n--x--\r\n",
)


FIRST: dict[ServiceName, list[tuple[str, str, dict[str, str], bytes]]] = {
    "blob": [
        ("PUT", "c-1?restype=container", {}, b""),
        ("PUT", "c-1/b", {"x-ms-blob-type": "BlockBlob"}, b"content"),
        ("PUT", "c-1/b/c.txt", {"x-ms-blob-type": "AppendBlob"}, b""),
    ],
    "queue": [("PUT", "q-1", {}, b""), ("POST", "q-1/messages", {}, BODIES[3])],
    "table": [
        ("POST", "Tables", {"content-type": "application/json"}, b'{"TableName": "Tab"}'),
        ("POST", "Tab", {"content-type": "application/json"}, b'{"PartitionKey": "a", "RowKey": "b"}'),
    ],
}


@pytest.mark.parametrize("service", ["blob", "queue", "table"])
def test_no_request_makes_a_fault(tmp_path: Path, service: ServiceName) -> None:
    choose = random.Random(f"{service} 1")  # noqa: S311 - not for secrets
    with served(tmp_path / "store") as store:
        for method, target, headers, body in FIRST[service]:
            length = {"content-length": str(len(body))}
            with socket.create_connection(("127.0.0.1", store.ports[service]), timeout=20) as client:
                client.sendall(signed_head(store, service, method, target, {**headers, **length}) + body)
                assert status(read_answer(client)) == 201
        for _ in range(REQUESTS):
            method = choose.choice(METHODS)
            names = choose.sample(sorted(QUERY), choose.choice((0, 1, 1, 2, 2, 4)))
            query = "&".join(f"{name}={quote(choose.choice(QUERY[name]), safe='')}" for name in names)
            headers = {
                name: choose.choice(HEADERS[name]) for name in choose.sample(sorted(HEADERS), choose.randint(0, 5))
            }
            body = choose.choice(BODIES)
            headers["content-length"] = str(len(body))
            target = choose.choice(PATHS[service]) + (f"?{query}" if query else "")
            with socket.create_connection(("127.0.0.1", store.ports[service]), timeout=20) as client:
                client.sendall(signed_head(store, service, method, target, headers) + body)
                answer = read_answer(client, has_body=method != "HEAD")
            described = f"{method} {target} {headers} {body!r}"
            assert store.faults == [], described
            assert status(answer) != 500, described
            assert b"AuthenticationFailed" not in answer, described + answer.decode("latin-1")
