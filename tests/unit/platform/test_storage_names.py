from __future__ import annotations

import re

import pytest

from funchost.platform.site import SiteName
from funchost.platform.storage import account_name, connection_text
from funchost.storage.connection_string import parse_connection_string
from funchost.storage.credentials import AccountKey


@pytest.mark.parametrize("label", ["a", "shop", "my-shop-of-2026", "9", "a-b-c-d-e-f-g-h-i-j", "x" * 60])
def test_accounts_have_names_that_the_service_allows(label: str) -> None:
    assert re.fullmatch("[a-z0-9]{3,24}", account_name(SiteName(label)))


def test_sites_that_look_alike_have_different_accounts() -> None:
    sites = [SiteName("a-b"), SiteName("ab"), SiteName("a", "b-c"), SiteName("a" * 40), SiteName("a" * 41)]
    assert len({account_name(site) for site in sites}) == len(sites)


def test_the_connection_string_is_an_ordinary_one() -> None:
    text = connection_text("shop0123456789", "QUJDREVGR0hJSktMTU5PUA==", {"blob": 1, "queue": 2, "table": 3})
    parsed = parse_connection_string("setting", text)
    assert parsed.account == "shop0123456789"
    assert parsed.endpoints.queue == "http://127.0.0.1:2/shop0123456789"
    assert parsed.credential == AccountKey("shop0123456789", b"ABCDEFGHIJKLMNOP")
    assert not parsed.development
