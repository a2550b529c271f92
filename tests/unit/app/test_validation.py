from __future__ import annotations

import pytest

from tests.unit.app.app_folder import HTTP_OUTPUT, HTTP_TRIGGER, AppFolder


def routed(app: AppFolder, name: str, route: str | None, methods: list[str] | None = None, **more: object) -> None:
    trigger = {**HTTP_TRIGGER, "route": route, "methods": methods}
    app.function(name, trigger, HTTP_OUTPUT, **more)


@pytest.mark.parametrize("route", ["admin", "Admin/x", "/runtime/webhooks", "administrators/{id}", "runtimes"])
def test_routes_of_the_host_are_refused(app: AppFolder, route: str) -> None:
    routed(app, "Fn", route)
    found = app.discover()
    assert found.functions == ()
    assert found.errors["Fn"].message.startswith("The specified route conflicts with one or more built in routes.")
    assert found.errors["Fn"].line == 7


def test_the_default_route_counts_too(app: AppFolder) -> None:
    routed(app, "AdminReport", None)
    routed(app, "AdminOther", "reports")
    found = app.discover()
    assert [f.name for f in found.functions] == ["AdminOther"]
    assert "conflicts with one or more built in routes" in found.errors["AdminReport"].message


@pytest.mark.parametrize(
    ("first", "second", "conflict"),
    [
        (("items", None), ("items", None), True),
        (("items", ["get"]), ("/Items/", ["GET", "post"]), True),
        (("items", ["get"]), ("items", ["post"]), False),
        (("items", None), ("items", ["post"]), True),
        (("items", []), ("items", ["post"]), True),
        (("items/{id}", None), ("items/recent", None), False),
        (("Second", None), (None, None), True),
    ],
)
def test_of_two_functions_with_one_route_the_later_is_in_error(
    app: AppFolder, first: tuple[str, list[str]], second: tuple[str, list[str]], conflict: bool
) -> None:
    routed(app, "First", *first)
    routed(app, "Second", *second)
    found = app.discover()
    assert [f.name for f in found.functions] == (["First"] if conflict else ["First", "Second"])
    if conflict:
        assert found.errors["Second"].message == (
            "The route specified conflicts with the route defined by function 'First'."
        )


def test_a_sound_function_does_not_yield_its_route_to_a_broken_one(app: AppFolder) -> None:
    routed(app, "First", "items", scriptFile="gone.py")
    routed(app, "Second", "items")
    found = app.discover()
    assert [f.name for f in found.functions] == ["Second"]
    assert "does not exist" in found.errors["First"].message


def test_a_function_in_error_gives_way_only_to_the_first_conflict(app: AppFolder) -> None:
    for name in ("A", "B", "C"):
        routed(app, name, "items")
    found = app.discover()
    assert [f.name for f in found.functions] == ["A"]
    assert sorted(found.errors) == ["B", "C"]


def test_a_route_that_is_no_template_is_refused(app: AppFolder) -> None:
    routed(app, "Fn", "items/{id")
    found = app.discover()
    assert found.functions == ()
    assert found.errors["Fn"].message.startswith("The route is not valid: the route 'api/items/{id' has a parameter")


@pytest.mark.parametrize("route", ["/items/{id:int}", "{*path}", "/{*route}", "a/{b?}", "", "{file}.{ext?}"])
def test_usual_routes_pass(app: AppFolder, route: str) -> None:
    routed(app, "Fn", route)
    assert app.discover().errors == {}
