"""Whose store the storage commands mean."""

from __future__ import annotations

from pathlib import Path

import pytest

from funchost.cli.storage_connection import StorageChoice, means_own_store


@pytest.mark.parametrize("values", ['{"FUNCHOST_STORAGE_PORTS": "0"}', '{"FUNCHOST_STORAGE_PORTS": "7000,7001,7002"}'])
def test_an_app_with_ports_of_its_own_uses_no_emulator(tmp_path: Path, values: str) -> None:
    (tmp_path / "local.settings.json").write_text(f'{{"Values": {values}}}')
    assert means_own_store(StorageChoice(), {}, tmp_path)


def test_an_app_without_such_ports_may_use_an_emulator(tmp_path: Path) -> None:
    (tmp_path / "local.settings.json").write_text('{"Values": {}}')
    assert not means_own_store(StorageChoice(), {}, tmp_path)


def test_the_environment_counts_too(tmp_path: Path) -> None:
    (tmp_path / "host.json").write_text("{}")
    assert means_own_store(StorageChoice(), {"FUNCHOST_STORAGE_PORTS": "0"}, tmp_path)


@pytest.mark.parametrize("choice", [StorageChoice(account="shop"), StorageChoice(folder=Path("store"))])
def test_a_folder_or_an_account_of_the_command_line_means_no_emulator(tmp_path: Path, choice: StorageChoice) -> None:
    assert means_own_store(choice, {}, tmp_path)
