"""The rooms import downwards only, and the checker that says so sees a planted violation."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.layers import FLOORS, LEAVES, check_fallback, check_host, check_tree, check_worker

SRC = Path(__file__).resolve().parents[2] / "src"


def test_the_source_tree_keeps_the_import_order() -> None:
    violations = check_tree(SRC)
    assert not violations, "\n".join(map(str, violations))


def test_every_folder_of_the_source_tree_is_a_known_room() -> None:
    folders = {path.parent.name for path in (SRC / "funchost").glob("*/__init__.py")}
    modules = {path.stem for path in (SRC / "funchost").glob("*.py")}
    assert folders <= FLOORS.keys()
    assert modules <= {*LEAVES, "__init__", "__main__"}


@pytest.mark.parametrize(
    ("module", "source", "rule"),
    [
        ("funchost.app.route", "from funchost.http.front import HttpFront", "app stands below or beside http"),
        ("funchost.http.front", "import funchost.triggers.queue", "http stands below or beside triggers"),
        ("funchost.triggers.queue.listener", "from funchost.http import keys", "triggers stands below or beside http"),
        ("funchost.dispatch.dispatcher", "from funchost import host", "dispatch stands below or beside host"),
        ("funchost.errors", "from funchost.app.jsonc import parse", "a leaf imports only leaves"),
        ("funchost.__init__", "from funchost.cli import start", "a leaf imports only leaves"),
        ("funchost.cli.start", "import funchost.testing", "cli stands below or beside testing"),
        ("funchost.cli.start", "from funchost.helpers import x", "in no known room"),
        ("funchost.http.front", "from . import keys", "relative import"),
        ("funchost.dispatch.dispatcher", "from funchost_worker import wire", "only funchost.workers may"),
        ("funchost.workers.channel", "from funchost_worker.loader import load", "the host shares only the wire"),
        ("funchost.http.front", "import os\nos.environ['A']", "only funchost.settings reads the environment"),
        ("funchost.http.front", "import os\nos.getenv('A')", "only funchost.settings reads the environment"),
        ("funchost.http.front", "from os import environ", "only funchost.settings reads the environment"),
        ("funchost.app.jsonc", "def late():\n    import funchost.cli.start", "app stands below or beside cli"),
        ("funchost.app.jsonc", "if TYPE_CHECKING:\n    import funchost.host.host", "app stands below or beside host"),
    ],
)
def test_a_planted_violation_on_the_host_side_is_found(module: str, source: str, rule: str) -> None:
    (violation,) = check_host(module, source)
    assert rule in str(violation)
    assert violation.line == source.count("\n") + 1


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("funchost.host.host", "from funchost.http.front import HttpFront\nfrom funchost import __version__, errors"),
        ("funchost.workers.channel", "from funchost_worker import wire\nfrom funchost_worker.wire import Kind"),
        ("funchost.testing.harness", "import funchost.cli.start"),
        ("funchost.settings", "import os\nos.environ"),
        ("funchost.logs", "from funchost.console import Console"),
        ("funchost.__main__", "from funchost.cli.entry import main"),
        ("funchost.http.front", "import funchost\nimport starlette"),
    ],
)
def test_an_import_downwards_is_no_violation(module: str, source: str) -> None:
    assert check_host(module, source) == []


@pytest.mark.parametrize("source", ["import azure.functions", "import funchost.errors", "from . import wire"])
def test_a_planted_violation_in_the_worker_is_found(source: str) -> None:
    assert len(check_worker("funchost_worker.loader", source)) == 1


def test_the_worker_may_import_the_standard_library_and_itself() -> None:
    assert check_worker("funchost_worker.loader", "import asyncio\nfrom funchost_worker.wire import Kind") == []


def test_the_fallback_may_import_the_standard_library_and_itself() -> None:
    assert check_fallback("azure.functions._http", "import json\nfrom azure.functions._datum import Datum") == []
    assert len(check_fallback("azure.functions._http", "from funchost_worker import wire")) == 1


def test_a_violation_in_a_folder_is_found_and_names_module_and_line(tmp_path: Path) -> None:
    room = tmp_path / "funchost" / "app"
    room.mkdir(parents=True)
    (room / "route.py").write_text("import re\nfrom funchost.cli.start import start\n")
    worker = tmp_path / "funchost_worker"
    worker.mkdir()
    (worker / "loader.py").write_text("import requests\n")
    assert [str(violation) for violation in check_tree(tmp_path)] == [
        "funchost.app.route, line 2: imports funchost.cli.start; app stands below or beside cli",
        "funchost_worker.loader, line 1: imports requests, not standard library",
    ]
