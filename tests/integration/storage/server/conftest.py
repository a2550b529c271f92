"""The served store that every test of the REST front talks to."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.storage.server.front_fixture import ServedStore, served


@pytest.fixture(scope="module")
def served_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedStore]:
    """One store for a module; tests use names of their own in it."""
    with served(tmp_path_factory.mktemp("store")) as store:
        yield store
