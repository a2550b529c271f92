from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import cast

from funchost.app.function_app import Binding, Direction, Function, FunctionApp, FunctionError, Model
from funchost.app.host_json import HostConfig
from funchost.host.publication import error_lines, rejection

SCRIPT = "function_app.py"


def app(*names: str, errors: tuple[str, ...] = ()) -> FunctionApp:
    functions = tuple(
        Function(
            name,
            Path("/app") / name,
            Path("/app") / name / "__init__.py",
            None,
            (Binding("req", "httpTrigger", Direction.IN),),
            Model.FUNCTION_JSON,
            Path("/app") / name / "function.json",
        )
        for name in names
    )
    config = cast("HostConfig", SimpleNamespace())
    return FunctionApp(Path("/app"), config, functions, {e: FunctionError(e, "broken") for e in errors})


def test_first_start_is_never_rejected() -> None:
    assert rejection(None, app("a", errors=("a",)), SCRIPT) == {}


def test_a_function_that_ran_and_no_longer_loads_rejects_the_new_version() -> None:
    assert set(rejection(app("a", "b"), app("a", "b", errors=("b",)), SCRIPT)) == {"b"}


def test_a_new_or_already_broken_function_does_not_reject() -> None:
    assert rejection(app("a", "b", errors=("b",)), app("a", "b", "c", errors=("b", "c")), SCRIPT) == {}


def test_a_new_declaration_that_cannot_be_used_does_not_reject() -> None:
    assert rejection(app("a"), app("a", errors=("bad name",)), SCRIPT) == {}


def test_a_removed_function_does_not_reject() -> None:
    assert rejection(app("a", "b"), app("a"), SCRIPT) == {}


def test_an_error_of_the_whole_app_rejects() -> None:
    assert set(rejection(app("a"), app(errors=(SCRIPT,)), SCRIPT)) == {"function_app.py"}


def test_error_lines_are_sorted_by_name() -> None:
    lines = error_lines(app("b", "a", errors=("b", "a")).errors)
    assert [line.split("'")[1] for line in lines] == ["a", "b"]
