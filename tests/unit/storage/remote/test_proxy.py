from __future__ import annotations

import pytest

from funchost.storage.remote.proxy import proxy_for

PROXIES = {"https": "http://proxy:3128", "http": "socks5://proxy:1080"}


def bypassed(host: str) -> bool:
    return host == "shop.internal"


@pytest.mark.parametrize(
    ("url", "proxy"),
    [
        ("https://shop.blob.core.windows.net", "http://proxy:3128"),
        ("https://shop.internal", None),
        ("https://127.0.0.1:10000/devstoreaccount1", None),
        ("http://shop.blob.core.windows.net", None),
    ],
)
def test_clouds_are_reached_through_the_proxy_and_what_is_near_directly(url: str, proxy: str | None) -> None:
    assert proxy_for(url, PROXIES, bypassed) == proxy


def test_without_proxies_everything_is_reached_directly() -> None:
    assert proxy_for("https://shop.blob.core.windows.net", {}, bypassed) is None
