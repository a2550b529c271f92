from __future__ import annotations

import pytest

from funchost.app.function_app import Model
from funchost.projects.function_name import check_function_name, free_name


@pytest.mark.parametrize("name", ["ab", "Http_trigger", "x1", "a" * 128])
def test_names_for_both_models(name: str) -> None:
    for model in Model:
        check_function_name(name, model)


@pytest.mark.parametrize("name", ["", "1a", "_a", "a b", "å1", "a" * 129, "host", "../a", "a/b", "a.b", "-a", "a\n"])
def test_names_for_no_model(name: str) -> None:
    for model in Model:
        with pytest.raises(ValueError, match="Function Name is not valid"):
            check_function_name(name, model)


@pytest.mark.parametrize("name", ["a-b", "a", "a_", "class", "True"])
def test_names_that_a_folder_can_have_and_a_python_function_cannot(name: str) -> None:
    check_function_name(name, Model.FUNCTION_JSON)
    with pytest.raises(ValueError, match="Function Name is not valid"):
        check_function_name(name, Model.DECORATORS)


def test_a_default_name_that_is_taken_gets_a_number() -> None:
    assert free_name("Http", set()) == "Http"
    assert free_name("Http", {"http", "http1", "http3"}) == "Http2"
