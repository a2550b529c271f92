from __future__ import annotations

from pathlib import Path

import pytest

from funchost.errors import ConfigError
from funchost.projects.source_file import SourceFile, read_source

PATH = Path("function_app.py")


def source(text: str) -> SourceFile:
    return read_source(text, PATH)


@pytest.mark.parametrize(
    ("text", "app"),
    [
        ("app = func.FunctionApp()", "app"),
        ("application: func.FunctionApp = FunctionApp(http_auth_level=1)", "application"),
        ("first = 1\nbp = df.Blueprint()\n", "bp"),
        ("web = func.AsgiFunctionApp(app=fast)", "web"),
        ("app = make_app()", None),
        ("def f():\n    app = func.FunctionApp()", None),
        ("", None),
    ],
)
def test_the_variable_of_the_app(text: str, app: str | None) -> None:
    assert source(text).app == app


@pytest.mark.parametrize(
    ("text", "library"),
    [
        ("import azure.functions as func", "func"),
        ("import logging, azure.functions as af", "af"),
        ("import azure.functions", "azure.functions"),
        ("from azure import functions", "functions"),
        ("from azure import functions as f", "f"),
        ("from azure.functions import FunctionApp", None),
    ],
)
def test_what_the_library_is_called(text: str, library: str | None) -> None:
    assert source(text).library == library


def test_functions_by_the_names_that_the_host_knows() -> None:
    found = source(
        "app = func.FunctionApp()\n"
        "@app.route()\ndef Plain(req): ...\n"
        "@app.function_name(name='Named')\n@app.route()\nasync def other(req): ...\n"
        "@app.function_name('Short')\ndef third(req): ...\n"
        "@wraps(app)\ndef helper(): ...\n"
    )
    assert found.functions == {"plain": ("Plain", 3), "named": ("Named", 6), "short": ("Short", 8)}
    assert found.names["helper"] == 10


def test_registered_blueprints() -> None:
    found = source("app.register_functions(orders)\napp.register_blueprint(shop.bp)\napp.register_functions(\n  x)\n")
    assert found.registered == {"orders", "bp", "x"}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("import a\n\nx = 1\n", "import a\nimport new\n\nx = 1\n"),
        ("from b import (\n    c,\n)\nx = 1\n", "from b import (\n    c,\n)\nimport new\nx = 1\n"),
        ('"""Doc."""\n\nx = 1\n', '"""Doc."""\n\nimport new\n\nx = 1\n'),
        ('"""Doc."""\nx = 1\n', '"""Doc."""\n\nimport new\n\nx = 1\n'),
        ("#!/usr/bin/python\n# x\nx = 1\n", "#!/usr/bin/python\n# x\n\nimport new\n\nx = 1\n"),
        ("x = 1\n", "import new\n\nx = 1\n"),
    ],
)
def test_an_import_comes_below_the_others(before: str, after: str) -> None:
    assert source(before).with_import("import new").text == after


def test_code_comes_at_the_end_behind_two_empty_lines() -> None:
    assert source("x = 1").with_end("y = 2").text == "x = 1\n\n\ny = 2\n"
    assert source("x = 1\n\n\n\n\n").with_end("y = 2\n").text == "x = 1\n\n\ny = 2\n"
    assert source("").with_end("y = 2").text == "y = 2\n"


@pytest.mark.parametrize("text", ["def f(:\n", "x = '\0'"])
def test_a_file_that_is_not_python_is_named(text: str) -> None:
    with pytest.raises(ConfigError, match="function_app.py.* The file is not valid Python"):
        source(text)
