"""Fixtures of the fault tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.faults.leftovers import Family, family


@pytest.fixture
def processes() -> Iterator[Family]:
    """Every process that the test's hosts start, directly or not, when they get `env=processes.env`."""
    with family() as members:
        yield members
