"""Schedules: when a timer function runs. Pure.

Occurrences are instants. Where the clocks of the time zone are changed:

- put forward: a time that the clocks skip occurs as long after the change as it would have been, ``02:30`` at 03:30;
- put back: of two equal times an expression of intervals (``0 */5 * * * *``) means both, so that it goes on without a
  pause, and one of single times (``0 30 2 * * *``) the first, so that it does not run twice.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from typing import NamedTuple, Protocol

from funchost.app import values
from funchost.triggers.timer.cron import CronExpression, parse_cron

_SECOND = timedelta(seconds=1)
_SHORTEST = 0.01
_DAY = timedelta(days=1)
_LOOK_BACK = timedelta(hours=26)
"""More than any zone has ever put its clocks at once: a day, across the date line."""


class Schedule(Protocol):
    """When something occurs."""

    @property
    def description(self) -> str:
        """For the log: ``Cron: '0 0 * * * *'`` or ``Constant: 00:05:00``."""
        ...

    @property
    def adjusts_for_dst(self) -> bool:
        """Whether it follows the clocks of the time zone."""
        ...

    @property
    def is_frequent(self) -> bool:
        """Whether it can occur more than once a minute."""
        ...

    def next(self, after: datetime) -> datetime | None:
        """Return the first occurrence strictly after an aware time, in UTC; None if there is none before year 10000."""
        ...


class IntervalSchedule(NamedTuple):
    """Occurs a fixed time after the start and after each run.

    Args:
        interval: more than zero.
    """

    interval: timedelta

    @property
    def description(self) -> str:
        return f"Constant: {values.time_span_text(self.interval.total_seconds())}"

    @property
    def adjusts_for_dst(self) -> bool:
        return False

    @property
    def is_frequent(self) -> bool:
        return self.interval < timedelta(minutes=1)

    def next(self, after: datetime) -> datetime | None:
        try:
            return after.astimezone(UTC) + self.interval
        except OverflowError:
            return None


class CronSchedule:
    """Occurs when the clocks of a time zone show a time that an expression names.

    Args:
        text: the expression as written, for logs.
    """

    adjusts_for_dst = True

    def __init__(self, text: str, expression: CronExpression, zone: tzinfo) -> None:
        self.description = f"Cron: '{text}'"
        self.is_frequent = len(expression.seconds) > 1
        self._expression = expression
        self._zone = zone

    def next(self, after: datetime) -> datetime | None:
        try:
            found = self._next(after.astimezone(UTC).replace(tzinfo=None, microsecond=0))
        except OverflowError:
            return None
        return None if found is None else found.replace(tzinfo=UTC)

    def _next(self, after: datetime) -> datetime | None:
        """Go from one stretch of time with a constant offset to the next; times are naive and UTC."""
        since, before = self._last_change(after)
        while True:
            offset = self._offset(after if since is None else max(after, since))
            found = self._first(after, offset, since, before)
            if found is None:
                return None
            change = self._first_change(after if since is None else max(after, since), found)
            if change is None:
                return found
            after, since, before = change - _SECOND, change, offset

    def _first(self, after: datetime, offset: timedelta, since: datetime | None, before: timedelta) -> datetime | None:
        """Return the first occurrence after `after` if the offset stays as it is.

        Args:
            since: when the clocks were changed to `offset`, None if that is long ago.
            before: the offset until then.
        """
        start = after
        if since is not None and before > offset and not self._expression.repeats:
            start = max(after, since + (before - offset) - _SECOND)
        found = self._matching(start, offset)
        if since is not None and before < offset:
            skipped = self._matching(after, before)
            if skipped is not None and skipped < since + (offset - before):
                found = skipped if found is None else min(found, skipped)
        return found

    def _matching(self, after: datetime, offset: timedelta) -> datetime | None:
        local = self._expression.following(after + offset)
        return None if local is None else local - offset

    def _offset(self, at: datetime) -> timedelta:
        return at.replace(tzinfo=UTC).astimezone(self._zone).utcoffset() or timedelta()

    def _last_change(self, at: datetime) -> tuple[datetime | None, timedelta]:
        """Return the last change of the clocks up to `at` if it still counts, and the offset before it."""
        earlier = at - _LOOK_BACK
        before = self._offset(earlier)
        return (None, before) if before == self._offset(at) else (self._change_between(earlier, at), before)

    def _first_change(self, after: datetime, until: datetime) -> datetime | None:
        """Return the first instant with another offset than `after`, not later than `until`; None if there is none."""
        offset = self._offset(after)
        while after < until:
            day = min(after + _DAY, until)
            if self._offset(day) != offset:
                return self._change_between(after, day)
            after = day
        return None

    def _change_between(self, low: datetime, high: datetime) -> datetime:
        """Return the first second with the offset of `high`, which is not that of `low`."""
        offset = self._offset(low)
        while high - low > _SECOND:
            middle = low + timedelta(seconds=(high - low) // _SECOND // 2)
            if self._offset(middle) == offset:
                low = middle
            else:
                high = middle
        return high


def parse_schedule(text: str, zone: tzinfo) -> Schedule:
    """Return the schedule that a timer's `schedule` means.

    Args:
        text: six or five fields, or a time span ``[d.]hh:mm:ss``.

    Raises:
        ValueError: it is neither; in the existing host's words, and why.
    """
    if len(text.split()) in (5, 6):
        try:
            return CronSchedule(" ".join(text.split()), parse_cron(text), zone)
        except ValueError as error:
            raise ValueError(_refusal(text, str(error))) from None
    try:
        seconds = values.time_span(text)
    except ValueError as error:
        is_span = ":" in text and len(text.split()) == 1
        reason = str(error).rstrip(".") if is_span else "it has neither five or six fields nor the form hh:mm:ss"
        raise ValueError(_refusal(text, reason)) from None
    if seconds < _SHORTEST:
        raise ValueError(_refusal(text, f"a time span must be {values.time_span_text(_SHORTEST)} at least"))
    return IntervalSchedule(timedelta(seconds=seconds))


def _refusal(text: str, reason: str) -> str:
    return (
        f"The schedule expression '{text}' was not recognized as a valid cron expression or timespan string: {reason}."
    )
