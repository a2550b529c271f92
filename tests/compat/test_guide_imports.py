"""What the guide says of imports: the forms that work, and those that do not."""

from collections.abc import Iterator

import pytest

from funchost.testing import HostProcess
from tests.compat.app_folders import APPS


@pytest.fixture(scope="module")
def host() -> Iterator[HostProcess]:
    with HostProcess(APPS / "guide_imports" / "__app__") as host:
        yield host


@pytest.fixture(scope="module")
def refusing() -> Iterator[HostProcess]:
    with HostProcess(APPS / "guide_refused_imports") as host:
        yield host


@pytest.fixture(scope="module")
def strict() -> Iterator[HostProcess]:
    with HostProcess(APPS / "guide_refused_imports", env={"PYTHON_STRICT_IMPORTS": "1"}) as host:
        yield host


def test_relative_and_absolute_forms_together(host: HostProcess) -> None:
    assert (
        host.get("/api/my_first_function").text
        == "example of my_first_function; shared code greets first; same package: True"
    )


def test_shared_code_is_loaded_once_for_all_functions(host: HostProcess) -> None:
    assert host.get("/api/my_second_function").text == "shared code greets second; 1 load"


def test_import_of_shared_code_by_its_own_name_works_by_default(refusing: HostProcess) -> None:
    assert refusing.get("/api/import_shared_code").text == "found shared_code"
    assert refusing.function_errors("import_shared_code") == ()


@pytest.mark.parametrize("function", ["import_example", "from_example"])
def test_a_module_of_the_function_is_not_found_by_its_own_name(refusing: HostProcess, function: str) -> None:
    answer = refusing.get(f"/api/{function}")
    assert answer.status == 500
    (error,) = refusing.function_errors(function)
    assert "ModuleNotFoundError: No module named 'example'" in error


def test_the_error_names_the_import_to_write(refusing: HostProcess) -> None:
    assert "from . import example" in refusing.function_errors("import_example")[0]
    assert "from .example import" in refusing.function_errors("from_example")[0]


def test_the_console_shows_file_and_line_of_the_import(refusing: HostProcess) -> None:
    refusing.wait_for_line(r"The 'import_example' function is in error")
    refusing.wait_for_line(r'File ".*import_example/__init__\.py", line 1')
    refusing.wait_for_line(r"from \. import example")


@pytest.mark.parametrize("function", ["import_example", "from_example", "import_shared_code"])
def test_strict_imports_refuse_all_three_forms_of_the_guides_list(strict: HostProcess, function: str) -> None:
    assert strict.get(f"/api/{function}").status == 500
    assert "ModuleNotFoundError" in strict.function_errors(function)[0]


def test_strict_imports_name_the_way_to_shared_code(strict: HostProcess) -> None:
    assert "from __app__ import shared_code" in strict.function_errors("import_shared_code")[0]


def test_strict_imports_allow_the_guides_forms() -> None:
    with HostProcess(APPS / "guide_imports" / "__app__", env={"PYTHON_STRICT_IMPORTS": "1"}) as host:
        assert host.get("/api/my_first_function").status == 200
        assert host.get("/api/my_second_function").status == 200
