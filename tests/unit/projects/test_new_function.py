from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest

from funchost.app.function_app import Model
from funchost.errors import FuncHostError, UsageError
from funchost.projects.new_function import (
    AuthLevel,
    NotRegisteredError,
    function_folder,
    literal,
    new_blueprint,
    new_entry,
    with_function,
    with_registration,
)
from funchost.projects.source_file import read_source
from funchost.projects.templates import Template, find_template, served

ENTRY = Path("function_app.py")
QUEUE = find_template("Queue trigger", Model.DECORATORS)
HTTP = find_template("HTTP trigger", Model.DECORATORS)


def added(text: str, name: str = "take") -> str:
    return with_function(read_source(text, ENTRY), QUEUE, name, {}, AuthLevel.FUNCTION).text


@pytest.mark.parametrize("template", served(Model.DECORATORS), ids=lambda template: template.kind)
def test_every_template_can_follow_every_other(template: Template) -> None:
    source = with_function(new_entry(ENTRY), template, "first", {}, AuthLevel.ADMIN)
    source = with_function(source, template, "second", {}, AuthLevel.ADMIN)
    assert set(source.functions) == {"first", "second"}
    assert "${" not in source.text
    assert max(map(len, source.text.splitlines())) <= 120


@pytest.mark.parametrize("template", served(Model.FUNCTION_JSON), ids=lambda template: template.kind)
def test_every_folder_has_a_trigger_whose_parameter_the_code_takes(template: Template) -> None:
    code, declaration = function_folder(template, "Mine", AuthLevel.ANONYMOUS)
    assert (code.path, declaration.path) == ("Mine/__init__.py", "Mine/function.json")
    content = json.loads(declaration.text)
    main = next(node for node in ast.parse(code.text).body if isinstance(node, ast.FunctionDef))
    inputs = [binding["name"] for binding in content["bindings"] if binding["direction"] == "in"]
    assert (main.name, [argument.arg for argument in main.args.args]) == ("main", inputs)
    assert ("authLevel" in declaration.text) is template.has_auth_level
    if template.has_auth_level:
        assert content["bindings"][0]["authLevel"] == "anonymous"
    assert "$return" not in declaration.text or template.has_auth_level


def test_answers_become_literals() -> None:
    answers = {"queue": "%NAME%", "connection": 'a"b\\'}
    source = with_function(new_entry(ENTRY), QUEUE, "take", answers, AuthLevel.FUNCTION)
    assert 'queue_name="%NAME%", connection="a\\"b\\\\"' in source.text


@pytest.mark.parametrize("text", ['"', "\\", "\n", "å", "{name}", "\x7f", " "])
def test_literals_mean_the_text(text: str) -> None:
    assert ast.literal_eval(literal(text)) == text


def test_the_authorization_level_and_the_names_that_the_file_uses() -> None:
    text = "import azure.functions as af\nimport logging\n\nmine = af.FunctionApp()\n"
    source = with_function(read_source(text, ENTRY), HTTP, "greet", {}, AuthLevel.ANONYMOUS)
    assert '@mine.route(route="greet", auth_level=af.AuthLevel.ANONYMOUS)' in source.text
    assert "func." not in source.text.replace("functions", "")


def test_missing_imports_are_added() -> None:
    text = added("from azure.functions import FunctionApp\n\napp = FunctionApp()\n")
    assert text.startswith(
        "from azure.functions import FunctionApp\nimport azure.functions as func\nimport logging\n\napp ="
    )
    taken = added("from azure.functions import FunctionApp\n\nfunc = None\napp = FunctionApp()\n")
    assert "import azure.functions\n" in taken
    assert "azqueue: azure.functions.QueueMessage" in taken


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("@app.route()\ndef Take(req): ...", "has the function 'Take' already"),
        ("@app.function_name(name='take')\n@app.route()\ndef other(req): ...", "has the function 'take' already"),
        ("def take(): ...", "uses the name 'take' already"),
        ("take = 1", "uses the name 'take' already"),
        ("from shop import take", "uses the name 'take' already"),
    ],
)
def test_a_name_that_is_taken_is_refused_with_its_line(line: str, said: str) -> None:
    with pytest.raises(FuncHostError, match=f"function_app.py:\\d.*{said}"):
        added(f"import azure.functions as func\napp = func.FunctionApp()\n{line}\n")


@pytest.mark.parametrize("name", ["app", "func", "logging"])
def test_names_that_the_file_itself_needs_are_refused(name: str) -> None:
    with pytest.raises(FuncHostError, match=f"uses the name '{name}' already"):
        added(new_entry(ENTRY).text, name)


def test_a_file_without_an_app_is_refused() -> None:
    with pytest.raises(FuncHostError, match="has no FunctionApp and no Blueprint"):
        added("x = 1\n")


def test_a_blueprint_is_named_like_its_file_and_registered_once() -> None:
    blueprint = new_blueprint(Path("orders.py"))
    assert blueprint.app == "orders"
    entry = with_registration(new_entry(ENTRY), blueprint)
    assert entry is not None
    assert "from orders import orders\n" in entry.text
    assert entry.text.endswith("\n\n\napp.register_functions(orders)\n")
    assert with_registration(entry, blueprint) is None


@pytest.mark.parametrize("text", ["x = 1", "app = func.FunctionApp()\norders = {}"])
def test_where_a_blueprint_cannot_be_registered_the_author_is_told_how(text: str) -> None:
    with pytest.raises(NotRegisteredError, match=r"from orders import orders, then app.register_functions\(orders\)"):
        with_registration(read_source(text, ENTRY), new_blueprint(Path("orders.py")))


@pytest.mark.parametrize("name", ["orders.txt", "1a.py", "a-b.py", "class.py", ".py"])
def test_names_that_no_module_can_have(name: str) -> None:
    with pytest.raises(UsageError, match="cannot be the name of a file with functions"):
        new_blueprint(Path(name))


@pytest.mark.parametrize("name", ["logging.py", "json.py", "azure.py", "func.py"])
def test_names_of_modules_that_the_file_would_hide(name: str) -> None:
    with pytest.raises(UsageError, match="would hide the module"):
        new_blueprint(Path(name))


def test_levels_are_read_in_any_case() -> None:
    assert AuthLevel.read("ANONYMOUS") is AuthLevel.ANONYMOUS
    with pytest.raises(UsageError, match="'root' is not an authorization level"):
        AuthLevel.read("root")
