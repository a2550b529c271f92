"""Strings to sign and signatures: the services' rules for them."""

from __future__ import annotations

import base64
import hmac

import pytest

from funchost.storage.sas import account_sas_text, sas_time, service_sas_text
from funchost.storage.shared_key import (
    authorization,
    shared_key_lite_text,
    shared_key_text,
    signature,
    table_lite_text,
    table_text,
)

DATE = "Fri, 26 Jun 2015 23:39:12 GMT"


def test_a_requests_text_has_the_services_lines() -> None:
    headers = {
        "x-ms-date": DATE,
        "x-ms-version": "2015-02-21",
        "x-ms-meta-Zone": " blank around ",
        "content-length": "0",
        "content-type": "text/plain",
        "range": "bytes=0-9",
        "if-match": '"x"',
        "date": "not counted beside x-ms-date",
        "user-agent": "not counted",
    }
    text = shared_key_text("GET", "acc", "/acc/c/a%20b", {"restype": "x", "comp": "metadata", "timeout": "20"}, headers)
    assert text == (
        'GET\n\n\n\n\ntext/plain\n\n\n"x"\n\n\nbytes=0-9\n'
        f"x-ms-date:{DATE}\nx-ms-meta-zone:blank around\nx-ms-version:2015-02-21\n"
        "/acc/acc/c/a%20b\ncomp:metadata\nrestype:x\ntimeout:20"
    )


def test_a_length_and_a_date_header_count() -> None:
    text = shared_key_text("PUT", "a", "/a", {}, {"date": DATE, "content-length": "5", "content-md5": "m"})
    assert text == f"PUT\n\n\n5\nm\n\n{DATE}\n\n\n\n\n\n/a/a"


def test_the_short_scheme_signs_less() -> None:
    headers = {"x-ms-date": DATE, "content-type": "t", "if-match": "no"}
    assert shared_key_lite_text("GET", "a", "/a/c", {"comp": "list", "x": "y"}, headers) == (
        f"GET\n\nt\n\nx-ms-date:{DATE}\n/a/a/c?comp=list"
    )


def test_tables_have_texts_of_their_own() -> None:
    headers = {"x-ms-date": DATE, "content-type": "application/json", "x-ms-version": "no"}
    path = "/acc/Tab(PartitionKey='a',RowKey='b')"
    assert table_text("GET", "acc", path, {"$filter": "x"}, headers) == f"GET\n\napplication/json\n{DATE}\n/acc{path}"
    assert table_lite_text("acc", "/acc/", {"comp": "acl"}, {"date": DATE}) == f"{DATE}\n/acc/acc/?comp=acl"


@pytest.mark.parametrize(
    ("names", "ordered"),
    [
        (("x-ms-version", "x-ms-date", "x-ms-client-request-id"), ["client-request-id", "date", "version"]),
        (("x-ms-meta-ab", "x-ms-meta-a-b", "x-ms-meta-a"), ["meta-a", "meta-ab", "meta-a-b"]),
        (("x-ms-meta-a1", "x-ms-meta-a_b", "x-ms-meta-aa"), ["meta-a_b", "meta-a1", "meta-aa"]),
        (("x-ms-meta-B", "x-ms-meta-a"), ["meta-a", "meta-b"]),
    ],
)
def test_headers_are_sorted_as_the_service_does(names: tuple[str, ...], ordered: list[str]) -> None:
    text = shared_key_text("GET", "a", "/", {}, dict.fromkeys(names, "v"))
    found = [line.partition(":")[0] for line in text.split("\n") if line.startswith("x-ms-")]
    assert found == [f"x-ms-{name}" for name in ordered]


def test_headers_can_be_sorted_by_code_point() -> None:
    text = shared_key_text("GET", "a", "/", {}, {"x-ms-meta-ab": "1", "x-ms-meta-a-b": "2"}, ordinal=True)
    assert text.index("a-b") < text.index("ab")


@pytest.mark.parametrize("length", [1, 63, 64, 65, 200])
def test_a_signature_is_the_hmac_of_the_text(length: int) -> None:
    key = b"k" * length
    expected = base64.b64encode(hmac.digest(key, "hällo\n".encode(), "sha256")).decode()
    assert signature(key, "hällo\n") == expected
    assert authorization("acc", key, "hällo\n") == f"SharedKey acc:{expected}"


def test_an_accounts_signature_has_a_line_more_since_encryption_scopes() -> None:
    token = {"sv": "2019-02-02", "ss": "t", "srt": "so", "sp": "rwdl", "se": "2030-01-01T00:00:00Z"}
    old = account_sas_text("acc", token)
    assert old == "acc\nrwdl\nt\nso\n\n2030-01-01T00:00:00Z\n\n\n2019-02-02\n"
    assert account_sas_text("acc", {**token, "sv": "2020-12-06"}) == old.replace("2019-02-02", "2020-12-06") + "\n"


BLOB_TOKEN = {"sp": "r", "se": "2030-01-01T00:00:00Z", "sr": "b", "sv": "2026-10-06", "rsct": "text/x"}


def test_a_blobs_signature_grew_with_the_versions() -> None:
    lines = {
        "2012-02-12": ["r", "", BLOB_TOKEN["se"], "/acc/c/b d", "", "2012-02-12"],
        "2013-08-15": ["r", "", BLOB_TOKEN["se"], "/acc/c/b d", "", "2013-08-15", "", "", "", "", "text/x"],
        "2015-04-05": ["r", "", BLOB_TOKEN["se"], "/blob/acc/c/b d", "", "", "", "2015-04-05"]
        + ["", "", "", "", "text/x"],
        "2018-11-09": ["r", "", BLOB_TOKEN["se"], "/blob/acc/c/b d", "", "", "", "2018-11-09", "b", "snap"]
        + ["", "", "", "", "text/x"],
        "2026-10-06": ["r", "", BLOB_TOKEN["se"], "/blob/acc/c/b d", "", "", "", "2026-10-06", "b", "snap", ""]
        + ["", "", "", "", "text/x"],
    }
    for version, expected in lines.items():
        text = service_sas_text("blob", "acc", "c/b d", {**BLOB_TOKEN, "sv": version}, "snap")
        assert text.split("\n") == expected


def test_queues_and_tables_sign_less() -> None:
    token = {"sp": "raup", "se": "e", "sv": "2026-10-06", "si": "policy", "sip": "1.2.3.4", "spr": "https"}
    assert service_sas_text("queue", "acc", "q", token) == (
        "raup\n\ne\n/queue/acc/q\npolicy\n1.2.3.4\nhttps\n2026-10-06"
    )
    assert service_sas_text("table", "acc", "t", {**token, "spk": "a", "erk": "z"}) == (
        "raup\n\ne\n/table/acc/t\npolicy\n1.2.3.4\nhttps\n2026-10-06\na\n\n\nz"
    )


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2026-01-31", 1769817600.0),
        ("2026-01-31T08:00Z", 1769846400.0),
        ("2026-01-31T08:00:00Z", 1769846400.0),
        ("2026-01-31T08:00:00.1234560Z", 1769846400.123456),
        ("2026-01-31T10:00:00+02:00", 1769846400.0),
    ],
)
def test_a_tokens_times_are_read(text: str, seconds: float) -> None:
    assert sas_time(text) == seconds


def test_what_is_no_time_is_none() -> None:
    with pytest.raises(ValueError, match="isoformat"):
        sas_time("tomorrow")
