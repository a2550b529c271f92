"""Type annotations of function parameters: what is accepted, and what an author is told."""

from collections.abc import Iterator

import pytest

from funchost.testing import HostProcess
from tests.compat.app_folders import APPS, copy_of
from tests.compat.app_storage import SETTINGS


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HostProcess]:
    with HostProcess(copy_of("annotations", tmp_path_factory.mktemp("annotations")), env=SETTINGS) as host:
        yield host


@pytest.mark.parametrize(
    ("route", "text"), [("optional", "Optional"), ("union", "Union"), ("text", "text annotations")]
)
def test_optional_union_and_text_annotations_are_accepted(host: HostProcess, route: str, text: str) -> None:
    assert host.get(f"/api/{route}").text == text


def test_a_type_that_does_not_fit_the_binding_is_named(host: HostProcess) -> None:
    assert host.get("/api/wrong").status == 500
    (error,) = host.function_errors("wrong")
    assert 'type of req binding in function.json "httpTrigger" does not match its Python annotation "int"' in error


def test_a_parameter_without_a_binding_is_named(host: HostProcess) -> None:
    (error,) = host.function_errors("missing")
    assert "the following parameters are declared in Python but not in" in error
    assert "{'request'}" in error


def test_the_other_functions_run(host: HostProcess) -> None:
    assert host.function_errors("queue") == ()
    assert host.status()["state"] == "Running"


def test_the_streaming_extension_gets_a_clear_message() -> None:
    with HostProcess(APPS / "fastapi_extension") as host:
        host.wait_for_line(r"HTTP streaming with azurefunctions\.extensions\.http\.fastapi is not supported yet")
        assert "function_app.py" in host.output
