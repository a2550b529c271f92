"""The guide's async and thread-pool samples, and several worker processes."""

from collections.abc import Iterator

import pytest

from funchost.testing import HostProcess
from tests.compat.app_folders import APPS


@pytest.fixture(scope="module")
def host() -> Iterator[HostProcess]:
    with HostProcess(APPS / "guide_async") as host:
        yield host


@pytest.mark.parametrize("function", ["Async", "Async2020"])
def test_a_coroutine_awaits(host: HostProcess, function: str) -> None:
    assert host.get(f"/api/{function}").text == "a coroutine has read the line"


def test_a_plain_function_blocks(host: HostProcess) -> None:
    assert host.get("/api/Blocking").text == "a thread has read the line"
