from __future__ import annotations

import pytest

from funchost_worker.index import InvalidFileNameError, script_name


def test_the_entry_file() -> None:
    assert script_name({}) == "function_app.py"
    assert script_name({"PYTHON_SCRIPT_FILE_NAME": " "}) == "function_app.py"
    assert script_name({"PYTHON_SCRIPT_FILE_NAME": "my-app_2.py"}) == "my-app_2.py"


@pytest.mark.parametrize("name", ["app", "-app.py", "a b.py", "../app.py", "app.py\n.py", "sub/app.py", ".py"])
def test_a_name_that_is_no_python_file_is_refused(name: str) -> None:
    with pytest.raises(InvalidFileNameError, match="Invalid file name: "):
        script_name({"PYTHON_SCRIPT_FILE_NAME": name})
