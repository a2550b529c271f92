from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from funchost.app.binding_expression_format import FormatProblem, date_text, formatted, number_text

DATE = datetime(2026, 3, 9, 4, 5, 7, 120_000, UTC)


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("yyyy-MM-dd", "2026-03-09"),
        ("yy y", "26 26"),
        ("M/d", "3/9"),
        ("MMM MMMM ddd dddd", "Mar March Mon Monday"),
        ("HH:mm:ss", "04:05:07"),
        ("H h hh m s t tt", "4 4 04 5 7 A AM"),
        ("f ff fff ffffff fffffff", "1 12 120 120000 1200000"),
        ("F FF FFF", "1 12 12"),
        ("K", None),
        ("%K", "Z"),
        ("zzz zz z", "+00:00 +00 +0"),
        ("yyyy'T'HH", "2026T04"),
        ("yyyy\\yHH", "2026y04"),
        ('"at" HH', "at 04"),
        ("%d", "9"),
        ("d", "03/09/2026"),
        ("D", "Monday, 09 March 2026"),
        ("s", "2026-03-09T04:05:07"),
        ("u", "2026-03-09 04:05:07Z"),
        ("o", "2026-03-09T04:05:07.1200000Z"),
        ("r", "Mon, 09 Mar 2026 04:05:07 GMT"),
        ("t", "04:05"),
        ("", "03/09/2026 04:05:07"),
    ],
)
def test_dates(form: str, text: str | None) -> None:
    if text is None:
        with pytest.raises(FormatProblem):
            date_text(DATE, form)
    else:
        assert date_text(DATE, form) == text


def test_offsets_of_dates() -> None:
    date = DATE.astimezone(timezone(timedelta(hours=-3, minutes=-30)))
    assert date_text(date, "%K zzz zz z".replace("%K", "HHK")) == "00-03:30 -03:30 -03 -3"
    assert date_text(DATE.replace(tzinfo=None), "HHK") == "04"


@pytest.mark.parametrize(
    ("value", "form", "text"),
    [
        ("42", "D5", "00042"),
        ("-42", "d4", "-0042"),
        ("255", "X", "FF"),
        ("255", "x4", "00ff"),
        ("-1", "X", "FFFFFFFFFFFFFFFF"),
        ("2.345", "F2", "2.35"),
        ("2.345", "F", "2.35"),
        ("1234567.891", "N1", "1,234,567.9"),
        ("0.256", "P1", "25.6 %"),
        ("3.50", "G", "3.5"),
        ("7", "000", "007"),
        ("7.5", "000.00", "007.50"),
        ("7.5", "0.##", "7.5"),
        ("7", "0.##", "7"),
        ("0", "#", ""),
        ("1234567", "#,##0", "1,234,567"),
        ("5", "v0", "v5"),
    ],
)
def test_numbers(value: str, form: str, text: str) -> None:
    assert number_text(Decimal(value), form) == text


@pytest.mark.parametrize(("value", "form"), [(2.5, "D2"), (1, "Q"), (1, "yyyy"), ("word", "D2"), (True, "D")])
def test_formats_that_do_not_fit(value: object, form: str) -> None:
    with pytest.raises(FormatProblem):
        formatted(value, form)
