"""The stores that one and the same app runs on."""

from __future__ import annotations

import pytest

from tests.azurite import azurite
from tests.compat.app_storage import SETTINGS, DevelopmentStorage, RemoteStorage, Store

__all__ = ["azurite"]


@pytest.fixture(scope="module", params=["embedded", "azurite"])
def store(request: pytest.FixtureRequest) -> Store:
    """The embedded store, then Azurite: empty when a module's tests begin."""
    if request.param == "embedded":
        return Store(SETTINGS, DevelopmentStorage)
    connection_string: str = request.getfixturevalue("azurite")
    storage = RemoteStorage(connection_string)
    storage.clear()
    return Store({"AzureWebJobsStorage": connection_string}, lambda app: storage)
