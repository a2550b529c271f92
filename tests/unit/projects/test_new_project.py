from __future__ import annotations

import json
import re

import pathspec
import pytest

from funchost.app.function_app import Model
from funchost.errors import FuncHostError
from funchost.projects.new_project import ProjectPlan, host_json, model_of, project_files


def paths(plan: ProjectPlan) -> list[str]:
    return [file.path for file in project_files(plan)]


def content(plan: ProjectPlan, path: str) -> str:
    return next(file.text for file in project_files(plan) if file.path == path)


def test_the_files_of_a_project_with_decorators() -> None:
    assert paths(ProjectPlan()) == [
        *("requirements.txt", ".funcignore", "function_app.py", "host.json", "local.settings.json"),
        *(".gitignore", ".vscode/extensions.json"),
    ]


def test_the_files_of_a_project_with_folders() -> None:
    plan = ProjectPlan(model=Model.FUNCTION_JSON, docker=True)
    assert paths(plan) == [
        *("requirements.txt", ".funcignore", "host.json", "local.settings.json", "getting_started.md"),
        *("Dockerfile", ".dockerignore", ".gitignore", ".vscode/extensions.json"),
    ]
    assert "getting_started.md" not in paths(ProjectPlan(model=Model.FUNCTION_JSON, docs=False))


def test_the_layout_of_the_guide_has_the_app_and_its_tests_apart() -> None:
    plan = ProjectPlan(model=Model.FUNCTION_JSON, guide_layout=True, docs=False, docker=True)
    assert paths(plan) == [
        *("__app__/requirements.txt", "__app__/.funcignore", "__app__/host.json", "__app__/local.settings.json"),
        *("__app__/Dockerfile", "__app__/.dockerignore", ".gitignore", ".vscode/extensions.json"),
        *("tests/__init__.py", "tests/test_functions.py"),
    ]


def test_docker_alone_is_docker_alone() -> None:
    assert paths(ProjectPlan(docker=True, project=False)) == ["Dockerfile", ".dockerignore"]


def test_the_dockerfile_is_on_the_official_image_and_installs_the_host() -> None:
    text = content(ProjectPlan(docker=True, python="3.13"), "Dockerfile")
    assert re.search(r"^FROM python:3\.13-slim$", text, re.MULTILINE)
    assert "pip install --no-cache-dir funchost" in text
    assert "--enable-auth" in text


@pytest.mark.parametrize(
    ("path", "ignored"),
    [
        ("tests/test_a.py", True),
        ("shop/tests/x.py", True),
        (".venv/bin/python", True),
        ("env/x", True),
        ("shop/__pycache__/a.cpython-311.pyc", True),
        (".git/config", True),
        (".gitignore", True),
        ("local.settings.json", True),
        (".funchost/storage/store.db", True),
        (".python_packages/lib/site-packages/requests/__init__.py", False),
        (".python_packages/lib/site-packages/astropy/tests/runner.py", False),
        (".python_packages/lib/site-packages/one/env/two.py", False),
        ("shop/env/x.py", False),
        ("shop/prices.zip", False),
        ("function_app.py", False),
        ("shop/orders.py", False),
        ("requirements.txt", False),
        ("host.json", False),
        ("testsuite.py", False),
    ],
)
def test_what_the_ignore_file_keeps_out_of_packages(path: str, ignored: bool) -> None:
    lines = content(ProjectPlan(), ".funcignore").splitlines()
    assert pathspec.GitIgnoreSpec.from_lines(lines).match_file(path) is ignored
    assert not [line for line in lines if ".python_packages" in line and not line.startswith("#")]


def test_a_virtual_environment_of_another_name_is_ignored_too() -> None:
    plan = ProjectPlan(environment="my-python")
    for path in (".funcignore", ".gitignore"):
        assert "/my-python/" in content(plan, path).splitlines()
        assert content(ProjectPlan(environment=".venv"), path) == content(ProjectPlan(), path)


@pytest.mark.parametrize(
    ("channel", "suffix"), [("GA", ""), ("preview", ".Preview"), ("Experimental", ".Experimental")]
)
def test_the_bundle_is_that_of_the_channel(channel: str, suffix: str) -> None:
    document = json.loads(host_json(True, channel))
    assert document["version"] == "2.0"
    assert document["extensionBundle"]["id"] == f"Microsoft.Azure.Functions.ExtensionBundle{suffix}"


def test_no_bundle_is_none_and_an_unknown_channel_is_refused() -> None:
    assert "extensionBundle" not in json.loads(host_json(False, "GA"))
    with pytest.raises(FuncHostError, match="no bundle channel 'nightly'"):
        host_json(True, "nightly")


def test_models_are_read_in_any_case_and_others_are_refused() -> None:
    assert (model_of("V1"), model_of("v2")) == (Model.FUNCTION_JSON, Model.DECORATORS)
    with pytest.raises(FuncHostError, match="The v3 programming model is not supported for worker runtime python"):
        model_of("v3")


def test_requirements_hold_the_library_and_nothing_of_the_host() -> None:
    lines = [line for line in content(ProjectPlan(), "requirements.txt").splitlines() if not line.startswith("#")]
    assert [line for line in lines if line] == ["azure-functions"]
