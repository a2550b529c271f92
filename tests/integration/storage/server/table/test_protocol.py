"""Requests to the Table service that the SDKs of other languages and older clients send."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import httpx
import pytest
from azure.core.credentials import AzureNamedKeyCredential
from azure.data.tables import AccountSasPermissions, ResourceTypes, generate_account_sas

from funchost.storage.endpoints import DEVELOPMENT_ACCOUNT, DEVELOPMENT_KEY
from funchost.storage.tables import Operation, Write
from tests.integration.storage.server.front_fixture import ServedStore


class Caller:
    """Calls the service with a signature for the whole account."""

    def __init__(self, served: ServedStore) -> None:
        self.served = served
        self.url = served.url("table")
        self._signature = generate_account_sas(
            AzureNamedKeyCredential(DEVELOPMENT_ACCOUNT, DEVELOPMENT_KEY),
            resource_types=ResourceTypes(service=True, object=True, container=True),
            permission=AccountSasPermissions.from_string("rwdlacu"),
            expiry="2099-01-01T00:00:00Z",
        )

    def __call__(
        self,
        method: str,
        path: str,
        *,
        query: str = "",
        json: Any = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        url = f"{self.url}/{path}?{query}{'&' if query else ''}{self._signature}"
        return httpx.request(method, url, json=json, content=content, headers=headers, timeout=20)

    def insert(self, table: str, row: str, **properties: Any) -> None:
        tables = self.served.store.account(DEVELOPMENT_ACCOUNT).tables
        given = {"PartitionKey": "p", "RowKey": row, **properties}

        async def write() -> None:
            await tables.write(table, Operation(Write.INSERT, given))

        self.served.run(write())


@pytest.fixture
def call(served_store: ServedStore) -> Caller:
    return Caller(served_store)


@pytest.fixture
def table(call: Caller) -> str:
    name = f"t{uuid4().hex}"
    assert call("POST", "Tables", json={"TableName": name}).status_code == 201
    return name


def test_as_much_metadata_as_is_accepted(call: Caller, table: str) -> None:
    call.insert(table, "r", **{"n": "5", "n@odata.type": "Edm.Int64"})
    path = f"{table}(PartitionKey='p',RowKey='r')"
    answers = {
        level: call("GET", path, headers={"accept": f"application/json;odata={level}"})
        for level in ("nometadata", "minimalmetadata", "fullmetadata")
    }
    for level, answer in answers.items():
        assert answer.headers["content-type"].startswith(f"application/json;odata={level}")
    none, minimal, full = (answer.json() for answer in answers.values())
    assert set(none) == {"PartitionKey", "RowKey", "Timestamp", "n"}
    assert set(minimal) == set(none) | {"odata.metadata", "odata.etag", "n@odata.type"}
    assert set(full) == set(minimal) | {"odata.type", "odata.id", "odata.editLink", "Timestamp@odata.type"}
    assert full["odata.id"] == f"{call.url}/{path}"
    assert full["odata.editLink"] == path
    assert minimal["odata.metadata"] == f"{call.url}/$metadata#{table}/@Element"
    assert answers["nometadata"].headers["etag"] == minimal["odata.etag"]
    listed = call("GET", f"{table}()", query="$format=application/json;odata=nometadata")
    assert listed.json() == {"value": [none]}


def test_the_atom_format_is_refused(call: Caller, table: str) -> None:
    assert call("GET", f"{table}()", headers={"accept": "application/atom+xml"}).status_code == 415


def test_tables_have_links_in_full_metadata(call: Caller, table: str) -> None:
    answer = call("GET", f"Tables('{table.upper()}')", headers={"accept": "application/json;odata=fullmetadata"}).json()
    assert (answer["TableName"], answer["odata.editLink"]) == (table, f"Tables('{table}')")
    assert call("GET", "Tables('missing')").status_code == 404


def test_an_insert_answers_with_the_entity_unless_told_otherwise(call: Caller, table: str) -> None:
    answer = call("POST", table, json={"PartitionKey": "p", "RowKey": "a b", "x": 1})
    assert (answer.status_code, answer.headers["preference-applied"]) == (201, "return-content")
    assert (answer.json()["x"], answer.headers["etag"]) == (1, answer.json()["odata.etag"])
    assert answer.headers["location"] == f"{call.url}/{table}(PartitionKey='p',RowKey='a%20b')"
    silent = call("POST", table, json={"PartitionKey": "p", "RowKey": "b"}, headers={"prefer": "return-no-content"})
    assert (silent.status_code, silent.content) == (204, b"")
    assert silent.headers["preference-applied"] == "return-no-content"


@pytest.mark.parametrize("tunneled", [False, True])
def test_merge_put_and_delete_also_as_a_post(call: Caller, table: str, tunneled: bool) -> None:
    def send(method: str, **options: Any) -> int:
        headers = {"if-match": "*", **({"x-http-method": method} if tunneled else {})}
        path = f"{table}(PartitionKey='p',RowKey='r')"
        return call("POST" if tunneled else method, path, headers=headers, **options).status_code

    call.insert(table, "r", x=1)
    assert send("MERGE", json={"y": 2}) == 204
    assert send("PATCH", json={"z": 3}) == 204
    (found,) = call("GET", f"{table}()").json()["value"]
    assert (found["x"], found["y"], found["z"]) == (1, 2, 3)
    assert send("PUT", json={}) == 204
    assert "x" not in call("GET", f"{table}()").json()["value"][0]
    assert send("DELETE") == 204
    assert call("GET", f"{table}()").json()["value"] == []


def test_wrong_methods_and_headers(call: Caller, table: str) -> None:
    path = f"{table}(PartitionKey='p',RowKey='r')"
    assert call("DELETE", path).json()["odata.error"]["code"] == "MissingRequiredHeader"
    assert call("POST", path, json={}).status_code == 405
    assert call("PUT", table, json={}).status_code == 405
    assert call("PUT", "Tables").status_code == 405
    assert call("GET", "$batch").status_code == 405
    assert (
        call("POST", path, headers={"x-http-method": "TRACE"}).json()["odata.error"]["code"] == "XMethodIncorrectValue"
    )
    assert call("PUT", path, headers={"x-http-method": "PUT"}).json()["odata.error"]["code"] == "XMethodNotUsingPost"
    assert call("GET", f"{table}/x").json()["odata.error"]["code"] == "InvalidUri"
    assert call("GET", table, query="comp=other").status_code == 501


@pytest.mark.parametrize("top", ["0", "1001", "-1", "x"])
def test_a_page_size_that_cannot_be(call: Caller, table: str, top: str) -> None:
    assert call("GET", f"{table}()", query=f"$top={top}").status_code == 400


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"a":', b"\xff"])
def test_a_body_that_is_no_object(call: Caller, table: str, body: bytes) -> None:
    answer = call("POST", table, content=body, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["odata.error"]["code"]) == (400, "InvalidInput")


def test_errors_are_json_with_the_services_words(call: Caller, table: str) -> None:
    answer = call("GET", f"{table}(PartitionKey='p',RowKey='missing')")
    error = answer.json()["odata.error"]
    assert (answer.status_code, error["code"], error["message"]["lang"]) == (404, "ResourceNotFound", "en-US")
    assert error["message"]["value"].startswith("The specified resource does not exist.\nRequestId:")


def test_a_batch_with_plain_line_ends_relative_urls_and_content_ids(call: Caller, table: str) -> None:
    body = f"""--b
Content-Type: multipart/mixed; boundary=c

--c
Content-Type: application/http
Content-ID: 1

POST {table} HTTP/1.1
Content-Type: application/json
Accept: application/json;odata=nometadata

{{"PartitionKey":"p","RowKey":"r","x":1}}
--c
Content-Type: application/http
Content-ID: 2

PUT {call.url}/{table}(PartitionKey='p',RowKey='it''s%20') HTTP/1.1
Content-Type: application/json

{{}}
--c--
--b--
"""
    answer = call("POST", "$batch", content=body.encode(), headers={"content-type": "multipart/mixed; boundary=b"})
    assert answer.status_code == 202
    assert "HTTP/1.1 201 Created\r\nContent-ID: 1" in answer.text
    assert "HTTP/1.1 204 No Content\r\nContent-ID: 2" in answer.text
    assert '"x":1}' in answer.text
    rows = [item["RowKey"] for item in call("GET", f"{table}()").json()["value"]]
    assert rows == ["it's ", "r"]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("POST {table}(PartitionKey='p',RowKey='r')", "UnsupportedHttpVerb"),
        ("PUT {table}", "UnsupportedHttpVerb"),
        ("GET {table}()", "UnsupportedHttpVerb"),
        ("POST Tables", "NotImplemented"),
        ("PUT {table}/x", "InvalidUri"),
        ("POST other", "InvalidInput"),
    ],
)
def test_a_batch_with_what_is_no_write_of_its_table(call: Caller, table: str, line: str, code: str) -> None:
    parts = [f"POST {table}", line.format(table=table)]
    body = "--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n"
    for number, part in enumerate(parts):
        entity = f'{{"PartitionKey":"p","RowKey":"{number}"}}'
        body += f"--c\r\nContent-Type: application/http\r\n\r\n{part} HTTP/1.1\r\n\r\n{entity}\r\n"
    body += "--c--\r\n--b--\r\n"
    answer = call("POST", "$batch", content=body.encode(), headers={"content-type": "multipart/mixed; boundary=b"})
    assert answer.status_code == 202
    assert f'"code": "{code}"' in answer.text
    assert '"value": "1:' in answer.text
    assert call("GET", f"{table}()").json()["value"] == []


def test_a_batch_with_a_query(call: Caller, table: str) -> None:
    call.insert(table, "r", x=1)

    def query(row: str) -> str:
        line = f"GET {table}(PartitionKey='p',RowKey='{row}') HTTP/1.1"
        body = f"--b\r\nContent-Type: application/http\r\n\r\n{line}\r\n\r\n--b--"
        return call(
            "POST", "$batch", content=body.encode(), headers={"content-type": "multipart/mixed; boundary=b"}
        ).text

    assert '"x":1' in query("r")
    assert "HTTP/1.1 404 Not Found" in query("missing")


def test_a_filter_that_finds_nothing_does_not_keep_others_waiting(call: Caller, table: str) -> None:
    tables = call.served.store.account(DEVELOPMENT_ACCOUNT).tables

    async def fill() -> None:
        for start in range(0, 12_000, 100):
            await tables.batch(
                table,
                [
                    Operation(Write.INSERT, {"PartitionKey": "p", "RowKey": f"{start + number:05}", "n": number})
                    for number in range(100)
                ],
            )

    async def pages() -> tuple[list[int], int]:
        sizes, turns, after = [], 0, None
        while True:
            query = asyncio.ensure_future(tables.query(table, "n eq -1", after=after))
            while not query.done():
                await tables.get(table, "p", "00000")
                turns += 1
            page = query.result()
            sizes.append(len(page.entities))
            after = page.next
            if after is None:
                return sizes, turns

    call.served.run(fill())
    sizes, turns = call.served.run(pages())
    assert sizes == [0, 0]
    assert turns > 2
    answer = call("GET", f"{table}()", query="$filter=n%20eq%20-1")
    assert answer.json()["value"] == []
    following = answer.headers
    query = (
        f"$filter=n%20eq%20-1&NextPartitionKey={following['x-ms-continuation-nextpartitionkey']}"
        f"&NextRowKey={following['x-ms-continuation-nextrowkey']}"
    )
    assert "x-ms-continuation-nextrowkey" not in call("GET", f"{table}()", query=query).headers
