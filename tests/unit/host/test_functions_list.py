from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from funchost.app.function_app import Binding, Direction, Function, FunctionApp, FunctionError, Model
from funchost.host.functions_list import error_summary, render_functions

if TYPE_CHECKING:
    from funchost.app.host_json import HostConfig

ROOT = Path("/srv/app")
CHAINED = """\
Traceback (most recent call last):
  File "a.py", line 1
KeyError: 1

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "a.py", line 3
ImportError: no x
write y
"""


def function(name: str, kind: str = "httpTrigger", *, disabled: bool = False, **properties: object) -> Function:
    return Function(
        name=name,
        directory=ROOT,
        script_file=ROOT / "function_app.py",
        entry_point=None,
        bindings=(Binding("req", kind, Direction.IN, properties=properties),),
        model=Model.DECORATORS,
        source=ROOT / "function_app.py",
        disabled=disabled,
    )


def app(*functions: Function, prefix: str = "api", errors: tuple[FunctionError, ...] = ()) -> FunctionApp:
    host = cast("HostConfig", SimpleNamespace(http=SimpleNamespace(route_prefix=prefix)))
    return FunctionApp(root=ROOT, host=host, functions=functions, errors={e.function: e for e in errors})


def shown(app: FunctionApp, base_url: str = "http://localhost:7071/") -> str:
    return render_functions(app, base_url, colour=False)


def test_http_functions_come_first_with_methods_and_url() -> None:
    text = shown(
        app(
            function("Cleanup", "timerTrigger"),
            function("HttpTrigger"),
            function("OnlyPost", route="items/{id:int?}", methods=["post", "PUT"]),
        )
    )
    assert text == (
        "\nFunctions:\n\n"
        "\tHttpTrigger:  http://localhost:7071/api/HttpTrigger\n\n"
        "\tOnlyPost: [POST,PUT] http://localhost:7071/api/items/{id:int?}\n\n"
        "\tCleanup: timerTrigger\n\n"
        "For detailed output, run func with --verbose flag."
    )


@pytest.mark.parametrize(
    ("prefix", "route", "url"),
    [
        ("", "items", "https://localhost:1/items"),
        ("a/b", "items", "https://localhost:1/a/b/items"),
        ("/api/", "/items", "https://localhost:1/api/items"),
        ("api", "", "https://localhost:1/api/Items"),
        ("", "/{*route}", "https://localhost:1/{*route}"),
    ],
)
@pytest.mark.parametrize("base", ["https://localhost:1", "https://localhost:1/"])
def test_url_has_base_prefix_and_route(prefix: str, route: str, url: str, base: str) -> None:
    text = shown(app(function("Items", route=route), prefix=prefix), base)
    assert f"\tItems:  {url}\n" in text


def test_disabled_functions_are_named_and_bring_no_heading_alone() -> None:
    text = shown(app(function("Items", disabled=True)))
    assert "Function Items is disabled." in text
    assert "Functions:" not in text


def test_broken_function_shows_its_error_instead_of_its_url() -> None:
    error = FunctionError(
        "Items", "Traceback (most recent call last):\n  ...\nNameError: name 'x'", ROOT / "function_app.py", 3
    )
    text = shown(app(function("Items"), function("Other"), errors=(error,)))
    assert "\tItems: in error: NameError: name 'x' (function_app.py:3)\n" in text
    assert "api/Items" not in text
    assert "\tOther:  http://localhost:7071/api/Other\n" in text


def test_functions_that_were_never_found_are_listed_with_their_error() -> None:
    text = shown(app(errors=(FunctionError("Items", "function.json: no bindings", Path("/elsewhere/function.json")),)))
    assert "\tItems: in error: function.json: no bindings (/elsewhere/function.json)\n" in text


def test_app_without_functions_says_where_and_what_is_expected() -> None:
    assert shown(app()) == (
        "\nNo functions found in /srv/app.\n"
        "A function app has a function_app.py, or a folder with a function.json for each function."
    )


def test_verbose_list_leaves_the_hint_out() -> None:
    assert "--verbose" not in render_functions(app(function("A")), "http://localhost:1", colour=False, verbose=True)


def test_names_and_urls_are_coloured() -> None:
    text = render_functions(app(function("A")), "http://localhost:1", colour=True)
    assert "\t\x1b[33mA:\x1b[0m  \x1b[32mhttp://localhost:1/api/A\x1b[0m" in text


@pytest.mark.parametrize(
    ("message", "summary"),
    [
        ("one\ntwo", "one"),
        ("", "unknown error"),
        (
            CHAINED,
            "ImportError: no x",
        ),
        ("Traceback (most recent call last):", "Traceback (most recent call last):"),
    ],
)
def test_error_summary_is_the_line_that_says_most(message: str, summary: str) -> None:
    assert error_summary(message) == summary
