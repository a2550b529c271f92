"""Fixtures of the fault tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from funchost.testing import eventually
from tests.integration.faults.leftovers import Family, family


@pytest.fixture
def processes() -> Iterator[Family]:
    """Every process that the test's hosts start, directly or not, when they get `env=processes.env`.

    When the test is over none of them may be left.
    """
    with family() as members:
        yield members
        eventually(lambda: not members.pids())


@pytest.fixture
def clients() -> Iterator[ThreadPoolExecutor]:
    """Threads that send requests; a test waits for what it has sent."""
    with ThreadPoolExecutor(32, thread_name_prefix="client") as pool:
        yield pool


@pytest.fixture
def figure(record_property: Callable[[str, object], None]) -> Callable[[str, object], None]:
    """Notes a figure of the run by name: printed, and kept in docs/fault-runs.md if the run is a long one."""

    def note(name: str, value: object) -> None:
        print(f"{name}: {value}")
        record_property(name, value)

    return note
