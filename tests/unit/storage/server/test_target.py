"""URLs: where the account is, and what is left of them."""

from __future__ import annotations

import pytest

from funchost.errors import StorageError
from funchost.storage.server.target import body_size, read_headers, read_query, read_target


@pytest.mark.parametrize(
    ("host", "path", "account", "resource", "base"),
    [
        ("127.0.0.1:10000", b"/acc/c/a%20b", "acc", "c/a b", "127.0.0.1:10000/acc"),
        ("127.0.0.1:10000", b"/acc-secondary/", "acc", "", "127.0.0.1:10000/acc-secondary"),
        ("acc.blob.localhost:10000", b"/c/b", "acc", "c/b", "acc.blob.localhost:10000"),
        ("acc.queue.localhost:10000", b"/c/b", "c", "b", "acc.queue.localhost:10000/c"),
        ("localhost", b"/acc", "acc", "", "localhost/acc"),
        ("localhost", b"/acc/c//b/../", "acc", "c//b/../", "localhost/acc"),
    ],
)
def test_the_account_stands_in_the_path_or_the_host(
    host: str, path: bytes, account: str, resource: str, base: str
) -> None:
    found = read_target("blob", host, path)
    assert (found.account, found.path, found.base) == (account, resource, base)


@pytest.mark.parametrize("path", [b"/", b"", b"//c", b"/acc/%FF", b"/acc/%00"])
def test_urls_that_name_nothing_are_refused(path: bytes) -> None:
    with pytest.raises(StorageError, match="InvalidUri"):
        read_target("blob", "127.0.0.1", path)


def test_names_of_parameters_are_lower_case_and_their_values_are_joined() -> None:
    raw = b"NextPartitionKey=A%2fb&include=b&include=a&empty=&flag&%24filter=x+y&&=no"
    assert read_query(raw) == {
        "nextpartitionkey": "A/b",
        "include": "a,b",
        "empty": "",
        "flag": "",
        "$filter": "x y",
    }


def test_headers_are_read_as_utf8_or_else_as_latin() -> None:
    raw = [(b"a", "ä".encode()), (b"b", "ä".encode("latin-1")), (b"c", b"1"), (b"c", b"2")]
    assert read_headers(raw) == {"a": "ä", "b": "ä", "c": "1,2"}
    assert body_size({}) == 0
    assert body_size({"content-length": "7"}) == 7
    assert body_size({"transfer-encoding": "chunked"}) is None
