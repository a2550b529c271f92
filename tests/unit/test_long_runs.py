"""The page of the long runs keeps what did not run again."""

from __future__ import annotations

import pytest

from tests.long_runs import merged_rows, new_rows


def report(name: str, *figures: tuple[str, object]) -> pytest.TestReport:
    return pytest.TestReport(
        nodeid=f"tests/{name}",
        location=("", 0, ""),
        keywords={},
        outcome="passed",
        longrepr=None,
        when="call",
        duration=61.4,
        user_properties=list(figures),
    )


def test_a_row_has_the_figures_of_its_run() -> None:
    rows = new_rows([report("a.py::test_a", ("messages", 10), ("lost", 0))], "2026-01-02")
    assert rows == {"a.py::test_a": "| a.py::test_a | 2026-01-02 | passed | 61 | messages: 10; lost: 0 |"}


def test_runs_that_were_not_repeated_keep_their_rows_as_long_as_they_exist() -> None:
    head = "# Title\n\n| Run | Date |\n| --- | --- |\n"
    old = head + "| a.py::test_a[held 5 s] | old |\n| b.py::test_b | old |\n| c.py::test_c | old |\n"
    merged = merged_rows(old, {"b.py::test_b": "| b.py::test_b | new |"}, lambda name: name != "c.py::test_c")
    assert merged == "| a.py::test_a[held 5 s] | old |\n| b.py::test_b | new |\n"
