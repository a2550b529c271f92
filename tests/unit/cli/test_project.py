from __future__ import annotations

from pathlib import Path

import pytest

from funchost.cli.project import find_root
from funchost.errors import SettingError, UsageError


@pytest.mark.parametrize("marker", ["host.json", "local.settings.json", "function_app.py"])
def test_nearest_folder_with_a_file_of_an_app(tmp_path: Path, marker: str) -> None:
    inner = tmp_path / "app" / "shared" / "deep"
    inner.mkdir(parents=True)
    (tmp_path / "app" / marker).touch()
    (tmp_path / "host.json").touch()
    assert find_root(None, {}, inner) == tmp_path / "app"


def test_folder_itself_when_nothing_marks_an_app(tmp_path: Path) -> None:
    assert find_root(None, {}, tmp_path) == tmp_path


def test_command_line_beats_setting_beats_search(tmp_path: Path) -> None:
    for name in ("option", "setting"):
        (tmp_path / name).mkdir()
    (tmp_path / "host.json").touch()
    environ = {"AzureWebJobsScriptRoot": "setting"}
    assert find_root(Path("option"), environ, tmp_path) == tmp_path / "option"
    assert find_root(None, environ, tmp_path) == tmp_path / "setting"
    assert find_root(None, {"AzureWebJobsScriptRoot": ""}, tmp_path) == tmp_path


def test_missing_folder_of_the_command_line_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=f'"{tmp_path}/nowhere" doesn\'t exist'):
        find_root(Path("nowhere"), {}, tmp_path)


def test_missing_folder_of_the_setting_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="AzureWebJobsScriptRoot: .*nowhere\" doesn't exist"):
        find_root(None, {"AzureWebJobsScriptRoot": "nowhere"}, tmp_path)
