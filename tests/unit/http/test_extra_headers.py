from __future__ import annotations

import pytest

from funchost.app.http_options import HstsOptions, HttpOptions
from funchost.http.asgi import RawHeaders
from funchost.http.extra_headers import ExtraHeaders, host_name
from tests.unit.http.apps import request_scope

HSTS = b"strict-transport-security"


def added(options: HttpOptions, scheme: str = "https", host: bytes = b"contoso.com") -> RawHeaders:
    scope = request_scope("GET", "/", scheme=scheme)
    scope["headers"] = [(b"host", host)]
    headers: RawHeaders = []
    ExtraHeaders(options).add(scope, headers)
    return headers


def test_hsts_stands_on_https_answers_of_hosts_that_are_not_excluded() -> None:
    options = HttpOptions(hsts=HstsOptions(60, True, True, ("localhost", "example.com")))
    assert added(options) == [(HSTS, b"max-age=60; includeSubDomains; preload")]
    assert added(options, scheme="http") == []
    assert added(options, host=b"Example.com:443") == []


def test_nothing_is_wanted_unless_host_json_says_so() -> None:
    assert not ExtraHeaders(HttpOptions()).wanted
    assert ExtraHeaders(HttpOptions(custom_headers={"A": "b"})).wanted


@pytest.mark.parametrize(
    ("host", "name"), [(b"A.com:80", "a.com"), (b"[::1]:80", "[::1]"), (b"[::1]", "[::1]"), (b"", ""), (b"[x", "[x")]
)
def test_the_host_name_has_no_port(host: bytes, name: str) -> None:
    assert host_name([(b"host", host)]) == name
