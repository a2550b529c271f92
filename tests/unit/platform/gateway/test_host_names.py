from __future__ import annotations

import pytest

from funchost.platform.gateway.host_names import Destination, HostNames, Service

NAMES = HostNames(("localhost", "Apps.Example.org"))


@pytest.mark.parametrize(
    ("host", "destination"),
    [
        (b"shop.localhost", Destination(Service.SITE, "shop")),
        (b"Shop-Staging.LOCALHOST:7070", Destination(Service.SITE, "shop-staging")),
        (b"shop.localhost.:80", Destination(Service.SITE, "shop")),
        (b"shop.apps.example.org", Destination(Service.SITE, "shop")),
        (b"shop.scm.localhost:7070", Destination(Service.SCM, "shop")),
        (b"shop.scm.apps.example.org", Destination(Service.SCM, "shop")),
        (b"scm.localhost", Destination(Service.SITE, "scm")),
        (b"a.b.localhost", Destination(Service.SITE, "a.b")),
        (b"localhost:7070", Destination(Service.MANAGEMENT)),
        (b"127.0.0.1", Destination(Service.MANAGEMENT)),
        (b"[::1]:7070", Destination(Service.MANAGEMENT)),
        (b"apps.example.org", Destination(Service.MANAGEMENT)),
        (b"shop.example.org", Destination(Service.MANAGEMENT)),
        (b"notlocalhost", Destination(Service.MANAGEMENT)),
        (b"", Destination(Service.MANAGEMENT)),
    ],
)
def test_the_host_header_decides(host: bytes, destination: Destination) -> None:
    assert NAMES.destination(host) == destination


@pytest.mark.parametrize(
    "host", [b"shop.localhost/x", b"a b.localhost", b"shop@localhost", b"shop\xe9.localhost", b"x:y", b"[::1", b"a,b"]
)
def test_what_is_no_host_leads_nowhere(host: bytes) -> None:
    assert NAMES.destination(host) is None


def test_hosts_made_up_by_strangers_do_not_fill_the_memory() -> None:
    names = HostNames(("localhost",))
    for number in range(10_000):
        names.destination(b"x%d.localhost" % number)
    assert len(names._known) <= 4096
