"""Function folders whose names are no Python names, or those of standard library modules."""

import json
from collections.abc import Iterator

import pytest

from funchost.testing import HostProcess
from tests.compat.app_folders import APPS


@pytest.fixture(scope="module")
def host() -> Iterator[HostProcess]:
    with HostProcess(APPS / "odd_names") as host:
        yield host


def test_a_dash_in_the_name_and_a_relative_import(host: HostProcess) -> None:
    assert host.get("/api/my-function").text == "__app__.my-function.neighbour"


def test_names_of_the_standard_library_hide_nothing(host: HostProcess) -> None:
    assert host.get("/api/http").text == "OK __app__.http"
    assert json.loads(host.get("/api/json").text) == {"module": "__app__.json"}
    assert host.get("/api/asyncio").text == "__app__.asyncio"


def test_a_function_called_logging_logs(host: HostProcess) -> None:
    assert host.get("/api/logging").text == "__app__.logging"
    host.wait_for_line(r"\] the standard library logs$")


def test_digits_underscores_and_a_dash_at_the_end(host: HostProcess) -> None:
    assert host.get("/api/A1_b-").text == "__app__.A1_b-"


def test_no_function_is_in_error(host: HostProcess) -> None:
    for name in ("my-function", "http", "json", "logging", "asyncio", "A1_b-"):
        assert host.function_errors(name) == ()
