"""Who may make which call: every route of both APIs with no, wrong, another app's and the right credential."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from funchost.platform.api.access import Presented, presented, same
from funchost.platform.api.routes import Route
from tests.unit.platform.api.fake_server import PASSWORD, SHOP, TOKEN, Answer, FakeServer, basic

VALUES = {
    "subscription": "00000000-0000-0000-0000-000000000000",
    "group": "funchost",
    "name": "shop",
    "slot": "staging",
    "function": "Hello",
    "key": "default",
    "set": "functionkeys",
    "operation": "0" * 32,
    "deployment": "d1",
    "entry": "0",
    "setting": "AzureWebJobsStorage",
    "kind": "application",
    "place": "x",
    "policy": "scm",
    "token": "ci",
}
OTHER_APP = basic("$shop__staging", f"{PASSWORD}-shop-staging")
OWN = basic("$shop", f"{PASSWORD}-shop")
REFUSED = {
    "no credential": "",
    "a wrong token": "Bearer wrong",
    "an empty token": "Bearer ",
    "the token as a password": basic("$shop", TOKEN),
    "the token as a user": basic(TOKEN, ""),
    "a wrong password": basic("$shop", "wrong"),
    "an empty password": basic("$shop", ""),
    "another app's password": OTHER_APP,
    "another app's password for this user": basic("$shop", f"{PASSWORD}-shop-staging"),
    "a password as a token": f"Bearer {PASSWORD}-shop",
    "another scheme": f"Negotiate {TOKEN}",
    "no Base64": "Basic !!!",
    "a token that never ends": "Bearer " + "x" * 20_000,
    "letters that are not ASCII": "Bearer \xe4\xff",
}


def calls(routes: tuple[Route, ...]) -> Iterator[tuple[str, str]]:
    for route in routes:
        path = "/" + "/".join(VALUES[piece[1:-1]] if piece.startswith("{") else piece for piece in route.path)
        for verb in sorted(route.verbs):
            yield verb, path


def assert_refused(answer: Answer, case: str) -> None:
    assert answer.status == 401, case
    assert "www-authenticate" in answer.headers, case
    assert "shop" not in answer.message, case


async def test_every_management_call_needs_the_token(tmp_path: Path) -> None:
    server = FakeServer(tmp_path)
    await server.shop()
    before = dict(server.apps.known)
    cases = {**REFUSED, "the site's own password": OWN}
    table = list(calls(server.management.routes))
    assert len(table) > 60
    for verb, path in table:
        for case, credential in cases.items():
            assert_refused(await server.manage(verb, path, authorization=credential), f"{verb} {path} with {case}")
    assert server.apps.known == before
    assert server.apps.calls == []


async def test_every_scm_call_needs_the_token_or_the_sites_own_password(tmp_path: Path) -> None:
    server = FakeServer(tmp_path)
    await server.shop()
    table = list(calls(server.scm.routes))
    assert len(table) > 40
    for verb, path in table:
        for case, credential in REFUSED.items():
            assert_refused(await server.call_scm(verb, path, authorization=credential), f"{verb} {path} with {case}")
    assert server.deployments.known == []
    assert server.apps.settings_of[SHOP] == {"AzureWebJobsStorage": "own"}


@pytest.mark.parametrize("credential", [f"Bearer {TOKEN}", f"bearer  {TOKEN}"])
async def test_the_token_opens_every_call(tmp_path: Path, credential: str) -> None:
    server = FakeServer(tmp_path)
    await server.shop()
    for verb, path in calls(server.management.routes):
        if verb != "DELETE":
            answer = await server.manage(verb, path, authorization=credential)
            assert answer.status not in (401, 403, 405), (verb, path)
    assert server.faults == []


async def test_a_sites_password_opens_every_scm_call_of_the_site_and_none_of_another(tmp_path: Path) -> None:
    server = FakeServer(tmp_path)
    await server.shop()
    await server.call_scm("POST", "/api/zipdeploy", b"zip")
    for verb, path in calls(server.scm.routes):
        if verb != "DELETE":
            assert (await server.call_scm(verb, path, authorization=OWN)).status not in (401, 403, 405), (verb, path)
        assert (await server.call_scm(verb, path, site="shop-staging", authorization=OWN)).status == 401
        assert (await server.call_scm(verb, path, site="unknown", authorization=OWN)).status == 401
    assert server.faults == []


async def test_a_path_that_is_not_there_is_401_before_it_is_404(tmp_path: Path) -> None:
    server = FakeServer(tmp_path)
    assert (await server.manage("GET", "/nothing", authorization="")).status == 401
    assert (await server.call_scm("GET", "/api/command", authorization="")).status == 401
    assert (await server.call_scm("GET", "/api/settings", site="unknown", authorization="")).status == 401
    assert (await server.manage("GET", "/nothing")).status == 404
    assert (await server.call_scm("GET", "/api/settings", site="unknown")).status == 404


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://localhost:3000"},
        {"origin": "http://shop.localhost:7070"},
        {"origin": "http://localhost:x"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
async def test_no_web_page_of_another_origin_gets_in(tmp_path: Path, headers: dict[str, str]) -> None:
    server = FakeServer(tmp_path)
    await server.shop()
    for verb in ("GET", "OPTIONS"):
        answers = (
            await server.manage(verb, "/subscriptions", headers=headers),
            await server.call_scm(verb, "/api/settings", headers=headers),
        )
        for answer in answers:
            assert answer.status == 403
            assert not [name for name in answer.headers if name.startswith("access-control")]


@pytest.mark.parametrize("host", ["evil.example", "evil.example:7070", "localhost.evil.example", "notexample.org"])
async def test_a_name_that_is_not_the_servers_own_is_not_answered(tmp_path: Path, host: str) -> None:
    assert (await FakeServer(tmp_path).manage("GET", "/subscriptions", host=host)).status == 421


@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1:7070", "[::1]:7070", "192.168.1.5", "example.org", "a.example.org:1", "BOX", ""]
)
async def test_names_and_addresses_of_the_server_are_answered(tmp_path: Path, host: str) -> None:
    assert (await FakeServer(tmp_path).manage("GET", "/subscriptions", host=host)).status == 200


async def test_the_servers_own_pages_get_in_with_the_token(tmp_path: Path) -> None:
    answer = await FakeServer(tmp_path).manage("GET", "/subscriptions", headers={"origin": "http://localhost:7070"})
    assert answer.status == 200
    assert answer.headers["cache-control"] == "no-store"


ODD = (
    "..",
    "%2e%2e",
    "..%2f..%2fetc%2fpasswd",
    "%00",
    "a%2fb",
    "..%5c..",
    "%ff",
    "x" * 300,
    "*",
    "'",
    "%27%20or%201=1",
)


async def test_no_parameter_reaches_beyond_its_place(tmp_path: Path) -> None:
    """What is not the name of something that is there is 4xx, whatever it looks like; nothing fails."""
    server = FakeServer(tmp_path)
    await server.shop()
    await server.call_scm("POST", "/api/zipdeploy", b"zip")
    for app, routes in ((server.manage, server.management.routes), (server.call_scm, server.scm.routes)):
        for route in routes:
            for at, piece in enumerate(route.path):
                if piece.startswith("{") and piece not in ("{kind}", "{place}"):
                    for odd in ODD:
                        path = [VALUES[name[1:-1]] if name.startswith("{") else name for name in route.path]
                        path[at] = odd
                        # Deleting a setting that is not there is done already.
                        for verb in route.verbs - ({"DELETE"} if piece == "{setting}" else set()):
                            answer = await app(verb, "/" + "/".join(path))
                            assert 400 <= answer.status < 500, (verb, path, answer)
    assert server.faults == []
    assert set(server.apps.known) == {SHOP, SHOP._replace(slot="staging")}
    assert not [path for path in tmp_path.rglob("*") if re.search(r"passwd|etc", str(path.relative_to(tmp_path)))]


async def test_wrong_credentials_are_held_back_and_too_many_at_once_are_told_so(tmp_path: Path) -> None:
    server = FakeServer(tmp_path, held_seconds=0.05)
    answers = await asyncio.gather(*(server.manage("GET", "/", authorization="Bearer no") for _ in range(120)))
    assert [answer.status for answer in answers].count(429) == 20
    assert [answer.status for answer in answers].count(401) == 100


def test_a_credential_does_not_show_its_secret() -> None:
    scope = {"headers": [(b"authorization", basic("$shop", "hidden:with colon").encode())]}
    found = presented(scope)
    assert found == Presented("$shop", "hidden:with colon")
    assert "hidden" not in repr(found)


def test_an_empty_expectation_is_never_met() -> None:
    assert not same("", "")
    assert same("a\udcff", "a\udcff")
