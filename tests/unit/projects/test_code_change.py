from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from funchost.app.function_app import Model
from funchost.errors import FuncHostError, UsageError
from funchost.projects.code_change import Addition, added
from funchost.projects.file_writing import replace_file, write_new_file
from funchost.projects.new_function import AuthLevel
from funchost.projects.project import Project
from funchost.projects.templates import find_template

HTTP = find_template("HTTP trigger", Model.DECORATORS)
APP = "import logging\n\nimport azure.functions as func\n\napp = func.FunctionApp()\n"


def add(root: Path, name: str = "greet", file: str | None = None) -> Addition:
    addition = added(Project(root, "function_app.py"), file, HTTP, name, {}, AuthLevel.FUNCTION)
    for change in addition.changes:
        change.write()
    return addition


def test_a_project_without_an_entry_file_gets_one(tmp_path: Path) -> None:
    (tmp_path / "function_app.py").write_text("\n")
    add(tmp_path)
    text = (tmp_path / "function_app.py").read_text()
    assert text.startswith(APP)
    assert "def greet(" in text


def test_a_blueprint_file_is_made_registered_and_added_to(tmp_path: Path) -> None:
    (tmp_path / "function_app.py").write_text(APP)
    first = add(tmp_path, "first", "orders.py")
    second = add(tmp_path, "second", "orders")
    assert [change.line.split()[0] for change in first.changes] == ["Writing", "Registering"]
    assert [change.line.split()[0] for change in second.changes] == ["Appending"]
    assert (tmp_path / "function_app.py").read_text().count("register_functions(orders)") == 1
    assert (tmp_path / "orders.py").read_text().count("@orders.route") == 2


def test_a_blueprint_that_cannot_be_registered_is_written_with_a_remark(tmp_path: Path) -> None:
    (tmp_path / "function_app.py").write_text(APP + "orders = 1\n")
    addition = add(tmp_path, "first", "orders.py")
    assert addition.remark is not None
    assert "register_functions(orders)" in addition.remark
    assert (tmp_path / "orders.py").exists()
    assert (tmp_path / "function_app.py").read_text() == APP + "orders = 1\n"


def test_a_name_of_another_file_of_the_app_is_refused(tmp_path: Path) -> None:
    (tmp_path / "function_app.py").write_text(APP)
    (tmp_path / "broken.py").write_text("def (")
    add(tmp_path, "greet", "orders.py")
    with pytest.raises(FuncHostError, match="orders.py:9 has the function 'greet' already"):
        add(tmp_path, "Greet")


@pytest.mark.parametrize("file", ["../x.py", "/x.py", "a/b.py", "a\\b.py", "..", ".hidden.py"])
def test_a_file_elsewhere_is_refused(tmp_path: Path, file: str) -> None:
    with pytest.raises(UsageError, match="must be the name of a file in the project's folder"):
        add(tmp_path, file=file)


def test_a_folder_of_the_files_name_is_refused(tmp_path: Path) -> None:
    (tmp_path / "orders.py").mkdir()
    with pytest.raises(FuncHostError, match="is not a file"):
        add(tmp_path, file="orders.py")


@pytest.mark.parametrize(
    "content",
    [APP.replace("\n", "\r\n").encode(), b"\xef\xbb\xbf" + APP.encode(), b"# coding: latin-1\n# \xe5\n" + APP.encode()],
)
def test_line_ends_and_encoding_stay(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "function_app.py"
    path.write_bytes(content)
    add(tmp_path)
    changed = path.read_bytes()
    assert changed.startswith(content)
    assert changed.count(b"\r\n") in (0, changed.count(b"\n"))


def test_a_file_that_is_not_python_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "function_app.py"
    for content in (b"def (", b"# coding: nonsense\n", b"\xff"):
        path.write_bytes(content)
        with pytest.raises(FuncHostError, match="function_app.py"):
            add(tmp_path)
        assert path.read_bytes() == content


def test_which_folders_are_projects(tmp_path: Path) -> None:
    project = Project(tmp_path / "app", "function_app.py")
    project.root.mkdir()
    assert (project.exists, project.enclosing()) == (False, None)
    (tmp_path / "host.json").write_text("{}")
    assert project.enclosing() == tmp_path
    (project.root / "One").mkdir()
    (project.root / "One" / "function.json").write_text("{}")
    assert (project.exists, project.model, project.folders) == (True, Model.FUNCTION_JSON, ("One",))
    (project.root / "function_app.py").write_text("")
    assert project.model is Model.DECORATORS


def test_which_names_are_taken(tmp_path: Path) -> None:
    (tmp_path / "function_app.py").write_text(APP + "helper = 1\n")
    add(tmp_path, "First", "orders.py")
    (tmp_path / "script.py").write_text("def alone(): ...\n")
    (tmp_path / "Two").mkdir()
    (tmp_path / "Two" / "function.json").write_text("{}")
    project = Project(tmp_path, "function_app.py")
    assert project.taken_names(Model.FUNCTION_JSON) == {"two"}
    assert project.taken_names(Model.DECORATORS) == {"logging", "func", "app", "helper", "orders", "first"}


def test_a_new_file_never_replaces_one(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b.txt"
    assert write_new_file(path, "one")
    assert not write_new_file(path, "two")
    assert path.read_text() == "one"
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    assert not write_new_file(tmp_path / "link", "x")


def test_a_replaced_file_keeps_its_mode_and_a_link_stays_one(tmp_path: Path) -> None:
    path, link = tmp_path / "real", tmp_path / "link"
    path.write_text("old")
    path.chmod(0o640)
    link.symlink_to(path)
    replace_file(link, b"new")
    assert (path.read_text(), link.is_symlink(), stat.S_IMODE(path.stat().st_mode)) == ("new", True, 0o640)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["link", "real"]


def test_a_new_file_has_the_mode_that_the_user_gives_files(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_new_file(tmp_path / "x", "")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "x").stat().st_mode) == 0o640


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for write in (lambda path: write_new_file(path, ""), lambda path: replace_file(path, b"")):
        with pytest.raises(FuncHostError, match="file/below cannot be written"):
            write(tmp_path / "file" / "below")
