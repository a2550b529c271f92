"""Tests marked `long`: fault runs of minutes, only run with `--long`; docs/fault-runs.md keeps their last results."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

PAGE = Path(__file__).resolve().parents[1] / "docs" / "fault-runs.md"
HEAD = """\
# Fault runs

The last result of each fault run that takes minutes, written by `scripts/test --long`; do not edit. These runs are not
part of a plain `scripts/test`, which has short forms of most of them. A run prints figures of its own: what was done to
the processes, what that cost, and what was lost, which is nothing.

The machine of the last run: {system}, Python {python}, {cores} cores.

| Run | Date | Result | Seconds | Figures |
| --- | --- | --- | --- | --- |
"""

_ROW = re.compile(r"^\| (?P<name>\S+::.+?) \| .* \|$")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds `--long`."""
    parser.addoption("--long", action="store_true", help="run the fault runs that take minutes as well")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves the long tests out of a run without `--long`."""
    if config.getoption("--long"):
        return
    long = [item for item in items if item.get_closest_marker("long")]
    if long:
        config.hook.pytest_deselected(items=long)
        items[:] = [item for item in items if item not in long]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Writes the results of the long tests that ran; those of others stay as long as there are such tests."""
    if not config.getoption("--long"):
        return
    stats = terminalreporter.stats
    reports = [report for outcome in ("passed", "failed") for report in stats.get(outcome, ())]
    rows = new_rows([report for report in reports if "long" in report.keywords], f"{datetime.now(UTC):%Y-%m-%d}")
    if rows:
        page = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
        PAGE.write_text(_head() + merged_rows(page, rows, _exists), encoding="utf-8")


def new_rows(reports: Sequence[pytest.TestReport], date: str) -> Mapping[str, str]:
    """One table row for each report, by the name of its test."""
    rows = {}
    for report in reports:
        name = report.nodeid.removeprefix("tests/").replace("|", "/")
        figures = "; ".join(f"{key}: {value}" for key, value in report.user_properties)
        rows[name] = f"| {name} | {date} | {report.outcome} | {report.duration:.0f} | {figures} |"
    return rows


def merged_rows(page: str, rows: Mapping[str, str], exists: Callable[[str], bool]) -> str:
    """Return the table's rows: the new ones, and those of the page whose tests did not run but exist, by name."""
    kept = {match["name"]: line for line in page.splitlines() if (match := _ROW.match(line))}
    merged = {**{name: row for name, row in kept.items() if exists(name)}, **rows}
    return _lines(merged[name] for name in sorted(merged))


def _exists(name: str) -> bool:
    path, _, test = name.partition("::")
    file = PAGE.parents[1] / "tests" / path
    return file.is_file() and f"def {test.partition('[')[0]}(" in file.read_text(encoding="utf-8")


def _lines(rows: Iterable[str]) -> str:
    return "".join(f"{row}\n" for row in rows)


def _head() -> str:
    return HEAD.format(
        system=f"{platform.system()} {platform.release()}",
        python=platform.python_version(),
        cores=os.cpu_count(),
    )
