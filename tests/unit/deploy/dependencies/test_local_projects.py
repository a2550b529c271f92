"""Names of projects on this machine, as their files write them."""

from __future__ import annotations

from pathlib import Path

import pytest

from funchost.deploy.dependencies.local_projects import local_names


@pytest.mark.parametrize(
    ("file", "text", "names"),
    [
        ("pyproject.toml", '[project]\nname = "mine"\n', ["mine"]),
        ("pyproject.toml", '[tool.poetry]\nname = "mine"\n', ["mine"]),
        ("pyproject.toml", "[project]\nname = 1\n", []),
        ("pyproject.toml", "[project\n", []),
        ("setup.cfg", "[metadata]\nname = mine\ndescription = 100%\n", ["mine"]),
        ("setup.cfg", "name = mine\n", []),
        ("setup.py", "import setuptools\nsetuptools.setup(name='mine')\n", []),
    ],
)
def test_a_name_is_known_where_it_is_written(file: str, text: str, names: list[str], tmp_path: Path) -> None:
    (tmp_path / file).write_text(text)
    assert local_names([tmp_path]) == names


def test_a_pyproject_without_a_name_leaves_it_to_setup_cfg(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[build-system]\nrequires = ["setuptools"]\n')
    (tmp_path / "setup.cfg").write_text("[metadata]\nname = mine\n")
    assert local_names([tmp_path]) == ["mine"]
