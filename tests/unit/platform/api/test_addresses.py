"""Which names a server goes by, and the addresses of sites that work for a caller."""

from __future__ import annotations

import pytest

from funchost.platform.api.addresses import Addresses, HostHeader, ServerNames, host_header
from funchost.platform.site import SiteName

SHOP, STAGING = SiteName("shop"), SiteName("shop", "staging")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"localhost", HostHeader("localhost")),
        (b"LocalHost:7070", HostHeader("localhost", 7070)),
        (b"example.org.:80", HostHeader("example.org", 80)),
        (b"[::1]:7070", HostHeader("::1", 7070)),
        (b"[::1]", HostHeader("::1")),
        (b"localhost:", HostHeader("localhost")),
        (b"localhost:99999", HostHeader("")),
        (b"localhost:7o70", HostHeader("")),
        (b"", HostHeader("")),
    ],
)
def test_a_host_header_has_a_name_and_a_port(value: bytes, expected: HostHeader) -> None:
    assert host_header({"headers": [(b"host", value)]}) == expected


def test_usual_ports_are_left_out() -> None:
    assert Addresses("http", "example.org", 80).host(SHOP) == "shop.example.org"
    assert Addresses("https", "example.org", 443).scm_url(STAGING) == "https://shop-staging.scm.example.org"
    assert Addresses("https", "example.org", 80).url(SHOP) == "https://shop.example.org:80"


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        (HostHeader("127.0.0.1", 7070), Addresses("https", "localhost", 7070)),
        (HostHeader("localhost"), Addresses("https", "localhost", 443)),
        (HostHeader("apps.example.org", 9000), Addresses("https", "apps.example.org", 9000)),
        (HostHeader("192.168.1.5", 7070), Addresses("https", "apps.example.org", 7070)),
        (HostHeader(""), Addresses("https", "apps.example.org", 7071)),
    ],
)
def test_addresses_are_below_the_domain_and_below_localhost_for_this_machine(
    host: HostHeader, expected: Addresses
) -> None:
    assert ServerNames(7071, "apps.example.org").seen_by(host, "https") == expected


def test_without_a_domain_everything_is_below_localhost() -> None:
    assert ServerNames(7070).seen_by(HostHeader("192.168.1.5", 7070), "http") == Addresses("http", "localhost", 7070)
