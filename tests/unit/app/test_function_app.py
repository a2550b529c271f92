from __future__ import annotations

from pathlib import Path

from funchost.app.function_app import FunctionApp, FunctionError
from tests.unit.http.apps import app_of, http_function


def app(*errors: str) -> FunctionApp:
    return app_of(
        http_function("Items"), http_function("Other"), errors=tuple(FunctionError(e, e, Path("/f.py")) for e in errors)
    )


def found(app: FunctionApp, name: str) -> tuple[str | None, str | None]:
    function, error = app.find(name)
    return None if function is None else function.name, None if error is None else error.function


def test_a_function_is_found_in_any_case_with_its_error() -> None:
    assert found(app(), "iTEMS") == ("Items", None)
    assert found(app("Items"), "items") == ("Items", "Items")
    assert found(app("Broken"), "broken") == (None, "Broken")
    assert found(app("Broken"), "none") == (None, None)


def test_of_two_names_that_differ_in_case_only_the_exact_one_is_found() -> None:
    both = app("items")
    assert found(both, "items") == (None, "items")
    assert found(both, "Items") == ("Items", None)
    assert found(both, "ITEMS") == ("Items", None)
