from __future__ import annotations

from pathlib import Path

from funchost_worker.import_hint import import_hint


def failed_import(file: Path, statement: str) -> BaseException:
    """The error of an import statement that stands in `file`."""
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        exec(compile(statement, str(file), "exec"), {})  # noqa: S102
    except BaseException as error:
        return error
    raise AssertionError


def test_a_module_next_to_the_function_is_imported_relatively(tmp_path: Path) -> None:
    (tmp_path / "f").mkdir()
    (tmp_path / "f" / "example_next_to_it.py").write_text("")
    error = failed_import(tmp_path / "f" / "__init__.py", "import example_next_to_it")
    assert "write `from . import example_next_to_it`" in import_hint(error, str(tmp_path))
    error = failed_import(tmp_path / "f" / "__init__.py", "from example_next_to_it import x")
    assert "`from .example_next_to_it import ...`" in import_hint(error, str(tmp_path))


def test_shared_code_is_imported_through_the_app_package(tmp_path: Path) -> None:
    (tmp_path / "shared_code_of_app").mkdir()
    error = failed_import(tmp_path / "f" / "__init__.py", "import shared_code_of_app.module")
    assert "write `from __app__ import shared_code_of_app`" in import_hint(error, str(tmp_path))


def test_a_package_that_is_not_installed_belongs_into_requirements(tmp_path: Path) -> None:
    error = failed_import(tmp_path / "f" / "__init__.py", "import not_installed_anywhere")
    hint = import_hint(error, str(tmp_path))
    assert hint.startswith(
        "Cannot find module. Please check the requirements.txt file for the missing module. For more "
    )
    assert "https://aka.ms/functions-modulenotfound. Current sys.path: ['" in hint


def test_a_name_that_a_module_lacks_gets_the_same_hint(tmp_path: Path) -> None:
    error = failed_import(tmp_path / "f" / "__init__.py", "from json import nothing")
    assert "requirements.txt" in import_hint(error, str(tmp_path))


def test_the_streaming_extension_is_named(tmp_path: Path) -> None:
    error = failed_import(tmp_path / "f.py", "import azurefunctions.extensions.http.fastapi")
    assert "azurefunctions.extensions.http.fastapi is not supported yet" in import_hint(error, str(tmp_path))


def test_other_errors_get_none(tmp_path: Path) -> None:
    assert import_hint(ValueError("x"), str(tmp_path)) == ""
    assert import_hint(ImportError("add it to requirements.txt"), str(tmp_path)) == ""
