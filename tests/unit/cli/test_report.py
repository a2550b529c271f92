from __future__ import annotations

import pytest

from funchost.cli.report import nearest, report_error
from funchost.errors import FuncHostError, PortInUseError, UsageError

Capture = pytest.CaptureFixture[str]


@pytest.mark.parametrize(("kind", "code"), [(FuncHostError, 1), (PortInUseError, 1), (UsageError, 2)])
def test_error_and_hint_are_one_line_each(capfd: Capture, kind: type[FuncHostError], code: int) -> None:
    assert report_error(kind("It broke.", hint="Mend it."), environ={}, debug=False) == code
    assert capfd.readouterr().err == "error: It broke.\nhint: Mend it.\n"


def test_error_without_hint_is_one_line(capfd: Capture) -> None:
    report_error(FuncHostError("It broke."), environ={}, debug=False)
    assert capfd.readouterr().err == "error: It broke.\n"


def test_error_is_red_where_colour_is_wanted(capfd: Capture) -> None:
    report_error(FuncHostError("It broke."), environ={"FORCE_COLOR": "1"}, debug=False)
    assert capfd.readouterr().err == "\x1b[31merror: It broke.\x1b[0m\n"


def test_defect_shows_its_traceback_without_being_asked(capfd: Capture) -> None:
    assert report_error(KeyError("x"), environ={}, debug=False) == 1
    assert capfd.readouterr().err.endswith("KeyError: 'x'\nerror: KeyError: 'x'\n")


@pytest.mark.parametrize(
    ("word", "expected"), [("--PROT", "--port"), ("--enable-aut", "--enable-auth"), ("--zzzzzz", None)]
)
def test_nearest_word(word: str, expected: str | None) -> None:
    assert nearest(word, ["--port", "--enable-auth", "--enableAuth"]) == expected
