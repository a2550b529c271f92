from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.app.app_folder import AppFolder


@pytest.fixture
def app(tmp_path: Path) -> AppFolder:
    """An empty app folder."""
    root = tmp_path / "app"
    root.mkdir()
    return AppFolder(root)
