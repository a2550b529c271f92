from __future__ import annotations

import pytest

from funchost.http.local_caller import is_local_tool, is_loopback_client, is_loopback_name
from tests.unit.http.apps import request_scope


@pytest.mark.parametrize("name", ["localhost", "LOCALHOST.", "app.localhost", "127.0.0.1", "127.9.9.9", "[::1]", "::1"])
def test_names_that_can_only_mean_this_machine(name: str) -> None:
    assert is_loopback_name(name)


@pytest.mark.parametrize(
    "name", ["", "example.com", "localhost.example.com", "10.0.0.1", "0.0.0.0", "127.0.0.1.nip.io"]
)
def test_names_that_may_mean_another_machine(name: str) -> None:
    assert not is_loopback_name(name)


@pytest.mark.parametrize(
    "headers",
    [
        (),
        ((b"origin", b"http://localhost:7071"),),
        ((b"sec-fetch-site", b"same-origin"),),
        ((b"sec-fetch-site", b"none"),),
    ],
)
def test_a_tool_and_the_hosts_own_pages_are_local(headers: tuple[tuple[bytes, bytes], ...]) -> None:
    assert is_local_tool(request_scope("POST", "/admin/functions/f", headers))


@pytest.mark.parametrize(
    "headers",
    [
        ((b"origin", b"https://evil.example"),),
        ((b"origin", b"null"),),
        ((b"origin", b"http://localhost:3000"),),
        ((b"origin", b"https://localhost:7071"),),
        ((b"sec-fetch-site", b"cross-site"),),
        ((b"sec-fetch-site", b"same-site"),),
    ],
)
def test_a_page_of_another_site_is_not_local(headers: tuple[tuple[bytes, bytes], ...]) -> None:
    assert not is_local_tool(request_scope("POST", "/admin/functions/f", headers))


def test_a_rebound_name_is_not_local() -> None:
    scope = request_scope("POST", "/admin/functions/f")
    scope["headers"] = [(b"host", b"evil.example:7071")]
    assert not is_local_tool(scope)
    scope["headers"] = []
    assert not is_local_tool(scope)


def test_the_client_address_decides_who_is_on_this_machine() -> None:
    assert is_loopback_client(request_scope("GET", "/", client="::1"))
    assert not is_loopback_client(request_scope("GET", "/", client="10.0.0.5"))
