"""AsgiFunctionApp and WsgiFunctionApp around hand-written applications."""

from collections.abc import Iterator
from typing import cast

import pytest

from funchost.testing import HostProcess
from tests.compat.app_folders import APPS

METHODS = ("GET", "POST", "DELETE", "PATCH", "PUT", "OPTIONS")


@pytest.fixture(scope="module")
def asgi() -> Iterator[HostProcess]:
    with HostProcess(APPS / "decorators_asgi") as host:
        yield host


@pytest.fixture(scope="module")
def wsgi() -> Iterator[HostProcess]:
    with HostProcess(APPS / "decorators_wsgi") as host:
        yield host


def test_an_asgi_application_gets_the_request_and_its_lifespan(asgi: HostProcess) -> None:
    answer = asgi.post("/orders/a%20b?q=%C3%A9", "body")
    assert (answer.status, answer.headers["content-type"]) == (201, "application/json")
    assert answer.json() == {
        "method": "POST",
        "path": "/orders/a b",
        "query": "q=%C3%A9",
        "body": "body",
        "function": "http_app_func",
        "started": ["startup"],
    }


def test_a_wsgi_application_gets_the_request(wsgi: HostProcess) -> None:
    answer = wsgi.post("/orders/7?q=1", "body")
    assert (answer.status, answer.headers["content-type"]) == (201, "application/json")
    assert answer.json() == {
        "method": "POST",
        "path": "/orders/7",
        "query": "q=1",
        "body": "body",
        "function": "http_app_func",
    }


@pytest.mark.parametrize("method", METHODS)
def test_every_method_and_the_root_path_are_served(asgi: HostProcess, wsgi: HostProcess, method: str) -> None:
    for host in (asgi, wsgi):
        answer = cast("dict[str, object]", host.request(method, "/").json())
        assert (answer["method"], answer["path"]) == (method, "/")


def test_head_has_no_body(asgi: HostProcess) -> None:
    answer = asgi.request("HEAD", "/x")
    assert (answer.status, answer.body) == (201, b"")


def test_an_application_that_raises_is_500(wsgi: HostProcess) -> None:
    assert wsgi.get("/fails").status == 500
    wsgi.wait_for_line("the WSGI application fails")
