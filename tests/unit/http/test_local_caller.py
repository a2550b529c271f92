from __future__ import annotations

import pytest

from funchost.http.local_caller import is_loopback_client, is_loopback_name
from tests.unit.http.apps import request_scope


@pytest.mark.parametrize("name", ["localhost", "LOCALHOST.", "app.localhost", "127.0.0.1", "127.9.9.9", "[::1]", "::1"])
def test_names_that_can_only_mean_this_machine(name: str) -> None:
    assert is_loopback_name(name)


@pytest.mark.parametrize(
    "name", ["", "example.com", "localhost.example.com", "10.0.0.1", "0.0.0.0", "127.0.0.1.nip.io"]
)
def test_names_that_may_mean_another_machine(name: str) -> None:
    assert not is_loopback_name(name)


def test_the_client_address_decides_who_is_on_this_machine() -> None:
    assert is_loopback_client(request_scope("GET", "/", client="::1"))
    assert not is_loopback_client(request_scope("GET", "/", client="10.0.0.5"))
