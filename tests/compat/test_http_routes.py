"""Routes: constraints, optional and default parts, catch-all, methods, prefix; literal segments beat parameters."""

from collections.abc import Iterator

import pytest

from funchost.testing import HostProcess
from tests.compat.app_folders import APPS


@pytest.fixture(scope="module")
def host() -> Iterator[HostProcess]:
    with HostProcess(APPS / "http_routes") as host:
        yield host


@pytest.mark.parametrize(
    ("path", "function", "values"),
    [
        ("items/recent", "recent_items", {}),
        ("items/17", "numbered_item", {"id": "17"}),
        ("items/abc", "any_item", {"id": "abc"}),
        ("ITEMS/AbC", "any_item", {"id": "AbC"}),
        ("items/a%20b%C3%A9", "any_item", {"id": "a bé"}),
        ("items/17/", "numbered_item", {"id": "17"}),
        ("products/food/3", "product", {"category": "food", "id": "3"}),
        ("products/food", "product", {"category": "food"}),
        ("page", "page", {"number": "1"}),
        ("page/9", "page", {"number": "9"}),
        ("files", "files", {}),
        ("files/a/b/c.txt", "files", {"path": "a/b/c.txt"}),
        ("names/report.pdf", "names", {"name": "report", "extension": "pdf"}),
        ("names/report", "names", {"name": "report"}),
        ("codes/123", "three_digits", {"code": "123"}),
        ("DefaultRoute", "DefaultRoute", {}),
        ("defaultroute", "DefaultRoute", {}),
    ],
)
def test_a_path_reaches_the_most_specific_function(
    host: HostProcess, path: str, function: str, values: dict[str, str]
) -> None:
    answer = host.get(f"/api/{path}")
    assert answer.status == 200, answer
    assert answer.json() == [function, values]


@pytest.mark.parametrize(
    "path",
    [
        "/api/items",
        "/api/items/1/2",
        "/api/products/f00d/3",
        "/api/products/food/three",
        "/api/page/10",
        "/api/codes/12",
        "/api/has_another_python_name",
        "/items/17",
        "/apis/items/17",
        "/favicon.ico",
    ],
)
def test_a_path_without_a_route_is_404_with_an_empty_body(host: HostProcess, path: str) -> None:
    answer = host.get(path)
    assert (answer.status, answer.body) == (404, b"")


@pytest.mark.parametrize(
    ("method", "function"), [("GET", "get_things"), ("POST", "change_things"), ("PUT", "change_things")]
)
def test_methods_choose_between_functions_of_one_route(host: HostProcess, method: str, function: str) -> None:
    assert host.request(method, "/api/things").json() == [function, {}]


@pytest.mark.parametrize("method", ["DELETE", "HEAD", "OPTIONS", "PATCH"])
def test_a_method_that_no_function_lists_is_404(host: HostProcess, method: str) -> None:
    answer = host.request(method, "/api/things")
    assert (answer.status, answer.body, answer.headers["allow"]) == (404, b"", None)


@pytest.mark.parametrize(("prefix", "path"), [("v1/shop", "/v1/shop/items/recent"), ("", "/items/recent")])
def test_the_route_prefix_can_be_set_from_the_environment(prefix: str, path: str) -> None:
    env = {"AzureFunctionsJobHost__extensions__http__routePrefix": prefix}
    with HostProcess(APPS / "http_routes", env=env) as host:
        assert host.get(path).json() == ["recent_items", {}]
        assert host.get("/api/items/recent").status == 404
