"""Headers of requests to the blob service."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from funchost.errors import StorageError
from funchost.storage.blobs import ALWAYS, Conditions
from funchost.storage.server.blob.request_headers import (
    ByteRange,
    check_md5,
    lease_id,
    read_conditions,
    read_content_headers,
    read_metadata,
    read_range,
    read_tags,
    read_tier,
    resolve_range,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("bytes=0-0", ByteRange(0, 0)),
        ("bytes=5-", ByteRange(5, None)),
        ("bytes=3-2", None),
        ("bytes=-5", None),
        ("bytes=0-1,3-4", None),
        ("items=0-1", None),
        ("", None),
    ],
)
def test_a_range_of_another_form_is_ignored(text: str, expected: ByteRange | None) -> None:
    assert read_range({"range": text}) == expected
    assert read_range({"range": "bytes=7-8", "x-ms-range": text or "none"}) == expected


@pytest.mark.parametrize(
    ("wanted", "size", "expected"),
    [
        (None, 0, (0, 0)),
        (None, 10, (0, 10)),
        (ByteRange(2, 4), 10, (2, 3)),
        (ByteRange(2, None), 10, (2, 8)),
        (ByteRange(9, 100), 10, (9, 1)),
    ],
)
def test_a_range_ends_with_the_blob(wanted: ByteRange | None, size: int, expected: tuple[int, int]) -> None:
    assert resolve_range(wanted, size) == expected


@pytest.mark.parametrize("size", [0, 10])
def test_a_range_behind_the_end_is_refused(size: int) -> None:
    with pytest.raises(StorageError) as caught:
        resolve_range(ByteRange(size, None), size)
    assert (caught.value.status, caught.value.code) == (416, "InvalidRange")


def test_conditions() -> None:
    assert read_conditions({"host": "x"}) is ALWAYS
    lease = "AAAAAAAA-0000-0000-0000-00000000000F"
    headers = {
        "if-match": '"1"',
        "if-modified-since": "Sat, 21 Nov 2026 14:18:00 GMT",
        "x-ms-lease-id": lease,
        "x-ms-source-if-none-match": '"2"',
    }
    moment = datetime(2026, 11, 21, 14, 18, tzinfo=UTC)
    assert read_conditions(headers) == Conditions('"1"', None, moment, None, lease.lower())
    assert read_conditions(headers, "x-ms-source-") == Conditions(if_none_match='"2"')
    with pytest.raises(StorageError):
        read_conditions({"if-modified-since": "yesterday"})


@pytest.mark.parametrize("text", ["", "mine", "123"])
def test_a_lease_id_is_a_guid(text: str) -> None:
    with pytest.raises(StorageError):
        lease_id("x-ms-lease-id", text)


def test_content_headers_of_the_blob_come_before_those_of_the_request() -> None:
    headers = {
        "content-type": "application/octet-stream",
        "x-ms-blob-content-type": "text/html",
        "content-language": "fr",
        "content-disposition": "of the request",
    }
    found = read_content_headers(headers)
    assert (found.content_type, found.content_language, found.content_disposition) == ("text/html", "fr", None)
    assert read_content_headers(headers, fallback=False).content_language is None


def test_metadata_keeps_the_case_of_its_names() -> None:
    assert read_metadata({"x-ms-meta-FileName": "a", "x-ms-metadata": "b", "host": "x"}) == {"FileName": "a"}


def test_tags() -> None:
    assert read_tags({"x-ms-tags": "a=1%20%2B&b="}) == '{"a":"1 +","b":""}'
    for wrong in ("a=1&a=2", "&".join(f"t{number}=" for number in range(11)), "a=" + "x" * 257, "=1", "a=%26"):
        with pytest.raises(StorageError):
            read_tags({"x-ms-tags": wrong})


def test_tiers() -> None:
    assert read_tier({"x-ms-access-tier": "Cold"}) == "Cold"
    with pytest.raises(StorageError):
        read_tier({"x-ms-access-tier": "cold"})


@pytest.mark.parametrize(
    ("expected", "code"),
    [("AAAAAAAAAAAAAAAAAAAAAA==", "Md5Mismatch"), ("AAAA", "InvalidMd5"), ("*", "InvalidMd5")],
)
def test_an_md5_that_differs_is_refused(expected: str, code: str) -> None:
    check_md5(None, "1B2M2Y8AsgTpgAmY7PhCfg==")
    check_md5("1B2M2Y8AsgTpgAmY7PhCfg==", "1B2M2Y8AsgTpgAmY7PhCfg==")
    with pytest.raises(StorageError) as caught:
        check_md5(expected, "1B2M2Y8AsgTpgAmY7PhCfg==")
    assert caught.value.code == code
