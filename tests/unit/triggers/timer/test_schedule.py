"""Schedules in time zones, around changes of the clocks above all."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from funchost.triggers.timer.cron import CronExpression, parse_cron
from funchost.triggers.timer.schedule import CronSchedule, IntervalSchedule, Schedule, parse_schedule

MINUTE = timedelta(minutes=1)

CHANGES = {
    "Europe/Berlin": (datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 10, 25, 1, tzinfo=UTC)),
    "America/New_York": (datetime(2026, 3, 8, 7, tzinfo=UTC), datetime(2026, 11, 1, 6, tzinfo=UTC)),
    "Australia/Lord_Howe": (datetime(2026, 10, 3, 15, 30, tzinfo=UTC), datetime(2026, 4, 4, 15, tzinfo=UTC)),
    "Africa/Casablanca": (datetime(2026, 2, 15, 2, tzinfo=UTC), datetime(2026, 3, 22, 2, tzinfo=UTC)),
    "Pacific/Apia": (datetime(2011, 12, 30, 10, tzinfo=UTC),),
    "UTC": (datetime(2026, 3, 29, 1, tzinfo=UTC),),
}


def occurs(expression: CronExpression, zone: ZoneInfo, at: datetime) -> bool:
    """The rule in the words of zoneinfo, not of the code: see the docstring of schedule.py."""
    local = at.astimezone(zone)
    if is_match(expression, local.replace(tzinfo=None)):
        second_time = local.fold == 1
        if expression.repeats or not second_time:
            return True
    offset = (at - timedelta(hours=26)).astimezone(zone).utcoffset()
    assert offset is not None
    skipped = (at + offset).replace(tzinfo=None)
    there = skipped.replace(tzinfo=zone).astimezone(UTC)
    is_skipped = there.astimezone(zone).replace(tzinfo=None) != skipped
    return is_skipped and there == at and is_match(expression, skipped)


def is_match(expression: CronExpression, local: datetime) -> bool:
    return expression.following(local - timedelta(seconds=1)) == local


def local_times(schedule: Schedule, zone: str, after: str, count: int) -> list[str]:
    at = datetime.fromisoformat(after).replace(tzinfo=ZoneInfo(zone))
    found: list[str] = []
    for _ in range(count):
        following = schedule.next(at)
        assert following is not None
        at = following
        found.append(at.astimezone(ZoneInfo(zone)).strftime("%d %H:%M %z"))
    return found


@settings(max_examples=20, deadline=None)
@given(st.data())
def test_next_is_what_brute_force_finds_around_changes_of_the_clocks(data: st.DataObject) -> None:
    zone = data.draw(st.sampled_from(sorted(CHANGES)))
    change = data.draw(st.sampled_from(CHANGES[zone]))
    minutes = data.draw(st.sampled_from(["0", "15,45", "30", "*/20", "0-10/5", "59"]))
    hours = data.draw(st.sampled_from(["*", "0", "1", "2", "1,2,3", "*/2", "1-3", "23"]))
    text = f"0 {minutes} {hours} * * {data.draw(st.sampled_from(['*', '0', '1,5,6']))}"
    after = change + data.draw(st.integers(-180, 180)) * MINUTE
    expression = parse_cron(text)
    found = CronSchedule(text, expression, ZoneInfo(zone)).next(after)
    expected = next((at for n in range(1, 600) if occurs(expression, ZoneInfo(zone), at := after + n * MINUTE)), None)
    assert found is not None
    assert found == expected if expected is not None else found >= after + 600 * MINUTE


def test_a_single_time_that_the_clocks_skip_occurs_as_long_after_the_change() -> None:
    schedule = parse_schedule("0 30 2 * * *", ZoneInfo("Europe/Berlin"))
    expected = ["28 02:30 +0100", "29 03:30 +0200", "30 02:30 +0200"]
    assert local_times(schedule, "Europe/Berlin", "2026-03-28 00:00", 3) == expected


def test_a_single_time_that_comes_twice_occurs_once() -> None:
    schedule = parse_schedule("0 30 1 * * *", ZoneInfo("America/New_York"))
    expected = ["31 01:30 -0400", "01 01:30 -0400", "02 01:30 -0500"]
    assert local_times(schedule, "America/New_York", "2026-10-31 00:00", 3) == expected


def test_an_expression_of_intervals_goes_on_through_the_repeated_hour() -> None:
    schedule = parse_schedule("0 */30 * * * *", ZoneInfo("Europe/Berlin"))
    expected = ["25 02:00 +0200", "25 02:30 +0200", "25 02:00 +0100", "25 02:30 +0100", "25 03:00 +0100"]
    assert local_times(schedule, "Europe/Berlin", "2026-10-25 01:30", 5) == expected


def test_an_expression_of_intervals_has_no_pause_where_the_clocks_are_put_forward() -> None:
    schedule = parse_schedule("0 */30 * * * *", ZoneInfo("Europe/Berlin"))
    expected = ["29 01:30 +0100", "29 03:00 +0200", "29 03:30 +0200", "29 04:00 +0200"]
    assert local_times(schedule, "Europe/Berlin", "2026-03-29 01:00", 4) == expected


def test_half_an_hour_is_put_forward_and_back_on_lord_howe() -> None:
    single = parse_schedule("0 15 2 * * *", ZoneInfo("Australia/Lord_Howe"))
    assert local_times(single, "Australia/Lord_Howe", "2026-10-04 00:00", 2) == ["04 02:45 +1100", "05 02:15 +1100"]
    repeated = parse_schedule("0 */15 * * * *", ZoneInfo("Australia/Lord_Howe"))
    assert local_times(repeated, "Australia/Lord_Howe", "2026-04-05 01:30", 4) == [
        "05 01:45 +1100",
        "05 01:30 +1030",
        "05 01:45 +1030",
        "05 02:00 +1030",
    ]


def test_a_day_that_a_zone_left_out_runs_on_the_next() -> None:
    schedule = parse_schedule("0 0 12 30 12 *", ZoneInfo("Pacific/Apia"))
    assert local_times(schedule, "Pacific/Apia", "2011-12-29 13:00", 1) == ["31 12:00 +1400"]


def test_a_rare_time_is_found_over_many_changes_of_the_clocks() -> None:
    schedule = parse_schedule("0 0 2 29 2 *", ZoneInfo("America/New_York"))
    assert schedule.next(datetime(2024, 3, 1, tzinfo=UTC)) == datetime(2028, 2, 29, 7, tzinfo=UTC)


def test_a_time_span_counts_from_its_start() -> None:
    schedule = parse_schedule("1.00:00:30", ZoneInfo("Europe/Berlin"))
    assert schedule == IntervalSchedule(timedelta(days=1, seconds=30))
    after = datetime(2026, 3, 28, 12, tzinfo=ZoneInfo("Europe/Berlin"))
    assert schedule.next(after) == datetime(2026, 3, 29, 11, 0, 30, tzinfo=UTC)
    assert schedule.description == "Constant: 1.00:00:30"
    assert not schedule.adjusts_for_dst


@pytest.mark.parametrize(
    ("text", "frequent"),
    [("*/10 * * * * *", True), ("0,30 0 0 * * *", True), ("0 * * * * *", False), ("00:00:59", True), ("00:01", False)],
)
def test_what_can_occur_more_than_once_a_minute_is_frequent(text: str, frequent: bool) -> None:
    assert parse_schedule(text, UTC).is_frequent is frequent


@pytest.mark.parametrize(
    "text", ["", "hourly", "@daily", "0 0 0 30 2 *", "00:00:00", "-00:05:00", "24:00:00", "0 * * *"]
)
def test_what_is_no_schedule_is_refused_in_the_existing_hosts_words(text: str) -> None:
    wanted = f"The schedule expression '{text}' was not recognized as a valid cron expression or timespan string: "
    with pytest.raises(ValueError, match="(?s).*") as caught:
        parse_schedule(text, UTC)
    assert str(caught.value).startswith(wanted)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("24:00:00", "hours end at 23, minutes and seconds at 59; a day is 1.00:00:00."),
        ("5:0:0:0:0", "write hh:mm:ss, e.g. 00:05:00, with days 1.12:00:00."),
        ("hourly", "it has neither five or six fields nor the form hh:mm:ss."),
    ],
)
def test_a_refused_schedule_says_what_is_wrong_with_it(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match="was not recognized as a valid cron expression") as caught:
        parse_schedule(text, UTC)
    assert str(caught.value).endswith(reason)
