"""The guides' folder layouts: `__app__` is the app's root, whatever the folder is called."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from funchost.testing import HostProcess
from tests.compat.app_folders import APPS, copy_of


@pytest.fixture(scope="module", params=["guide_folders_2019/__app__", "guide_folders_function_app/FunctionApp"])
def host(request: pytest.FixtureRequest) -> Iterator[HostProcess]:
    with HostProcess(APPS / str(request.param)) as host:
        yield host


def test_shared_code_and_a_module_of_the_function(host: HostProcess) -> None:
    assert host.get("/api/MyFirstFunction").text == "shared code greets first example of MyFirstFunction"


def test_shared_code_that_uses_other_shared_code(host: HostProcess) -> None:
    assert host.get("/api/MySecondFunction").text == "shared code greets second"


def test_folders_without_function_json_are_no_functions(host: HostProcess) -> None:
    assert host.get("/api/SharedCode").status == 404


def test_the_root_folder_may_have_any_name(tmp_path: Path) -> None:
    app = copy_of("guide_folders_2019", tmp_path) / "__app__"
    renamed = app.rename(tmp_path / "my app-été 1")
    with HostProcess(renamed) as host:
        assert host.get("/api/MyFirstFunction").text == "shared code greets first example of MyFirstFunction"
