"""What paths name, and how keys travel in links and continuations."""

from __future__ import annotations

from urllib.parse import unquote

import pytest

from funchost.errors import StorageError
from funchost.storage.server.table.continuation import continuation_of, decoded, encoded, next_headers
from funchost.storage.server.table.table_path import TablePath, entity_link, parse_path, path_of_url
from funchost.storage.tables import Continuation


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("Tables", TablePath("", of_list=True)),
        ("Tables()", TablePath("", of_list=True)),
        ("Tables('people')", TablePath("people", of_list=True)),
        ("people", TablePath("people")),
        ("people()", TablePath("people")),
        ("people(PartitionKey='p',RowKey='r')", TablePath("people", ("p", "r"))),
        ("people(RowKey='r', PartitionKey='p')", TablePath("people", ("p", "r"))),
        ("people(PartitionKey='',RowKey='')", TablePath("people", ("", ""))),
        ("people(PartitionKey='it''s',RowKey='a(b),c')", TablePath("people", ("it's", "a(b),c"))),
    ],
)
def test_paths(path: str, expected: TablePath) -> None:
    assert parse_path(path) == expected


@pytest.mark.parametrize(
    "path", ["", "people/other", "people(PartitionKey='p')", "people(PartitionKey='a'b',RowKey='')"]
)
def test_a_path_that_names_nothing(path: str) -> None:
    with pytest.raises(StorageError) as caught:
        parse_path(path)
    assert caught.value.code == "InvalidUri"


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:10002/dev/people(PartitionKey='a%20b',RowKey='c')?x=y",
        "https://elsewhere/dev/people(PartitionKey='a%20b',RowKey='c')",
        "/dev/people(PartitionKey='a%20b',RowKey='c')",
        "people(PartitionKey='a%20b',RowKey='c')",
    ],
)
def test_urls_inside_a_batch(url: str) -> None:
    assert path_of_url(url, "http://127.0.0.1:10002/dev", "dev") == "people(PartitionKey='a b',RowKey='c')"


def test_a_link_leads_back_to_its_entity() -> None:
    keys = ("it's é%", "+&= ()")
    assert parse_path(unquote(entity_link("people", *keys))).keys == keys


@pytest.mark.parametrize("text", ["", "a", "é😀", "x" * 512])
def test_a_continuation_is_never_empty_and_comes_back(text: str) -> None:
    assert encoded(text).isascii()
    assert decoded("NextRowKey", encoded(text)) == text


def test_a_continuation_goes_through_headers_and_query() -> None:
    keys = Continuation("", "b")
    headers = next_headers(keys)
    query = {name.removeprefix("x-ms-continuation-"): value for name, value in headers.items()}
    assert continuation_of(query) == keys
    assert next_headers(None) == {}
    assert continuation_of({}) is None


def test_a_continuation_of_plain_keys_is_understood_and_a_broken_one_refused() -> None:
    assert continuation_of({"nextpartitionkey": "p!x", "nextrowkey": "r"}) == Continuation("p!x", "r")
    with pytest.raises(StorageError):
        decoded("NextRowKey", "1!4!???")
