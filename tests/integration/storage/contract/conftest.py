from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.azurite import azurite
from tests.integration.storage.contract.stores import AZURE_SETTING, Store, embedded, front, remote

__all__ = ["azurite"]


@pytest.fixture(params=["embedded", "front", "azurite", "azure"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    """Each implementation in turn."""
    if request.param == "embedded":
        return embedded(tmp_path)
    if request.param == "front":
        return front(tmp_path)
    if request.param == "azurite":
        return remote("azurite", request.getfixturevalue("azurite"))
    text = os.environ.get(AZURE_SETTING)
    if not text:
        pytest.skip(f"{AZURE_SETTING} names no account")
    return remote("azure", text)
