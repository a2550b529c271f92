"""A pytest plugin: the fixture `function_app` runs function apps for one test.

Put ``pytest_plugins = ["funchost.testing.plugin"]`` into the conftest.py of your project's root, then:

    def test_hello(function_app):
        host = function_app("path/to/app", env={"GREETING": "Hello"})
        assert host.get("/api/hello").text == "Hello"
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

import pytest

from funchost.testing.host_process import HostProcess


class StartFunctionApp(Protocol):
    """What the fixture `function_app` gives: call it as often as you like, each call starts one host."""

    def __call__(
        self,
        app: Path | str,
        *arguments: str,
        env: Mapping[str, str | None] | None = None,
        state: str | None = "Running",
    ) -> HostProcess: ...


@pytest.fixture
def function_app() -> Iterator[StartFunctionApp]:
    """Starts hosts as HostProcess does; they are stopped when the test ends."""
    with ExitStack() as hosts:

        def start(
            app: Path | str,
            *arguments: str,
            env: Mapping[str, str | None] | None = None,
            state: str | None = "Running",
        ) -> HostProcess:
            return hosts.enter_context(HostProcess(app, *arguments, env=env, state=state))

        yield start
