"""Calls that pretend to be meant for another place, or to come from somebody else, on real connections."""

from __future__ import annotations

import json

import pytest

from tests.integration.platform.api.conftest import WEB
from tests.integration.security.server.conftest import Pair
from tests.integration.security.server.raw import basic, exchange, first_status, request, statuses

SETTINGS = "/api/settings"


@pytest.mark.parametrize(
    "host",
    [
        "victim.scm.localhost", "VICTIM.SCM.LOCALHOST", "victim.scm.localhost.", "victim-test.scm.localhost",
        "victim.scm.rival.scm.localhost", "rival.victim.scm.localhost", "rival-victim.scm.localhost",
        ".scm.localhost", "rival..scm.localhost", "victim.scm.localhost:1", "127.0.0.1", "localhost", "[::1]", "",
    ],
)  # fmt: skip
def test_a_publishing_credential_opens_no_host_name_but_its_own(pair: Pair, host: str) -> None:
    for path in (SETTINGS, WEB):
        assert first_status(exchange(pair.server.port, request("GET", path, host, pair.rival))) == 401


def test_a_publishing_credential_opens_its_own_site_and_neither_its_slot_nor_another_user_name(pair: Pair) -> None:
    def status(host: str, header: str) -> int:
        return first_status(exchange(pair.server.port, request("GET", SETTINGS, host, header)))

    password = _password(pair)
    assert status("victim.scm.localhost", pair.victim) == 200
    assert status("victim.scm.localhost", basic("$VICTIM", password)) == 200
    assert status("victim-test.scm.localhost", pair.victim) == 401
    assert status("victim-test.scm.localhost", basic("$victim__test", password)) == 401
    for user in ("", "victim", "$rival", "$victim__test", "$victim\0", "admin"):
        assert status("victim.scm.localhost", basic(user, password)) == 401


@pytest.mark.parametrize(
    ("target", "host", "headers", "version", "status"),
    [
        ("http://victim.scm.localhost/api/settings", "rival.scm.localhost", (), "HTTP/1.1", 400),
        ("http://rival.scm.localhost@victim.scm.localhost/api/settings", "rival.scm.localhost", (), "HTTP/1.1", 400),
        ("//victim.scm.localhost/api/settings", "rival.scm.localhost", (), "HTTP/1.1", 404),
        ("http://victim.scm.localhost/api/settings", None, (), "HTTP/1.0", 401),
        (SETTINGS, None, (), "HTTP/1.1", 400),
        (SETTINGS, "rival.scm.localhost", ("Host: victim.scm.localhost",), "HTTP/1.1", 400),
        (SETTINGS, "rival.scm.localhost, victim.scm.localhost", (), "HTTP/1.1", 400),
        (SETTINGS, "victim.scm.localhost", ("X-Forwarded-Host: rival.scm.localhost",), "HTTP/1.1", 401),
        (SETTINGS, "victim.scm.localhost", ("X-Original-URL: /", "X-HTTP-Method-Override: PUT"), "HTTP/1.1", 401),
        (SETTINGS, "victim.scm.localhost", ("Transfer-Encoding: chunked", "Content-Length: 3"), "HTTP/1.1", 400),
        (SETTINGS, "victim.scm.localhost", ("Transfer-Encoding: xchunked",), "HTTP/1.1", 400),
        (SETTINGS, "victim.scm.localhost", ("Content-Length: 1", "Content-Length: 2"), "HTTP/1.1", 400),
        (SETTINGS, "victim.scm.localhost", ("Content-Length: +1",), "HTTP/1.1", 400),
    ],
)
def test_a_request_that_names_two_places_or_two_lengths_gets_nowhere(
    pair: Pair, target: str, host: str | None, headers: tuple[str, ...], version: str, status: int
) -> None:
    asked = request("GET", target, host, pair.rival, *headers, version=version)
    assert first_status(exchange(pair.server.port, asked)) == status


def test_each_request_of_a_connection_needs_a_credential_of_its_own(pair: Pair) -> None:
    asked = [
        request("GET", "/api/isdeploying", host, *headers, last=False)
        for host, headers in (
            ("rival.scm.localhost", (pair.rival,)),
            ("victim.scm.localhost", (pair.rival,)),
            ("rival.scm.localhost", ()),
            ("victim.localhost", ()),
        )
    ]
    last = request("GET", "/api/isdeploying", "victim.scm.localhost", pair.victim)
    answered = exchange(pair.server.port, *asked, last)
    assert statuses(answered) == [200, 401, 401, 404, 200]


def test_a_body_is_not_taken_for_a_request(pair: Pair) -> None:
    hidden = request("GET", SETTINGS, "victim.scm.localhost", pair.victim)
    asked = request("POST", "/api/none", "rival.scm.localhost", pair.rival, body=hidden)
    assert statuses(exchange(pair.server.port, asked)) == [404]


@pytest.mark.parametrize("host", ["localhost", "victim.scm.localhost", "rival.localhost", "evil.example", ""])
def test_the_port_of_a_site_leads_to_that_site_alone(pair: Pair, host: str) -> None:
    port = pair.ports["victim"]
    for path, status in ((WEB, 404), (SETTINGS, 404), ("/api/open", 200), ("/api/locked", 401)):
        assert first_status(exchange(port, request("GET", path, host, pair.token, pair.victim))) == status


@pytest.mark.parametrize(
    "path", ["/admin/host/status", "/admin/host/keys", "/admin/functions", "/admin/functions/open"]
)
@pytest.mark.parametrize("host", ["victim.localhost", "127.0.0.1", "localhost"])
def test_the_admin_calls_of_an_app_want_its_key_from_this_machine_too(pair: Pair, path: str, host: str) -> None:
    port = pair.server.port if host.startswith("victim") else pair.ports["victim"]
    asked = request("GET", path, host, pair.token, "X-Forwarded-For: 127.0.0.1", "X-MS-CLIENT-PRINCIPAL: e30=")
    assert first_status(exchange(port, asked)) == 401


def test_web_pages_and_names_that_are_not_the_servers_own_get_nothing(pair: Pair) -> None:
    def status(host: str, *headers: str) -> int:
        return first_status(exchange(pair.server.port, request("GET", WEB, host, pair.token, *headers)))

    here = f"127.0.0.1:{pair.server.port}"
    assert status(here) == 200
    assert status("evil.example") == 421
    assert status(here, "Origin: http://evil.example") == 403
    assert status(here, "Origin: null") == 403
    assert status(here, f"Origin: http://victim.localhost:{pair.server.port}") == 403
    assert status(here, "Sec-Fetch-Site: same-site") == 403


def _password(pair: Pair) -> str:
    found = json.loads(pair.server.manage("POST", f"{WEB}/victim/config/publishingcredentials/list").body)
    return str(found["properties"]["publishingPassword"])
