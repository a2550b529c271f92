from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from tests.integration.worker.driver import WorkerDriver, http_function

Start = Callable[..., WorkerDriver]


class App:
    """An app folder that a test writes."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.functions: list[dict[str, Any]] = []

    def file(self, path: str, text: str = "") -> Path:
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(dedent(text))
        return target

    def function(self, name: str, text: str, script: str = "__init__.py", **more: Any) -> dict[str, Any]:
        """Write an HTTP function of the function.json model; returns its LOAD entry."""
        self.file(f"{name}/{script}", text)
        declared = http_function(self.root, name, script, **more)
        self.functions.append(declared)
        return declared


@pytest.fixture
def app(tmp_path: Path) -> App:
    root = tmp_path / "app"
    root.mkdir()
    return App(root)


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts workers; all are gone after the test."""
    with ExitStack() as stack:

        def begin(
            app: App,
            environ: Mapping[str, str] | None = None,
            *,
            python: str | Path = sys.executable,
            level: str = "INFO",
            packages: Path | None = None,
            errors: bool = False,
        ) -> WorkerDriver:
            """Start a worker, index and load the app; a function that does not load fails the test."""
            driver = stack.enter_context(WorkerDriver(app.root, str(python), environ))
            driver.hello()
            driver.init(level, None if packages is None else str(packages))
            if app.functions:
                driver.index()
                driver.load_errors = driver.load(app.functions)
            else:
                driver.load_errors = driver.load_indexed()
            if not errors:
                assert driver.load_errors == {}
            return driver

        yield begin
