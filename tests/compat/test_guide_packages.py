"""Packages: none installed at all, and those that the guide puts into `.python_packages`."""

import subprocess
import sys
from pathlib import Path

import pytest

from funchost.testing import HostProcess
from tests.compat.app_folders import APPS, copy_of
from tests.compat.app_storage import SETTINGS, DevelopmentStorage


@pytest.fixture(scope="module")
def empty_environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment without any package."""
    folder = tmp_path_factory.mktemp("environments") / "empty"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True, timeout=60)
    return folder


def in_environment(folder: Path) -> dict[str, str | None]:
    return {"VIRTUAL_ENV": str(folder), "PYTHONPATH": None}


def test_the_guides_first_function_runs_without_any_package(empty_environment: Path) -> None:
    with HostProcess(APPS / "guide_first_function", env=in_environment(empty_environment)) as host:
        for function in ("Hello", "HelloTyped", "HelloTemplate"):
            assert host.get(f"/api/{function}?user=Ada").text == "Hello, Ada!"
        host.wait_for_line(r"azure-functions.*(fallback|not installed)")


def test_requests_and_responses_work_without_any_package(empty_environment: Path) -> None:
    with HostProcess(APPS / "http_responses", env=in_environment(empty_environment)) as host:
        answer = host.get("/api/ReturnsResponse?case=cookies")
        assert len(answer.headers.get_all("set-cookie") or []) == 2
        assert host.get("/api/SetsOut?status=202").status == 202
        assert host.get("/api/ReturnsResponse?case=charset").body == b"\xe9"


def test_a_queue_function_runs_without_any_package(empty_environment: Path, tmp_path: Path) -> None:
    app = copy_of("guide_unit_tests", tmp_path) / "__app__"
    with HostProcess(app, env={**SETTINGS, **in_environment(empty_environment)}) as host:
        assert host.post("/api/HttpTrigger", '{"name": "Test"}').text == "Hello Test"
        DevelopmentStorage(app).put_message("python-queue-items", "test")
        host.wait_for_line(r"Executed 'Functions\.QueueTrigger' \(Succeeded")


def test_a_decorator_app_without_the_package_says_what_to_install(empty_environment: Path) -> None:
    with HostProcess(APPS / "decorators_basic", env=in_environment(empty_environment), state=None) as host:
        host.wait_for_line(r"function_app\.py needs the azure-functions package: add it to requirements\.txt")


def test_packages_beside_the_app_are_found_when_no_environment_is_active(tmp_path: Path) -> None:
    app = copy_of("python_packages", tmp_path)
    packages = app / ".python_packages" / "lib" / "site-packages"
    packages.mkdir(parents=True)
    (packages / "a_vendored_package.py").write_text("GREETING = 'vendored'\n")
    env = {"VIRTUAL_ENV": None, "languageWorkers__python__defaultExecutablePath": sys._base_executable}  # type: ignore[attr-defined]
    with HostProcess(app, env=env) as host:
        assert host.get("/api/UsesPackage").text == "vendored"


def test_a_missing_package_is_answered_with_500_and_a_hint_to_requirements_txt(tmp_path: Path) -> None:
    with HostProcess(copy_of("python_packages", tmp_path)) as host:
        assert host.get("/api/UsesPackage").status == 500
        (error,) = host.function_errors("UsesPackage")
        assert "No module named 'a_vendored_package'" in error
        assert "requirements.txt" in error
