"""CronExpression: a schedule expression of five or six fields, and the wall clock times that match it. Pure.

The grammar is NCRONTAB's (the library that the existing host uses). A parser of our own, because no Python library for
cron means the same by it: there, day of month and day of week are alternatives when both are given (here both must
match), 7 is a Sunday (here an error), a reversed range wraps around (here it is turned round), a sixth field stands at
the end or is a year (here it stands first and is seconds), and `L`, `#`, `?` and `@daily` mean something.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import MAXYEAR, date, datetime, time, timedelta
from typing import NamedTuple

_MONTHS = tuple("January February March April May June July August September October November December".split())
_DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
_LONGEST_MONTH = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_NUMBER = re.compile(r"[0-9]{1,9}", re.ASCII)
_STEP = re.compile(r"[+-]?[0-9]{1,9}", re.ASCII)
_SECOND = timedelta(seconds=1)


class _Field(NamedTuple):
    """What one field may hold; `names` stand for `minimum` and the numbers after it."""

    name: str
    minimum: int
    maximum: int
    names: Sequence[str] = ()


_FIELDS = (
    _Field("second", 0, 59),
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day of month", 1, 31),
    _Field("month", 1, 12, _MONTHS),
    _Field("day of week", 0, 6, _DAYS),
)


@dataclass(frozen=True)
class CronExpression:
    """What matches: each field's numbers in ascending order; Sunday is 0.

    Args:
        repeats: the expression names no single times but intervals of time (`*`, `-` or `/` in second, minute or hour),
            which counts where clocks are changed.
    """

    seconds: tuple[int, ...]
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: tuple[int, ...]
    months: tuple[int, ...]
    weekdays: tuple[int, ...]
    repeats: bool

    def following(self, after: datetime) -> datetime | None:
        """Return the first matching time strictly after a naive one, whole seconds; None if the calendar ends first."""
        try:
            start = after.replace(microsecond=0) + _SECOND
        except OverflowError:
            return None
        if self._is_day(start.date()):
            rest = self._time_from(start.hour, start.minute, start.second)
            if rest is not None:
                return datetime.combine(start.date(), rest)
        day = self._day_after(start.date())
        return None if day is None else datetime.combine(day, self._first_time())

    def _first_time(self) -> time:
        return time(self.hours[0], self.minutes[0], self.seconds[0])

    def _time_from(self, hour: int, minute: int, second: int) -> time | None:
        """Return the first time of day that is not before the given one."""
        for at in _from(self.hours, hour):
            if at > hour:
                return time(at, self.minutes[0], self.seconds[0])
            found = self._minute_from(minute, second)
            if found is not None:
                return time(at, *found)
        return None

    def _minute_from(self, minute: int, second: int) -> tuple[int, int] | None:
        for at in _from(self.minutes, minute):
            if at > minute:
                return at, self.seconds[0]
            rest = _from(self.seconds, second)
            if rest:
                return at, rest[0]
        return None

    def _is_day(self, day: date) -> bool:
        return day.month in self.months and day.day in self.days and day.isoweekday() % 7 in self.weekdays

    def _day_after(self, day: date) -> date | None:
        for year in range(day.year, MAXYEAR + 1):
            for month in self.months:
                if year == day.year and month < day.month:
                    continue
                for found in self._days_of(year, month):
                    if found > day:
                        return found
        return None

    def _days_of(self, year: int, month: int) -> Iterator[date]:
        last = monthrange(year, month)[1]
        for number in self.days:
            if number <= last:
                day = date(year, month, number)
                if day.isoweekday() % 7 in self.weekdays:
                    yield day


def parse_cron(text: str) -> CronExpression:
    """Return the expression in a text of six fields (second, minute, hour, day, month, day of week) or the last five.

    Raises:
        ValueError: a field cannot be read, or no day ever matches; says which and why.
    """
    fields = text.split()
    if len(fields) == 5:
        fields.insert(0, "0")
    if len(fields) != 6:
        raise ValueError(f"it has {len(fields)} fields; there must be six, or five without seconds")
    numbers = [_numbers(field, given) for field, given in zip(_FIELDS, fields, strict=True)]
    seconds, minutes, hours, days, months, weekdays = numbers
    if all(days[0] > _LONGEST_MONTH[month - 1] for month in months):
        names = " or ".join(_MONTHS[month - 1] for month in months)
        raise ValueError(f"no such day comes: {names} has no day {days[0]}")
    repeats = any(mark in field for field in fields[:3] for mark in "*-/")
    return CronExpression(seconds, minutes, hours, days, months, weekdays, repeats)


def _numbers(field: _Field, text: str) -> tuple[int, ...]:
    found: set[int] = set()
    for element in text.split(","):
        found.update(_element(field, element))
    return tuple(sorted(found))


def _element(field: _Field, element: str) -> range:
    """Return the numbers of ``*``, ``n``, ``a-b``, each with or without ``/step``."""
    values, slash, step_text = element.partition("/")
    if slash and not _STEP.fullmatch(step_text):
        raise ValueError(f"in field {field.name}, '{element}' has the step '{step_text}', which is no whole number")
    step = max(int(step_text), 1) if slash else 1
    if values == "*":
        return range(field.minimum, field.maximum + 1, step)
    first_text, dash, last_text = values.partition("-")
    first = _number(field, first_text, element)
    if dash:
        last = _number(field, last_text, element)
    else:
        last = field.maximum if slash else first
    return range(min(first, last), max(first, last) + 1, step)


def _number(field: _Field, text: str, element: str) -> int:
    if not _NUMBER.fullmatch(text):
        wanted = text.lower()
        for index, name in enumerate(field.names if wanted else ()):
            if name.lower().startswith(wanted):
                return field.minimum + index
        allowed = " or an English name" if field.names else ""
        raise ValueError(
            f"in field {field.name}, '{element}' cannot be read; write a number{allowed}, '*', 'a-b' or '*/n'"
        )
    number = int(text)
    if not field.minimum <= number <= field.maximum:
        sunday = "; Sunday is 0" if field.names is _DAYS else ""
        raise ValueError(
            f"in field {field.name}, {number} is out of range; it must be {field.minimum} to {field.maximum}{sunday}"
        )
    return number


def _from(numbers: tuple[int, ...], least: int) -> tuple[int, ...]:
    return numbers[bisect_left(numbers, least) :]
