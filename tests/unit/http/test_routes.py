from __future__ import annotations

import pytest

from funchost.app.function_app import FunctionError
from funchost.app.http_options import HttpOptions
from funchost.http.request_path import request_path
from funchost.http.routes import RouteTable, build_routes
from tests.unit.http.apps import app_of, http_function


def table(prefix: str = "api", **routes: str) -> RouteTable:
    functions = [http_function(name, route=route) for name, route in routes.items()]
    return build_routes(app_of(*functions, http=HttpOptions(route_prefix=prefix)))[0]


def found(routes: RouteTable, path: str, method: str = "GET") -> tuple[str, dict[str, str]] | None:
    match = routes.match(method, request_path(path.encode()))
    return None if match is None else (match[0].name, match[1])


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/api/items/recent", ("Recent", {})),
        ("/API/Items/RECENT/", ("Recent", {})),
        ("/api/items/7", ("ById", {"id": "7"})),
        ("/api/items/x", ("ByName", {"name": "x"})),
        ("/api/items", ("Items", {})),
        ("/api/other/a/b", ("Rest", {"path": "other/a/b"})),
        ("/api", ("Rest", {})),
        ("/items", None),
        ("/", None),
    ],
)
def test_the_most_specific_route_wins(path: str, expected: tuple[str, dict[str, str]] | None) -> None:
    # The names are such that alphabetical order alone would choose others.
    routes = table(ById="items/{id:int}", ByName="items/{name}", Items="items", Recent="items/recent", Rest="{*path}")
    assert found(routes, path) == expected


def test_equal_routes_go_by_function_name_without_case() -> None:
    assert found(table(b="{x}", A="{y}"), "/api/1") == ("A", {"y": "1"})


def test_a_missing_route_is_the_name_and_an_empty_prefix_is_none() -> None:
    routes = build_routes(app_of(http_function("Hello"), http=HttpOptions(route_prefix="")))[0]
    assert found(routes, "/hello") == ("Hello", {})


def test_a_verb_that_is_not_listed_is_no_match_and_lets_another_function_answer() -> None:
    app = app_of(
        http_function("Get", route="items", methods=["GET"]),
        http_function("Post", route="{any}", methods=["POST"]),
        http_function("Never", route="never", methods=[]),
    )
    routes = build_routes(app)[0]
    assert found(routes, "/api/items", "GET") == ("Get", {})
    assert found(routes, "/api/items", "POST") == ("Post", {"any": "items"})
    assert found(routes, "/api/items", "HEAD") is None
    assert found(routes, "/api/never", "GET") is None


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("/api/a%2Fb", {"x": "a/b"}),
        ("/api/a%20b", {"x": "a b"}),
        ("/api/%C3%A9", {"x": "é"}),
        ("/api/..%2f..%2fetc", {"x": "../../etc"}),
        ("/api/b/../c", {"x": "c"}),
        ("/api/b/%2e%2e/c", {"x": "c"}),
    ],
)
def test_values_are_decoded_inside_their_segment(path: str, values: dict[str, str]) -> None:
    assert found(table(F="{x}"), path) == ("F", values)


def test_an_encoded_slash_is_no_separator_and_encoded_letters_are_letters() -> None:
    routes = table(Fixed="a/b", Word="hello")
    assert found(routes, "/api/a%2Fb") is None
    assert found(routes, "/api/h%65llo") == ("Word", {})


def test_a_function_that_could_not_be_described_has_its_default_route() -> None:
    routes = build_routes(app_of(errors=(FunctionError("Broken", "boom"),)))[0]
    match = routes.match("PATCH", "/api/broken")
    assert match is not None
    assert match[0].error == FunctionError("Broken", "boom")


def test_a_function_in_error_takes_no_url_from_one_that_runs() -> None:
    errors = (FunctionError("hello", "differs only in case"), FunctionError("A", "boom"))
    routes = build_routes(app_of(http_function("Hello"), http_function("Z", route="a"), errors=errors))[0]
    for path, name in (("/api/hello", "Hello"), ("/api/a", "Z")):
        match = routes.match("GET", path)
        assert match is not None
        assert (match[0].name, match[0].error) == (name, None)


def test_a_route_that_cannot_be_parsed_is_told_and_the_others_work() -> None:
    routes, problems = build_routes(app_of(http_function("Bad", route="{"), http_function("Good")))
    assert found(routes, "/api/good") == ("Good", {})
    assert len(problems) == 1
    assert "'Bad' has no URL" in problems[0]
