"""The guide's unit test files, run as their authors would; and the functions that they test, run by the host.

The 2020 layout is tested from the project folder (the one that holds `__app__` and `tests`). The 2019 layout keeps
its tests in the function's folder and imports in two ways at once: `from httpfunc import ...` needs that folder as
working directory, `from . import ...` needs the package, which pytest finds by itself and unittest gets by name.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from funchost.testing import HostProcess, eventually
from tests.compat.app_folders import APPS, copy_of, run
from tests.compat.app_storage import Store


@pytest.fixture(scope="module")
def host(store: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[HostProcess]:
    app = copy_of("guide_unit_tests", tmp_path_factory.mktemp("guide")) / "__app__"
    with HostProcess(app, env=store.settings) as host:
        yield host


def test_pytest_in_the_project_folder(tmp_path: Path) -> None:
    assert "2 passed" in run(copy_of("guide_unit_tests", tmp_path), "pytest")


def test_unittest_in_the_project_folder(tmp_path: Path) -> None:
    output = run(copy_of("guide_unit_tests", tmp_path), "unittest", "discover", "tests")
    assert "Ran 2 tests" in output


def test_unittest_with_file_names(tmp_path: Path) -> None:
    output = run(
        copy_of("guide_unit_tests", tmp_path), "unittest", "tests/test_httptrigger.py", "tests/test_queuetrigger.py"
    )
    assert "Ran 2 tests" in output


@pytest.mark.parametrize("case", ["guide_folders_2019", "guide_imports"])
def test_pytest_finds_shared_code_of_the_other_layouts(tmp_path: Path, case: str) -> None:
    assert "1 passed" in run(copy_of(case, tmp_path), "pytest")


def test_pytest_in_the_function_folder_of_2019(tmp_path: Path) -> None:
    assert "2 passed" in run(copy_of("guide_unit_tests_2019", tmp_path) / "myapp", "pytest")


def test_unittest_of_both_imports_of_2019(tmp_path: Path) -> None:
    project = copy_of("guide_unit_tests_2019", tmp_path)
    assert "Ran 1 test" in run(project / "myapp", "unittest", "test_httpfunc")
    assert "Ran 1 test" in run(project, "unittest", "myapp.test_func")


def test_the_tested_http_function_runs(host: HostProcess) -> None:
    assert host.get("/api/HttpTrigger?name=Test").body == b"Hello Test"
    assert host.post("/api/HttpTrigger", '{"name": "Test"}').text == "Hello Test"
    assert host.get("/api/HttpTrigger").status == 400


def test_the_tested_queue_function_runs_by_hand_and_its_value_is_dropped(host: HostProcess) -> None:
    start = len(host.lines)
    for _ in range(2):
        answer = host.post(
            "/admin/functions/QueueTrigger", '{"input": "test"}', headers={"Content-Type": "application/json"}
        )
        assert (answer.status, answer.body) == (202, b"")
    first = host.wait_for_line(r"Executed 'Functions\.QueueTrigger' \(Succeeded, Id=([0-9a-f-]+)", start=start)
    host.wait_for_line(rf"Executed 'Functions\.QueueTrigger' \(Succeeded, Id=(?!{first[1]})", start=start)
    dropped = [line for line in host.lines if "QueueTrigger" in line and "value" in line.lower()]
    assert len(dropped) == 1


def test_the_tested_queue_function_runs_for_a_message_which_is_done_then(store: Store, host: HostProcess) -> None:
    storage = store.storage_of(host.app)
    storage.put_message("python-queue-items", "test")
    host.wait_for_line(r"Executing 'Functions\.QueueTrigger' \(Reason='New queue message detected on")
    eventually(lambda: storage.count("python-queue-items") == 0)
    assert "python-queue-items-poison" not in storage.queues()


def test_without_storage_the_queue_function_is_an_error_that_says_what_to_set() -> None:
    with HostProcess(APPS / "guide_unit_tests" / "__app__", env={"AzureWebJobsStorage": None}) as host:
        (error,) = host.function_errors("QueueTrigger")
        assert "'QueueTrigger'" in error
        assert "AzureWebJobsStorage" in error
        assert host.get("/api/HttpTrigger?name=Test").body == b"Hello Test"


def test_the_tested_function_of_2019_runs() -> None:
    with HostProcess(APPS / "guide_unit_tests_2019") as host:
        assert host.get("/api/myapp?name=Test").body == b"Hello Test"
        assert host.get("/api/myapp").status == 400
