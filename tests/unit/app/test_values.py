from __future__ import annotations

import pytest

from funchost.app import values


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("00:00:01", 1.0),
        ("00:05", 300.0),
        ("0:5:0", 300.0),
        ("1.12:00:00", 129_600.0),
        ("30:01:00:00", 30 * 86_400 + 3600.0),
        ("00:00:00.1000000", 0.1),
        ("-00:00:01", -1.0),
        (" 23:59:59.9 ", 86_399.9),
        ("0", 0.0),
        (0, 0.0),
    ],
)
def test_time_spans_are_read(text: object, seconds: float) -> None:
    assert values.time_span(text) == pytest.approx(seconds)


@pytest.mark.parametrize(
    "text", ["", "5", 5, "24:00:00", "00:60:00", "00:00:60", "1d", "1:2:3:4:5", None, True, "00:00:01.", "٠٠:٠٠:٠١"]
)
def test_what_is_no_time_span_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match="not a time span"):
        values.time_span(text)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "00:00:00"), (0.1, "00:00:00.1000000"), (90_061, "1.01:01:01"), (3600, "01:00:00"), (59, "00:00:59")],
)
def test_time_spans_are_written(seconds: float, text: str) -> None:
    assert values.time_span_text(seconds) == text
    assert values.time_span(text) == pytest.approx(seconds)


@pytest.mark.parametrize(("value", "expected"), [(5, 5), ("5", 5), (" -1 ", -1), (2.0, 2)])
def test_whole_numbers_may_be_text(value: object, expected: int) -> None:
    assert values.integer(value) == expected


@pytest.mark.parametrize("value", ["", "x", 1.5, True, None, [], "1_000", float("inf"), "9" * 30])
def test_what_is_no_whole_number_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="not a whole number"):
        values.integer(value)


def test_ranges_of_whole_numbers() -> None:
    read = values.whole(1, 32)
    assert read("32") == 32
    for value in (0, 33, -1):
        with pytest.raises(ValueError, match=r"out of range; it must be 1 to 32\."):
            read(value)
    assert values.whole(1, unlimited=True)(-1) == -1
    with pytest.raises(ValueError, match="1 or more, or -1 for no limit"):
        values.whole(1, unlimited=True)(0)


def test_fractions_with_and_without_their_ends() -> None:
    assert values.fraction(0, 1)("1") == 1.0
    for value in (1, 0, "1.0"):
        with pytest.raises(ValueError, match="between 0 and 1"):
            values.fraction(0, 1, open_ends=True)(value)
    for wrong in ("nan", "x", True, None, 1e400, 10**400):
        with pytest.raises(ValueError, match="not a number"):
            values.fraction(0, 1)(wrong)


def test_ranges_of_time_spans() -> None:
    assert values.span(15, 60)("00:00:15") == 15
    with pytest.raises(ValueError, match=r"'00:00:14' .* at least 00:00:15 and 00:01:00 at most"):
        values.span(15, 60)("00:00:14")


@pytest.mark.parametrize(("value", "expected"), [(True, True), ("True", True), ("false", False), (False, False)])
def test_truth_values_may_be_text(value: object, expected: bool) -> None:
    assert values.boolean(value) is expected


@pytest.mark.parametrize("value", [1, 0, "yes", "", None, []])
def test_what_is_no_truth_value_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="neither true nor false"):
        values.boolean(value)


def test_choices_ignore_case_and_accept_the_number() -> None:
    read = values.choice(("Trace", "Debug"))
    assert (read("DEBUG"), read(" trace "), read(1), read("0")) == ("Debug", "Trace", "Debug", "Trace")
    with pytest.raises(ValueError, match="'info' is none of Trace, Debug"):
        read("info")


def test_scalars_count_as_text() -> None:
    assert (values.text("a"), values.text(1), values.text(True), values.text(1.5)) == ("a", "1", "true", "1.5")


@pytest.mark.parametrize("value", [None, [], {}])
def test_what_is_no_scalar_is_no_text(value: object) -> None:
    with pytest.raises(ValueError, match="not a text"):
        values.text(value)


def test_long_values_are_cut_in_messages() -> None:
    assert len(values.shown(list(range(1000)))) == 80
    assert values.shown("x") == "'x'"
