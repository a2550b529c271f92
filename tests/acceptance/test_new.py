"""`func new` and `func templates`: questions at a terminal, options without one, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from funchost.testing import HostProcess
from tests.acceptance.small_app import func
from tests.acceptance.terminal_process import END_OF_FILE, INTERRUPT, TerminalProcess

HTTP = ("--template", "HTTP trigger")


def new(app: Path, *words: str, code: int = 0) -> str:
    """Run func new; return what it says, on stdout if it succeeds."""
    result = func("new", *words, cwd=app)
    assert result.returncode == code, result.stdout + result.stderr
    return result.stderr if code else result.stdout


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with the function hello; tests leave it as it is."""
    folder = tmp_path_factory.mktemp("project")
    new(folder, *HTTP, "--name", "hello")
    return folder


@pytest.mark.parametrize("words", [("new",), ("function", "new"), ("function", "create"), ("NEW",)])
def test_every_name_of_the_command_begins_a_project_where_there_is_none(tmp_path: Path, words: tuple[str, ...]) -> None:
    result = func(*words, *HTTP, "--name", "hello", "--python", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    lines = result.stdout.splitlines()
    assert lines[0] == "Writing requirements.txt"
    assert lines[-1] == 'The function "hello" was created successfully from the "HTTP trigger" template.'
    assert "def hello(" in (tmp_path / "function_app.py").read_text()


def test_functions_in_several_files_run_together(tmp_path: Path) -> None:
    func("init", cwd=tmp_path)
    new(tmp_path, *HTTP, "--name", "hello", "--authlevel", "ANONYMOUS")
    said = new(tmp_path, *HTTP, "-n", "take_order", "-f", "orders.py", "-a:anonymous")
    assert f"Registering the functions of orders.py in {tmp_path}/function_app.py" in said
    new(tmp_path, *HTTP, "-n", "list_orders", "--file=orders.py")
    with HostProcess(tmp_path) as host:
        for name in ("hello", "take_order", "list_orders"):
            assert host.get(f"/api/{name}?name=Ada").text == f"Hello, Ada. {name} is running."


def test_a_clone_without_local_settings_gets_them(tmp_path: Path) -> None:
    func("init", cwd=tmp_path)
    (tmp_path / "local.settings.json").unlink()
    (tmp_path / ".funcignore").unlink()
    assert new(tmp_path, *HTTP, "-n", "hello").startswith("Writing local.settings.json\n")
    assert not (tmp_path / ".funcignore").exists()


def test_a_function_with_a_folder_of_its_own(tmp_path: Path) -> None:
    said = new(tmp_path, "--model", "v1", *HTTP, "--name", "Http-1", "--authlevel", "admin")
    assert f"Writing {tmp_path}/Http-1/function.json" in said
    declaration = json.loads((tmp_path / "Http-1" / "function.json").read_text())
    assert declaration["bindings"][0]["authLevel"] == "admin"


def test_a_folder_is_replaced_on_request_alone(tmp_path: Path) -> None:
    new(tmp_path, "--model", "v1", *HTTP, "--name", "One")
    code = tmp_path / "One" / "__init__.py"
    code.write_text("mine")
    assert "--force overwrites" in new(tmp_path, *HTTP, "--name", "One", code=1)
    assert code.read_text() == "mine"
    new(tmp_path, *HTTP, "--name", "One", "--force")
    assert "def main" in code.read_text()
    assert "There is the function 'One' already" in new(tmp_path, *HTTP, "--name", "ONE", "--force", code=1)


def test_the_name_may_come_first(project: Path) -> None:
    assert 'The function "first" was created' in new(project, "first", *HTTP)
    assert 'route="first"' in (project / "function_app.py").read_text()


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ((), 2, "Without a terminal to ask at, --template and --name are needed."),
        (HTTP, 2, "Without a terminal to ask at"),
        (("--name", "x1"), 2, "Without a terminal to ask at"),
        ((*HTTP, "--name", "hello"), 1, "has the function 'hello' already"),
        ((*HTTP, "--name", "HELLO"), 1, "has the function 'hello' already"),
        ((*HTTP, "--name", "app"), 1, "uses the name 'app' already"),
        ((*HTTP, "--name", "1st"), 2, "Function Name is not valid"),
        ((*HTTP, "--name", "x1", "--authlevel", "root"), 2, "'root' is not an authorization level"),
        ((*HTTP, "--name", "x1", "--file", "../x.py"), 2, "must be the name of a file"),
        ((*HTTP, "--name", "x1", "--model", "v1"), 2, "The project has the v2 model."),
        ((*HTTP, "--name", "x1", "--language", "java"), 1, "--language java is not possible"),
        (("-t", "Timer Trigger", "--name", "x1", "-a", "admin"), 2, "--authlevel is for HTTP functions"),
        (("-t", "Quantum", "--name", "x1"), 1, 'Can\'t find template "Quantum" in "python".'),
        (("-t", "CosmosDB trigger", "--name", "x1"), 1, "does not run its bindings (cosmosDBTrigger)"),
        (("x1", *HTTP, "--name", "x2"), 2, "'x1' and 'x2' are two names"),
        (("x1", "x2", *HTTP), 2, "unexpected extra argument (x2)"),
    ],
)
def test_what_is_refused_changes_nothing(project: Path, words: tuple[str, ...], code: int, said: str) -> None:
    before = {path: path.read_bytes() for path in project.rglob("*") if path.is_file()}
    assert said in new(project, *words, code=code)
    assert {path: path.read_bytes() for path in project.rglob("*") if path.is_file()} == before


def test_what_is_refused_begins_no_project(tmp_path: Path) -> None:
    for words in ((*HTTP, "--name", "1st"), ("-t", "Quantum", "-n", "x1"), ()):
        func("new", *words, cwd=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_inside_of_a_project_is_not_taken_for_one(tmp_path: Path) -> None:
    (tmp_path / "host.json").write_text("{}")
    (tmp_path / "below").mkdir()
    assert f"lies in the one in {tmp_path}" in new(tmp_path / "below", *HTTP, "-n", "x1", code=1)


def test_a_file_that_is_not_python_is_named_and_left(tmp_path: Path) -> None:
    (tmp_path / "host.json").write_text("{}")
    (tmp_path / "function_app.py").write_text("import x\ndef (\n")
    assert "function_app.py:2: The file is not valid Python" in new(tmp_path, *HTTP, "-n", "x1", code=1)


def test_everything_can_be_asked_at_a_terminal(tmp_path: Path) -> None:
    with TerminalProcess("new", cwd=tmp_path) as tool:
        tool.wait_for("Select a number for template:\n1. HTTP trigger\n2. Timer Trigger\n")
        tool.wait_for("Choose option: ")
        tool.type("99\n")
        tool.wait_for("type a number from 1 to 6")
        tool.type("2\n")
        tool.wait_for("Function name: [timer_trigger] ")
        tool.type("2 much\n")
        tool.wait_for("Function Name is not valid.")
        tool.type("\n")
        tool.wait_for("[0 */5 * * * *] ")
        tool.type("sometimes\n")
        tool.wait_for("was not recognized as a valid cron expression")
        tool.type("0 0 * * * *\n")
        assert tool.exit_code() == 0, tool.seen
    assert 'The function "timer_trigger" was created successfully' in tool.seen
    assert 'schedule="0 0 * * * *"' in (tmp_path / "function_app.py").read_text()


def test_the_authorization_level_is_a_menu(tmp_path: Path) -> None:
    with TerminalProcess("new", *HTTP, "--name", "hello", cwd=tmp_path) as tool:
        tool.wait_for("Select a number for Auth Level:\n1. FUNCTION\n2. ANONYMOUS\n3. ADMIN\n")
        tool.type("anonymous\n")
        assert tool.exit_code() == 0, tool.seen
    assert "AuthLevel.ANONYMOUS" in (tmp_path / "function_app.py").read_text()


def test_a_name_that_is_taken_is_asked_for_again(tmp_path: Path) -> None:
    new(tmp_path, "--model", "v1", *HTTP, "--name", "HttpTrigger")
    with TerminalProcess("new", *HTTP, "-a", "admin", cwd=tmp_path) as tool:
        tool.wait_for("Function name: [HttpTrigger1] ")
        tool.type("httptrigger\n")
        tool.wait_for("The project uses the name 'httptrigger' already.")
        tool.type("\n")
        assert tool.exit_code() == 0, tool.seen
    assert (tmp_path / "HttpTrigger1" / "function.json").exists()


def test_a_project_of_another_language_is_refused(tmp_path: Path) -> None:
    (tmp_path / "local.settings.json").write_text('{"Values": {"FUNCTIONS_WORKER_RUNTIME": "node"}}')
    assert "FUNCTIONS_WORKER_RUNTIME node is not possible" in new(tmp_path, *HTTP, "-n", "x1", code=1)


@pytest.mark.parametrize(("key", "code", "said"), [(END_OF_FILE, 1, "The input ended before"), (INTERRUPT, 130, "")])
def test_a_menu_that_is_left_ends_the_command(tmp_path: Path, key: str, code: int, said: str) -> None:
    with TerminalProcess("new", cwd=tmp_path) as tool:
        tool.wait_for("Choose option: ")
        tool.type(key)
        assert tool.exit_code() == code, tool.seen
    assert said in tool.seen
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("answer", "code"), [("y", 0), ("", 1)])
def test_overwriting_a_folder_is_a_question(tmp_path: Path, answer: str, code: int) -> None:
    new(tmp_path, "--model", "v1", *HTTP, "--name", "One")
    with TerminalProcess("new", *HTTP, "-n", "One", "-a", "function", cwd=tmp_path) as tool:
        tool.wait_for("A directory with the name One already exists. Overwrite [y/n]? [n] ")
        tool.type(f"{answer}\n")
        assert tool.exit_code() == code, tool.seen


def test_templates_are_listed_for_both_models(tmp_path: Path) -> None:
    result = func("templates", "list", cwd=tmp_path)
    assert result.returncode == 0
    lines = result.stdout.splitlines()
    assert lines[:2] == ["Python Templates:", "  HTTP trigger"]
    later = lines.index("Not runnable by this version yet:")
    assert "  Azure Queue Storage trigger" in lines[:later]
    assert "  CosmosDB trigger" in lines[later:]
    assert func("templates", "list", "-l", "py", cwd=tmp_path).stdout == result.stdout
    assert func("templates", "list", "--language", "csharp", cwd=tmp_path).returncode == 1
