"""check_project: what is looked at before a project is packed."""

from __future__ import annotations

from pathlib import Path

import pytest

from funchost.deploy.package.project_checks import Outcome, PackageBuild, check_project, require_host_json
from funchost.errors import PackageError

LOCAL, REMOTE, NONE = PackageBuild.LOCAL, PackageBuild.REMOTE, PackageBuild.NONE


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project that passes every check of a local build."""
    root = tmp_path / "project"
    (root / "Hello").mkdir(parents=True)
    (root / "Hello/function.json").write_text("{}")
    (root / "host.json").write_text('{"version": "2.0"} // fine')
    (root / "requirements.txt").write_text("azure-functions\n")
    return root


def outcomes(root: Path, build: PackageBuild = LOCAL) -> dict[str, tuple[Outcome, str]]:
    """What is not passed, by the last word of its title."""
    checks = check_project(root, build, "function_app.py")
    return {
        check.title.rpartition(" ")[2]: (check.outcome, check.reason)
        for check in checks
        if check.outcome is not Outcome.PASSED
    }


@pytest.mark.parametrize("build", [LOCAL, REMOTE])
def test_a_good_project_passes(build: PackageBuild, project: Path) -> None:
    assert outcomes(project, build) == {}


def test_a_broken_host_json_fails_with_its_line(project: Path) -> None:
    (project / "host.json").write_text('{\n"version" "2.0"}')
    outcome, reason = outcomes(project)["host.json"]
    assert outcome is Outcome.FAILED
    assert "host.json:2" in reason


def test_a_local_build_needs_a_list_of_packages(project: Path) -> None:
    (project / "requirements.txt").unlink()
    outcome, reason = outcomes(project)["structure"]
    assert outcome is Outcome.FAILED
    assert reason.startswith("requirements.txt is not found")
    assert outcomes(project, REMOTE)["structure"][0] is Outcome.WARNING
    assert "structure" not in outcomes(project, NONE)
    (project / "pyproject.toml").write_text('[project]\nname = "a"\ndependencies = []\n')
    assert outcomes(project) == {}


def test_the_hosts_own_package_does_not_belong_into_the_list(project: Path) -> None:
    (project / "requirements.txt").write_text("azure_functions_worker==1.0\n")
    outcome, reason = outcomes(project)["structure"]
    assert outcome is Outcome.WARNING
    assert "azure-functions-worker" in reason


def test_without_a_build_empty_packages_are_worth_a_warning(project: Path) -> None:
    (project / ".python_packages").mkdir()
    outcome, reason = outcomes(project, NONE)["packages"]
    assert outcome is Outcome.WARNING
    assert "pip install --target" in reason
    (project / ".python_packages/lib").mkdir()
    assert outcomes(project, NONE) == {}


def test_the_two_models_cannot_be_mixed_and_one_is_needed(project: Path) -> None:
    (project / "function_app.py").touch()
    outcome, reason = outcomes(project)["model"]
    assert outcome is Outcome.FAILED
    assert reason.startswith("Cannot mix Python V1 and V2 programming models")
    assert "Hello" in reason
    (project / "Hello/function.json").unlink()
    assert outcomes(project) == {}
    (project / "function_app.py").unlink()
    assert outcomes(project)["model"][0] is Outcome.FAILED


def test_the_parent_of_the_guides_folder_names_the_folder_to_take(tmp_path: Path) -> None:
    (tmp_path / "__app__").mkdir()
    (tmp_path / "__app__/host.json").touch()
    (tmp_path / "env/x").mkdir(parents=True)
    (tmp_path / "env/pyvenv.cfg").touch()
    (tmp_path / "env/x/host.json").touch()
    with pytest.raises(PackageError, match="these folders below it do: __app__") as caught:
        require_host_json(tmp_path)
    assert "__app__" in str(caught.value.hint)
    require_host_json(tmp_path / "__app__")


def test_of_many_folders_with_an_app_some_are_named(tmp_path: Path) -> None:
    for number in range(11):
        (tmp_path / f"app{number:02}").mkdir()
        (tmp_path / f"app{number:02}/host.json").touch()
    with pytest.raises(PackageError, match=r"app00, app01, .*, app07 and 3 more\.$"):
        require_host_json(tmp_path)


def test_a_folder_without_an_app_is_named(tmp_path: Path) -> None:
    with pytest.raises(PackageError, match=r"holds no host\.json, so it is not the folder of a function app"):
        require_host_json(tmp_path)
    with pytest.raises(PackageError, match="is not a folder"):
        require_host_json(tmp_path / "missing")
