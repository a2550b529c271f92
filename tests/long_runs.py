"""Tests marked `long`: fault runs of minutes, only run with `--long`; docs/fault-runs.md keeps their last result."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

PAGE = Path(__file__).resolve().parents[1] / "docs" / "fault-runs.md"
HEAD = """\
# Fault runs

The last result of `scripts/test --long`, written by it; do not edit. These runs take minutes and are not part of a
plain `scripts/test`.

{date}, {system}, Python {python}, {cores} cores.

| Run | Result | Seconds |
| --- | --- | --- |
"""


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
    """Writes the result of the long tests that ran."""
    if not config.getoption("--long"):
        return
    stats = terminalreporter.stats
    reports = [report for outcome in ("passed", "failed") for report in stats.get(outcome, ())]
    rows = render_rows([report for report in reports if "long" in report.keywords])
    if rows:
        PAGE.write_text(_head() + rows, encoding="utf-8")


def render_rows(reports: Sequence[pytest.TestReport]) -> str:
    """One table row for each report, in the order of their names."""
    return "".join(
        f"| {report.nodeid.removeprefix('tests/')} | {report.outcome} | {report.duration:.0f} |\n"
        for report in sorted(reports, key=lambda report: report.nodeid)
    )


def _head() -> str:
    return HEAD.format(
        date=f"{datetime.now(UTC):%Y-%m-%d}",
        system=f"{platform.system()} {platform.release()}",
        python=platform.python_version(),
        cores=os.cpu_count(),
    )
