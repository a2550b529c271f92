from __future__ import annotations

from pathlib import Path

import pytest

from funchost.app.script_file import find_script
from tests.unit.app.app_folder import AppFolder


def found(app: AppFolder, script_file: str | None = None) -> Path:
    script = find_script(app.root, app.root / "Fn", script_file)
    assert script.problem is None
    return script.path.relative_to(app.root)


def problem(app: AppFolder, script_file: str | None = None) -> str:
    script = find_script(app.root, app.root / "Fn", script_file)
    assert script.problem is not None
    return script.problem.message


@pytest.mark.parametrize(
    ("files", "chosen"),
    [
        (["main.py"], "main.py"),
        (["run.py", "__init__.py"], "run.py"),
        (["run.sh", "__init__.py"], "__init__.py"),
        (["index.js", "__init__.py"], "__init__.py"),
        (["__init__.py", "example.py", "sample.dat"], "__init__.py"),
        (["main.py", ".DS_Store", "notes.txt"], "main.py"),
    ],
)
def test_without_script_file_it_is_chosen(app: AppFolder, files: list[str], chosen: str) -> None:
    for name in ("function.json", "__pycache__/x.pyc", *files):
        app.write(f"Fn/{name}")
    assert found(app) == Path("Fn", chosen)


@pytest.mark.parametrize(
    ("files", "part"),
    [(["a.py", "b.py"], "It is one of a.py, b.py"), ([], "has no Python file"), (["x.js"], "has no Python file")],
)
def test_an_undeterminable_script_is_an_error(app: AppFolder, files: list[str], part: str) -> None:
    for name in ("function.json", *files):
        app.write(f"Fn/{name}")
    message = problem(app)
    assert message.startswith("Unable to determine the primary function script.")
    assert part in message


@pytest.mark.parametrize(
    ("script_file", "path"),
    [
        ("main.py", "Fn/main.py"),
        ("./main.py", "Fn/main.py"),
        ("../shared.py", "shared.py"),
        ("..\\lib\\deep.py", "lib/deep.py"),
        ("sub/../main.py", "Fn/main.py"),
    ],
)
def test_script_file_is_relative_to_the_function(app: AppFolder, script_file: str, path: str) -> None:
    for name in ("Fn/main.py", "Fn/sub/x.py", "shared.py", "lib/deep.py"):
        app.write(name)
    assert found(app, script_file) == Path(path)


def test_a_missing_script_file_is_an_error_that_lists_what_is_there(app: AppFolder) -> None:
    app.write("Fn/__init__.py")
    message = problem(app, "main.py")
    assert message.startswith(
        "Invalid script file name configuration. The 'scriptFile' property is set to a file that does not exist."
    )
    assert "__init__.py" in message


@pytest.mark.parametrize(
    "script_file", ["../../outside.py", "/etc/passwd", "link.py", "out/outside.py", "../gone/../../x.py"]
)
def test_a_script_file_outside_of_the_app_is_refused(app: AppFolder, script_file: str) -> None:
    (app.root.parent / "outside.py").write_text("")
    app.write("Fn/__init__.py")
    (app.root / "Fn/link.py").symlink_to(app.root.parent / "outside.py")
    (app.root / "Fn/out").symlink_to(app.root.parent)
    assert "outside of the app folder" in problem(app, script_file)


def test_a_chosen_script_that_is_a_link_out_of_the_app_is_refused(app: AppFolder) -> None:
    (app.root.parent / "outside.py").write_text("")
    (app.root / "Fn").mkdir()
    (app.root / "Fn/__init__.py").symlink_to(app.root.parent / "outside.py")
    assert "leaves the app folder" in problem(app)


def test_a_folder_whose_name_begins_like_the_app_is_outside(app: AppFolder) -> None:
    sibling = app.root.parent / (app.root.name + "2")
    sibling.mkdir()
    (sibling / "x.py").write_text("")
    app.write("Fn/__init__.py")
    assert "outside of the app folder" in problem(app, f"../../{sibling.name}/x.py")


def test_links_inside_of_the_app_are_followed(app: AppFolder) -> None:
    app.write("real/deep/__init__.py")
    app.write("real/shared.py")
    app.write("shared.py")
    (app.root / "Fn").symlink_to(app.root / "real/deep")
    assert found(app, "__init__.py") == Path("Fn/__init__.py")
    assert found(app, "../shared.py") == Path("real/shared.py")


def test_an_app_reached_through_a_link_keeps_its_path(app: AppFolder) -> None:
    app.write("Fn/main.py")
    link = app.root.parent / "current"
    link.symlink_to(app.root)
    script = find_script(link, link / "Fn", "main.py")
    assert script == (link / "Fn/main.py", None)


@pytest.mark.parametrize("script_file", ["main.js", "."])
def test_what_is_no_python_file_is_refused(app: AppFolder, script_file: str) -> None:
    app.write("Fn/main.js")
    assert problem(app, script_file).startswith("Invalid script file name configuration.")


@pytest.mark.parametrize("script_file", ["a\0.py", "x" * 5000, "main.py/x", "../" * 3000 + "x.py"])
def test_names_that_no_file_can_have_are_refused(app: AppFolder, script_file: str) -> None:
    app.write("Fn/main.py")
    assert problem(app, script_file).startswith("Invalid script file name configuration.")


def test_a_link_that_leads_to_itself_is_no_script(app: AppFolder) -> None:
    app.write("Fn/main.py")
    (app.root / "Fn/loop.py").symlink_to("loop.py")
    assert found(app) == Path("Fn/main.py")
    assert "does not exist" in problem(app, "loop.py")
