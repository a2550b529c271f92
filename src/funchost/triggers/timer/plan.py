"""What a timer does next. Pure: decided from what is remembered and the time of day.

When the status is written, and what follows from it:

- before a run, with `running` set and `next` unchanged, on the condition that nobody has written it since we read it.
  So of two hosts that both believe to hold the timer's lock only one begins, and a run that is cut off leaves `next` in
  the past: whoever gets the lock then begins it once more, as past due;
- after it, with the occurrence that follows.

A run that ended while its status could not be written any more, because the host was killed in that moment, is
repeated for the same reason. Occurrences that pass while nobody runs the timer, or while a run takes too long, are
made up for by one run.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import Enum
from typing import NamedTuple

from funchost.triggers.timer.schedule import Schedule
from funchost.triggers.timer.status import ScheduleStatus

LATE = timedelta(minutes=1)
"""A run that begins later than this, though the timer was there all the time, is past due: the machine was asleep, its
clock was put forward, or no worker was ready."""

PUT_BACK = timedelta(minutes=10)
"""A clock that shows this much less than it did was wrong before; by less it was corrected, and nothing runs twice."""

_SAME = timedelta(seconds=1)


class Cause(Enum):
    """Why a run does not begin at an occurrence, in the existing host's words."""

    SCHEDULED = ""
    PAST_DUE = "IsPastDue"
    STARTUP = "RunOnStartup"


class Begin(NamedTuple):
    """What to do when the timer's lock has been obtained.

    Args:
        status: what holds from now on.
        changed: it must be written.
        run: cause of a run that is to begin at once, None = wait for `status.next`.
        cut_off: that run was begun before.
    """

    status: ScheduleStatus
    changed: bool
    run: Cause | None
    cut_off: bool = False


def begin(
    schedule: Schedule, identity: str, stored: ScheduleStatus | None, now: datetime, *, on_startup: bool
) -> Begin:
    """Return how a timer begins on a host.

    Args:
        identity: of the schedule, see TimerTrigger.
        stored: None if there is no status, or the timer is not monitored.
        on_startup: it shall run once although nothing has occurred.
    """
    startup = Cause.STARTUP if on_startup else None
    if stored is None or _is_other(schedule, identity, stored):
        return Begin(ScheduleStatus(None, schedule.next(now), now, identity), True, startup)
    if is_put_back(stored.updated, now):
        return Begin(ScheduleStatus(stored.last, schedule.next(now), now, identity), True, startup)
    status = stored._replace(schedule=identity, running=None)
    if status.next is not None and now >= status.next:
        return Begin(status, False, Cause.PAST_DUE, stored.running is not None)
    return Begin(status, status != stored, startup)


def is_put_back(updated: datetime | None, now: datetime) -> bool:
    """Return whether the clock shows a time so long before one that it has shown that it must have been wrong."""
    return updated is not None and now < updated - PUT_BACK


def due_cause(due: datetime, now: datetime, *, overrun: bool) -> Cause:
    """Return the cause of a run for the occurrence `due`.

    Args:
        overrun: the occurrence passed while the run before it was under way; that is no reason to be past due.
    """
    return Cause.PAST_DUE if now - due > LATE and not overrun else Cause.SCHEDULED


def running(status: ScheduleStatus, now: datetime) -> ScheduleStatus:
    """Return what to remember while a run is under way."""
    return status._replace(running=now)


def completed(schedule: Schedule, status: ScheduleStatus, began: datetime) -> ScheduleStatus:
    """Return what to remember after a run: the next occurrence is the first after its beginning."""
    return ScheduleStatus(began, schedule.next(began), began, status.schedule)


def _is_other(schedule: Schedule, identity: str, stored: ScheduleStatus) -> bool:
    """Return whether the status was written for another schedule; one of an existing host does not say which."""
    if stored.schedule is not None:
        return stored.schedule != identity
    counted_from = stored.last or stored.updated
    if counted_from is None or stored.next is None:
        return True
    expected = schedule.next(counted_from)
    return expected is None or abs(expected - stored.next) > _SAME
