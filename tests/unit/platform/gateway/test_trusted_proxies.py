from __future__ import annotations

import pytest

from funchost.errors import UsageError
from funchost.platform.gateway.trusted_proxies import TrustedProxies


def test_addresses_and_networks_are_trusted() -> None:
    proxies = TrustedProxies(["127.0.0.1", "10.0.0.0/8", "fd00::/8"])
    assert [one in proxies for one in ("127.0.0.1", "10.1.2.3", "fd00::1", "127.0.0.2", "::1")] == [
        True,
        True,
        True,
        False,
        False,
    ]


def test_nobody_is_trusted_unless_named() -> None:
    assert "127.0.0.1" not in TrustedProxies()


@pytest.mark.parametrize("place", ["proxy.example.org", "10.0.0.1/8", "", "300.1.1.1"])
def test_what_is_no_address_is_refused(place: str) -> None:
    with pytest.raises(UsageError):
        TrustedProxies([place])
