"""`func init`: what a new project is, and what becomes of files that are there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from funchost.testing import HostProcess
from tests.acceptance.small_app import TIMEOUT, func
from tests.tools import need_git

FILES = [
    ".funcignore",
    ".gitignore",
    ".vscode",
    "function_app.py",
    "host.json",
    "local.settings.json",
    "requirements.txt",
]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def run_tests(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command], cwd=folder, capture_output=True, text=True, timeout=TIMEOUT, check=False
    )


@pytest.mark.parametrize(
    "words",
    [
        (),
        (".",),
        ("--worker-runtime", "python"),
        ("--python", "--model", "V2"),
        ("--worker-runtime:py", "-l", "Python", "-m", "v2", "--no-docs"),
        ("--force", "--skip-npm-install"),
    ],
)
def test_a_project_with_decorators_is_the_default(tmp_path: Path, words: tuple[str, ...]) -> None:
    result = func("init", *words, cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert names(tmp_path) == FILES
    assert f"Writing {tmp_path}/.vscode/extensions.json" in result.stdout
    settings = json.loads((tmp_path / "local.settings.json").read_text())
    assert settings["Values"]["FUNCTIONS_WORKER_RUNTIME"] == "python"


def test_a_project_without_functions_starts(tmp_path: Path) -> None:
    func("init", "app", cwd=tmp_path)
    with HostProcess(tmp_path / "app") as host:
        host.wait_for_line("No functions found|No HTTP triggers|0 functions")


def test_a_project_with_folders_in_a_folder_of_its_own(tmp_path: Path) -> None:
    result = func("init", "shop", "--model", "v1", "--docker", cwd=tmp_path)
    assert result.returncode == 0
    assert {"getting_started.md", "Dockerfile", ".dockerignore"} < set(names(tmp_path / "shop"))
    assert "function_app.py" not in names(tmp_path / "shop")
    assert f"go to {tmp_path}/shop" in result.stderr


def test_files_that_exist_stay(tmp_path: Path) -> None:
    (tmp_path / "host.json").write_text('{"version": "2.0", "mine": 1}')
    first = func("init", cwd=tmp_path)
    assert "host.json already exists. Skipped!" in first.stdout
    assert "mine" in (tmp_path / "host.json").read_text()
    again = func("init", "--force", cwd=tmp_path)
    assert again.returncode == 0
    assert "Writing" not in again.stdout
    assert again.stdout.count("already exists. Skipped!") == 7
    assert "--force has no effect" in again.stderr


def test_docker_alone_in_an_existing_project(tmp_path: Path) -> None:
    func("init", cwd=tmp_path)
    assert func("init", "--docker-only", cwd=tmp_path).returncode == 0
    assert names(tmp_path) == sorted([*FILES, "Dockerfile", ".dockerignore"])


def test_the_layout_of_the_guide_has_a_test_that_passes_and_a_function_that_runs(tmp_path: Path) -> None:
    assert func("init", "shop", "--model", "v1", "--guide-layout", cwd=tmp_path).returncode == 0
    shop = tmp_path / "shop"
    assert names(shop) == [".gitignore", ".vscode", "__app__", "tests"]
    assert func("new", "-t", "HTTP trigger", "-n", "x1", cwd=shop).stderr.startswith("error: The project is in ")
    assert func("new", "-t", "HTTP trigger", "-n", "Greet", cwd=shop / "__app__").returncode == 0
    for command in (("-m", "unittest", "-v"), ("-m", "pytest", "-q", "-p", "no:cacheprovider")):
        result = run_tests(shop, *command)
        assert result.returncode == 0, result.stdout + result.stderr
    (shop / "__app__" / "Greet" / "__init__.py").write_text("import nothing_of_that_name\n")
    assert run_tests(shop, "-m", "unittest").returncode == 1


def test_source_control_begins_a_repository_once(tmp_path: Path) -> None:
    need_git()
    result = func("init", "--source-control", cwd=tmp_path)
    assert result.returncode == 0
    assert (tmp_path / ".git").is_dir()
    below = func("init", "below", "--source-control", cwd=tmp_path)
    assert "is in a git repository already" in below.stderr
    assert not (tmp_path / "below" / ".git").exists()
    ignored = subprocess.run(["git", "check-ignore", "local.settings.json"], cwd=tmp_path, check=False)
    assert ignored.returncode == 0


def test_source_control_without_git_writes_nothing(tmp_path: Path) -> None:
    result = func("init", "--source-control", cwd=tmp_path, env={**os.environ, "PATH": str(tmp_path)})
    assert (result.returncode, names(tmp_path)) == (1, [])
    assert "needs git" in result.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--worker-runtime", "node"), "--worker-runtime node is not possible: this tool makes Python projects."),
        (("--language", "csharp"), "--language csharp is not possible"),
        (("--dotnet-isolated",), "--dotnet-isolated is not possible"),
        (("--model", "v3"), "The v3 programming model is not supported for worker runtime python."),
        (("--managed-dependencies",), "only PowerShell apps have them"),
        (("--bundles-channel", "nightly"), "There is no bundle channel 'nightly'."),
        (("--guide-layout",), "--guide-layout is for the v1 model."),
    ],
)
def test_what_python_projects_do_not_have_is_refused_and_nothing_is_written(
    tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    result = func("init", *words, cwd=tmp_path)
    assert result.returncode in (1, 2)
    assert said in result.stderr
    assert names(tmp_path) == []


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = func("init", "file", cwd=tmp_path)
    assert result.returncode == 1
    assert "cannot be written: " in result.stderr
    assert "Traceback" not in result.stderr
