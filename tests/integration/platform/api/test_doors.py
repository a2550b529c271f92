"""Credentials over the wire: every route through the gateway, and no way around it by host names or ports."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from funchost.testing import ServerProcess
from funchost.testing.client import send
from tests.integration.platform.api.conftest import WEB, create_app
from tests.integration.platform.api.packages import hello_package
from tests.unit.platform.api.fake_server import FakeServer
from tests.unit.platform.api.test_access import calls


@pytest.fixture(scope="module")
def open_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server over plain HTTP with the apps shop, deployed, and other, and a slot of shop."""
    with ServerProcess(tmp_path_factory.mktemp("doors")) as server:
        for name in ("shop", "other"):
            create_app(server, name)
        assert server.manage("PUT", f"{WEB}/shop/slots/staging", "{}").status == 200
        assert server.manage("POST", "/api/zipdeploy", hello_package(), host="shop.scm.localhost").status == 200
        yield server


def basic(server: ServerProcess, name: str) -> str:
    answer = server.manage("POST", f"{WEB}/{name}/config/publishingcredentials/list")
    found = json.loads(answer.body)["properties"]
    return base64.b64encode(f"{found['publishingUserName']}:{found['publishingPassword']}".encode()).decode()


def test_no_call_gets_through_the_gateway_without_the_right_credential(
    open_server: ServerProcess, tmp_path: Path
) -> None:
    server, tables = open_server, FakeServer(tmp_path)
    own, other = basic(server, "shop"), basic(server, "other")
    wrong = {"none": "", "wrong": "Bearer wrong", "another app's": f"Basic {other}"}
    cases = [
        (verb, path, host, credential)
        for routes, host, credentials in (
            (tables.management.routes, None, {**wrong, "an app's own": f"Basic {own}"}),
            (tables.scm.routes, "shop.scm.localhost", wrong),
        )
        for verb, path in calls(routes)
        for credential in credentials.values()
    ]

    def status(case: tuple[str, str, str | None, str]) -> int:
        verb, path, host, credential = case
        headers = {"Authorization": credential} if credential else {}
        return server.request(verb, path, host=host, headers=headers).status

    with ThreadPoolExecutor(24) as callers:
        answers = dict(zip(cases, callers.map(status, cases), strict=True))
    assert len(cases) > 400
    assert {case: status for case, status in answers.items() if status != 401} == {}
    assert server.request("GET", "/api/hello?name=Ada", host="shop.localhost").text == "Hello Ada"


def test_the_names_and_ports_of_apps_lead_to_no_management_call(open_server: ServerProcess) -> None:
    server = open_server
    own = json.loads(server.manage("GET", f"{WEB}/shop").body)["properties"]["funchost"]
    for path in ("/subscriptions", "/api/settings", "/api/deployments", "/providers/Funchost/tokens"):
        assert server.manage("GET", path, host="shop.localhost").status == 404
        for host in ("localhost", "shop.scm.localhost", f"127.0.0.1:{server.port}"):
            headers = {"Host": host, "Authorization": f"Bearer {server.token}"}
            assert send(f"http://127.0.0.1:{own['port']}", "GET", path, headers=headers).status == 404


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "http://shop.localhost"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
    ],
)
def test_a_web_page_gets_nothing_even_with_the_token(open_server: ServerProcess, headers: dict[str, str]) -> None:
    given = {**headers, "Authorization": f"Bearer {open_server.token}"}
    for host, path in ((None, "/subscriptions"), ("shop.scm.localhost", "/api/settings")):
        answer = open_server.request("GET", path, host=host, headers=given)
        assert answer.status == 403
        assert answer.headers["access-control-allow-origin"] is None
        preflight = open_server.request(
            "OPTIONS", path, host=host, headers={**headers, "Access-Control-Request-Method": "GET"}
        )
        assert preflight.status == 403


def test_another_name_for_this_address_is_not_answered(open_server: ServerProcess) -> None:
    """A web page can make its own name point here, and then calls us from its own origin."""
    assert open_server.manage("GET", "/subscriptions", host="rebound.example").status == 421
    assert open_server.manage("GET", "/api/settings", host="shop.scm.rebound.example").status == 421
