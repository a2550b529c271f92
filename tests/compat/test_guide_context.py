"""The guide's samples on context, global variables, settings and temporary files."""

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest

from funchost.testing import HostProcess
from tests.compat.app_folders import APPS


@pytest.fixture(scope="module")
def environment() -> Iterator[HostProcess]:
    with HostProcess(APPS / "guide_environment") as host:
        yield host


def test_the_invocation_id_is_the_one_on_the_console() -> None:
    with HostProcess(APPS / "guide_context") as host:
        answer = host.get("/api/ShowContext")
        assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", answer.text)
        host.wait_for_line(rf"Executed 'Functions\.ShowContext' \(Succeeded, Id={answer.text}, ")
        assert host.get("/api/ShowContext").text != answer.text


def test_a_global_variable_is_kept_between_calls() -> None:
    with HostProcess(APPS / "guide_global_variables") as host:
        for _ in range(3):
            assert host.get("/api/Cached").text == "42 after 1 load"


def test_settings_of_local_settings_json_are_in_the_environment(environment: HostProcess) -> None:
    assert environment.get("/api/ShowSetting").text == "from local.settings.json"
    environment.wait_for_line(r"\] My app setting value:from local\.settings\.json$")


def test_the_guides_placeholder_for_a_connection_string_does_not_stop_an_http_app(environment: HostProcess) -> None:
    assert environment.status()["state"] == "Running"


def test_an_existing_environment_variable_wins_over_the_file() -> None:
    with HostProcess(APPS / "guide_environment", env={"myAppSetting": "from the environment"}) as host:
        assert host.get("/api/ShowSetting").text == "from the environment"
        host.wait_for_line("Skipping 'myAppSetting' from local settings as it's already defined")


def test_a_temporary_file_is_written_and_listed() -> None:
    with HostProcess(APPS / "guide_temporary_files") as host:
        answer = cast("dict[str, object]", host.get("/api/TempFile").json())
        assert answer["folder"] == tempfile.gettempdir()
        assert answer["listed"] is True
        assert answer["content"] == "Hello world!"
        assert not Path(str(answer["name"])).exists()
