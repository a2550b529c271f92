"""From an occurrence to an invocation, and what the log says of a timer. Pure."""

from __future__ import annotations

import json
from datetime import datetime, tzinfo

from funchost.app.function_app import Function
from funchost.app.invocation import CALLED_BY_HOST, Datum, Invocation
from funchost.dispatch.invocation_id import new_invocation_id
from funchost.triggers.timer.config import TimerTrigger
from funchost.triggers.timer.plan import Cause
from funchost.triggers.timer.schedule import Schedule
from funchost.triggers.timer.status import ScheduleStatus, status_for_function

SHOWN = 5
"""How many occurrences the log announces."""


def timer_invocation(
    function: Function, trigger: TimerTrigger, status: ScheduleStatus | None, cause: Cause, now: datetime
) -> Invocation:
    """Return the invocation of a run.

    Args:
        status: as it was before this run; None if the timer is not monitored.
    """
    details = ""
    if cause is not Cause.SCHEDULED:
        original = (
            "" if status is None or status.next is None else status.next.astimezone(trigger.zone.rules).isoformat()
        )
        details = f"Trigger Details: UnscheduledInvocationReason: {cause.value}, OriginalSchedule: {original}"
    return Invocation(
        id=new_invocation_id(),
        function=function,
        inputs=((trigger.parameter, _timer_info(trigger, status, past_due=cause is Cause.PAST_DUE)),),
        metadata=_metadata(trigger, now),
        reason=f"Timer fired at {now.astimezone(trigger.zone.rules).isoformat()}",
        details=details,
    )


def manual_invocation(
    function: Function, trigger: TimerTrigger, status: ScheduleStatus | None, now: datetime
) -> Invocation:
    """Return the invocation of a call by hand; whatever the caller gives is not looked at."""
    return Invocation(
        id=new_invocation_id(),
        function=function,
        inputs=((trigger.parameter, _timer_info(trigger, status, past_due=False)),),
        metadata=_metadata(trigger, now),
        reason=CALLED_BY_HOST,
    )


def announcement(name: str, schedule: Schedule, zone: tzinfo, now: datetime) -> str:
    """Return the log lines about the next occurrences, in the zone's time and in UTC where that is another."""
    lines = [f"The next {SHOWN} occurrences of the '{name}' schedule ({schedule.description}) will be:"]
    at: datetime | None = now
    for _ in range(SHOWN):
        at = None if at is None else schedule.next(at)
        if at is None:
            break
        local = at.astimezone(zone)
        utc = f" ({_shown(at)})" if local.utcoffset() else ""
        lines.append(_shown(local) + utc)
    return "\n".join(lines)


def _shown(at: datetime) -> str:
    """Return ``MM/dd/yyyy HH:mm:ss`` and the offset, ``Z`` for UTC."""
    text = at.strftime("%m/%d/%Y %H:%M:%S%z")
    return text[:-5] + "Z" if text.endswith("+0000") else f"{text[:-2]}:{text[-2:]}"


def _timer_info(trigger: TimerTrigger, status: ScheduleStatus | None, *, past_due: bool) -> Datum:
    info = {
        "Schedule": {"AdjustForDST": trigger.schedule.adjusts_for_dst},
        "ScheduleStatus": None if status is None else status_for_function(status),
        "IsPastDue": past_due,
    }
    return Datum("json", json.dumps(info))


def _metadata(trigger: TimerTrigger, now: datetime) -> dict[str, Datum]:
    local = now.astimezone(trigger.zone.rules)
    return {"TimerTrigger": Datum("string", local.strftime("%m/%d/%Y %H:%M:%S"))}
