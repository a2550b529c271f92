from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funchost.deploy.build.job import BuildResult
from funchost.deploy.build.report import MAX_TEXT, Done, Failed, Line, Report, Stage, decode, encode, failed
from funchost.errors import BuildError, FuncHostError, NativeDependenciesError, PackageError


@pytest.mark.parametrize(
    "report",
    [
        Line("Zürich\n\x1b[31m\0"),
        Line("broken", error=True),
        Stage("unpacking the package"),
        Done(BuildResult(3, ("a==1",))),
        Failed("PackageError", "what", "hint"),
        Failed("BuildError", "what"),
    ],
)
def test_a_report_survives_the_pipe_as_one_line(report: Report) -> None:
    line = encode(report)

    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert decode(line) == report


@given(st.binary())
def test_what_is_no_report_is_none(line: bytes) -> None:
    assert decode(line) is None


@pytest.mark.parametrize(
    "document",
    [
        {"line": 3, "error": False},
        {"line": "x", "error": "no"},
        {"done": {"bytes": "1", "packages": []}},
        {"failed": "X", "message": 3, "hint": None},
        [],
        3,
        {},
    ],
)
def test_a_report_of_another_form_is_none(document: object) -> None:
    assert decode(json.dumps(document).encode()) is None


def test_a_long_text_loses_its_middle() -> None:
    report = decode(encode(Line("a" * 20_000 + "the end")))

    assert isinstance(report, Line)
    assert len(report.text) < MAX_TEXT + 100
    assert report.text.startswith("aaa")
    assert report.text.endswith("the end")
    assert "characters ..." in report.text


@pytest.mark.parametrize("kind", [BuildError, PackageError, NativeDependenciesError])
def test_an_error_arrives_as_it_was_raised(kind: type[FuncHostError]) -> None:
    report = decode(encode(failed(kind("what", hint="how"))))

    assert isinstance(report, Failed)
    error = report.error()
    assert type(error) is kind
    assert (error.message, error.hint) == ("what", "how")


def test_an_error_of_another_kind_is_a_failed_build() -> None:
    error = failed(FuncHostError("what")).error()

    assert type(error) is BuildError
    assert type(Failed("SystemExit", "what").error()) is BuildError
