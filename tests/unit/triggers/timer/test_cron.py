"""The grammar of schedule expressions, and the next matching time against brute force."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from funchost.triggers.timer.cron import parse_cron

SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)
LONGEST = (0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
LIMITS = ((0, 59), (0, 59), (0, 23), (1, 31), (1, 12), (0, 6))

Field = tuple[str, frozenset[int]]


def elements(minimum: int, maximum: int) -> st.SearchStrategy[Field]:
    """One element of a field as text, and the numbers that it means, worked out here a second time."""
    number = st.integers(minimum, maximum)
    step = st.integers(0, maximum + 3)

    def span(first: int, last: int, by: int) -> frozenset[int]:
        low, high = sorted((first, last))
        return frozenset(n for n in range(low, high + 1) if (n - low) % max(by, 1) == 0)

    return st.one_of(
        st.just(("*", span(minimum, maximum, 1))),
        number.map(lambda n: (str(n), frozenset({n}))),
        st.tuples(number, number).map(lambda p: (f"{p[0]}-{p[1]}", span(*p, 1))),
        step.map(lambda s: (f"*/{s}", span(minimum, maximum, s))),
        st.tuples(number, step).map(lambda p: (f"{p[0]}/{p[1]}", span(p[0], maximum, p[1]))),
        st.tuples(number, number, step).map(lambda p: (f"{p[0]}-{p[1]}/{p[2]}", span(*p))),
    )


def fields(minimum: int, maximum: int) -> st.SearchStrategy[Field]:
    return st.lists(elements(minimum, maximum), min_size=1, max_size=3).map(
        lambda parts: (",".join(text for text, _ in parts), frozenset().union(*(numbers for _, numbers in parts)))
    )


EXPRESSIONS = st.tuples(*(fields(*limits) for limits in LIMITS))
TIMES = st.datetimes(datetime(1999, 1, 1), datetime(2101, 1, 1))


def matches(expression: tuple[Field, ...], at: datetime) -> bool:
    shown = (at.second, at.minute, at.hour, at.day, at.month, (at.weekday() + 1) % 7)
    return all(value in numbers for value, (_, numbers) in zip(shown, expression, strict=True))


def is_day(expression: tuple[Field, ...], at: datetime) -> bool:
    shown = (at.day, at.month, (at.weekday() + 1) % 7)
    return all(value in numbers for value, (_, numbers) in zip(shown, expression[3:], strict=True))


@settings(max_examples=25, deadline=None)
@given(EXPRESSIONS, TIMES)
def test_the_next_time_is_the_first_that_brute_force_finds(expression: tuple[Field, ...], after: datetime) -> None:
    text = " ".join(text for text, _ in expression)
    if not any(number <= LONGEST[month] for number in expression[3][1] for month in expression[4][1]):
        with pytest.raises(ValueError, match="no such day comes"):
            parse_cron(text)
        return
    found = parse_cron(text).following(after)
    assert found is not None
    assert found > after
    assert matches(expression, found)
    # Nothing in between: by the second at both ends, by the day in the middle.
    start, steps = after.replace(microsecond=0) + SECOND, 600
    assert not any(matches(expression, start + n * SECOND) for n in range(steps) if start + n * SECOND < found)
    assert not any(matches(expression, found - n * SECOND) for n in range(1, steps) if found - n * SECOND > after)
    first_day = datetime(after.year, after.month, after.day) + DAY
    days = (datetime(found.year, found.month, found.day) - first_day).days
    assert not any(is_day(expression, first_day + n * DAY) for n in range(min(days, 800)))


@pytest.mark.parametrize(
    ("text", "after", "expected"),
    [
        ("0 */5 * * * *", "2026-11-21 14:03:10", "2026-11-21 14:05:00"),
        ("*/5 * * * *", "2026-11-21 14:05:00", "2026-11-21 14:10:00"),
        ("  0  0 9   * * MON-FRI ", "2026-11-21 14:00:00", "2026-11-23 09:00:00"),
        ("30 59 23 31 12 *", "2026-12-31 23:59:30", "2027-12-31 23:59:30"),
        ("0 0 0 29 2 *", "2096-03-01 00:00:00", "2104-02-29 00:00:00"),
        ("0 0 0 29 Feb Sun", "2088-03-01 00:00:00", "2128-02-29 00:00:00"),
        ("0 0 12 13 * Fri", "2026-11-21 00:00:00", "2027-08-13 12:00:00"),
        ("0 0 22-2 * * *", "2026-11-21 03:00:00", "2026-11-21 04:00:00"),
        ("0 0 0 1 J *", "2026-02-01 00:00:00", "2027-01-01 00:00:00"),
        ("0 0 0 1 Ma *", "2026-04-01 00:00:00", "2027-03-01 00:00:00"),
        ("0 0 0 31 * *", "2026-03-31 00:00:00", "2026-05-31 00:00:00"),
        ("5/20 * * * * *", "2026-11-21 14:00:05", "2026-11-21 14:00:25"),
        ("0 0 0 * * *", "2026-11-20 23:59:59.999999", "2026-11-21 00:00:00"),
    ],
)
def test_examples(text: str, after: str, expected: str) -> None:
    assert parse_cron(text).following(datetime.fromisoformat(after)) == datetime.fromisoformat(expected)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("0 0 0 * * 7", "Sunday is 0"),
        ("60 * * * * *", "second, 60 is out of range"),
        ("0 0 24 * * *", "hour, 24 is out of range; it must be 0 to 23"),
        ("0 0 0 0 * *", "day of month, 0 is out of range"),
        ("0 0 0 ? * *", "'?' cannot be read"),
        ("0 0 0 L * *", "'L' cannot be read"),
        ("0 0 0 * * 1#2", "'1#2' cannot be read"),
        ("0 0 0 * Foo *", "an English name"),
        ("0 1,,2 * * * *", "'' cannot be read"),
        ("0 */x * * * *", "the step 'x'"),
        ("0 1- * * * *", "'1-' cannot be read"),
        ("* * * *", "it has 4 fields"),
        ("0 0 0 30 2 *", "no such day comes: February has no day 30"),
        ("0 0 0 31 4,6 *", "April or June has no day 31"),
    ],
)
def test_what_cannot_be_read_says_where_and_why(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match="(?s).*") as caught:
        parse_cron(text)
    assert reason in str(caught.value)


@pytest.mark.parametrize(
    ("text", "repeats"),
    [("0 30 2 * * *", False), ("0 0,30 1,2 * * *", False), ("0 */5 * * * *", True), ("0 30 1-3 * * *", True)],
)
def test_marks_in_the_fields_of_the_clock_make_it_an_expression_of_intervals(text: str, repeats: bool) -> None:
    assert parse_cron(text).repeats is repeats


def test_at_the_end_of_the_calendar_there_is_no_next_time() -> None:
    assert parse_cron("* * * * * *").following(datetime(9999, 12, 31, 23, 59, 59)) is None
