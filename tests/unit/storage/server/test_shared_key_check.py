"""Requests signed with the account's key, checked: what clients do differently, and what is wrong."""

from __future__ import annotations

from email.utils import formatdate

import pytest

from funchost.errors import StorageError
from funchost.storage.server.call import Call
from funchost.storage.server.shared_key_check import check_shared_key
from funchost.storage.server.target import read_query
from funchost.storage.shared_key import shared_key_text, signature
from tests.unit.storage.server.calls import KEY, NOW, make_call

DATE = formatdate(NOW, usegmt=True)
NAME = "devstoreaccount1"


def check(call: Call, text: str, account: str = NAME, now: float = NOW) -> None:
    check_shared_key(call, "SharedKey", f"{account}:{signature(KEY, text)}", KEY, now)


def test_a_path_may_be_signed_in_any_of_its_spellings() -> None:
    headers = {"x-ms-date": DATE}
    call = make_call("blob", "c/%28a%29%20b%27%2B%C3%A4~", headers=headers)
    for path in ("/(a)%20b'+%C3%A4~", "/(a)%20b'%2B%C3%A4~", "/%28a%29%20b%27%2B%C3%A4~"):
        check(call, shared_key_text("GET", NAME, f"/{NAME}/c{path}", {}, headers))


def test_a_plus_sign_may_be_signed_as_itself_or_as_a_blank() -> None:
    headers = {"x-ms-date": DATE}
    call = make_call("blob", "c?prefix=a+b", headers=headers)
    for value in ("a+b", "a b"):
        check(call, shared_key_text("GET", NAME, f"/{NAME}/c", {"prefix": value}, headers))
    assert read_query(b"prefix=a+b")["prefix"] == "a b"


@pytest.mark.parametrize("parameter", ["", "x", ":", "devstoreaccount1:"])
def test_a_header_without_its_parts_is_malformed(parameter: str) -> None:
    with pytest.raises(StorageError, match="InvalidAuthenticationInfo"):
        check_shared_key(make_call("blob", "c"), "SharedKey", parameter, KEY, NOW)


@pytest.mark.parametrize(
    ("headers", "account", "detail"),
    [
        ({"x-ms-date": DATE}, "other", "account"),
        ({}, NAME, "neither"),
        ({"x-ms-date": "yesterday"}, NAME, "incorrect"),
        ({"x-ms-date": formatdate(NOW - 901, usegmt=True)}, NAME, "too old"),
        ({"x-ms-date": formatdate(NOW + 901, usegmt=True)}, NAME, "too old"),
        ({"x-ms-date": DATE, "range": "bytes=0-1"}, NAME, "string to sign"),
    ],
)
def test_what_is_wrong_is_told(headers: dict[str, str], account: str, detail: str) -> None:
    call = make_call("queue", "q", headers=headers)
    signed_headers = {key: value for key, value in headers.items() if key != "range"}
    with pytest.raises(StorageError) as refused:
        check(call, shared_key_text("GET", NAME, call.raw_path, {}, signed_headers), account)
    assert refused.value.code == "AuthenticationFailed"
    assert detail in refused.value.details["AuthenticationErrorDetail"]  # type: ignore[attr-defined]
