"""No file and no function grows past its limit, and no module has a name that says nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.syntax_tree import outline

REPOSITORY = Path(__file__).resolve().parents[2]
FILE_LINES = 500
FUNCTION_LINES = 60
EMPTY_NAMES = frozenset({"utils", "util", "helpers", "helper", "manager", "core", "base", "common", "misc"})


def own_files() -> Iterator[Path]:
    """The Python files of the project, without the test apps, which are other people's code."""
    for folder in ("src", "tests", "benchmarks", "examples"):
        for path in (REPOSITORY / folder).rglob("*.py"):
            parts = path.relative_to(REPOSITORY).parts
            if parts[:2] != ("tests", "apps") and not any(part.startswith(".") for part in parts):
                yield path


def too_long_functions(source: str) -> Iterator[str]:
    if source.count("\n") < FUNCTION_LINES:
        return
    for name, lines in outline(source).functions:
        if lines > FUNCTION_LINES:
            yield f"{name} has {lines} lines"


def test_no_file_has_more_than_500_lines() -> None:
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in own_files()}
    assert {path: lines for path, lines in lengths.items() if lines > FILE_LINES} == {}


def test_no_function_has_more_than_60_lines() -> None:
    found = [f"{path}: {fault}" for path in own_files() for fault in too_long_functions(path.read_text("utf-8"))]
    assert found == []


@pytest.mark.parametrize(
    "opening", ["def outer():", "class A:", "if a:\n    pass\nelse:", "try:\n    pass\nfinally:", "match a:\n  case 1:"]
)
def test_a_function_over_the_limit_is_seen(opening: str) -> None:
    body = "        pass\n" * FUNCTION_LINES
    assert "long has 61 lines" in list(too_long_functions(f"{opening}\n    async def long():\n{body}"))


def test_a_function_within_the_limit_is_none() -> None:
    body = "    pass\n" * FUNCTION_LINES
    assert list(too_long_functions(f"def just():\n{body[: -len('    pass' + chr(10))]}")) == []


def test_no_module_has_a_name_that_says_nothing() -> None:
    assert [path for path in own_files() if path.stem in EMPTY_NAMES or path.parent.name in EMPTY_NAMES] == []
