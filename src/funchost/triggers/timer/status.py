"""ScheduleStatus: what is remembered of a timer between its runs, and its JSON form. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from typing import NamedTuple

from funchost.app.foreign_json import read_foreign

_NEVER = "0001-01-01T00:00:00"


class ScheduleStatus(NamedTuple):
    """Times are aware and UTC.

    Args:
        last: when the last run began, None if there was none under this schedule.
        next: the occurrence that has not run yet, None if there is none any more.
        updated: the time after which `next` was looked for.
        schedule: what `next` was worked out from (see TimerTrigger.identity), None if an existing host wrote this.
        running: when the run for `next` began, None unless it is under way, or was cut off.
    """

    last: datetime | None
    next: datetime | None
    updated: datetime | None
    schedule: str | None = None
    running: datetime | None = None


def status_document(status: ScheduleStatus, zone: tzinfo) -> bytes:
    """Return the content of the status blob: the existing host's members, in local time, and two of our own."""
    document: dict[str, object] = {
        "Last": _local(status.last, zone),
        "Next": _local(status.next, zone),
        "LastUpdated": _local(status.updated, zone),
    }
    if status.schedule is not None:
        document["Schedule"] = status.schedule
    if status.running is not None:
        document["RunningSince"] = _local(status.running, zone)
    return json.dumps(document).encode()


def read_status(content: bytes, zone: tzinfo) -> ScheduleStatus:
    """Return the status in a blob, ours or an existing host's; times without an offset are the zone's.

    Raises:
        ValueError: it is none.
    """
    try:
        document = read_foreign(content)
    except UnicodeDecodeError as error:
        raise ValueError(f"it is no text: {error}") from None
    if not isinstance(document, dict):
        raise ValueError("it is no JSON object")  # noqa: TRY004 - a wrong file, not a wrong call
    schedule = document.get("Schedule")
    return ScheduleStatus(
        last=_time(document, "Last", zone),
        next=_time(document, "Next", zone),
        updated=_time(document, "LastUpdated", zone),
        schedule=schedule if isinstance(schedule, str) else None,
        running=_time(document, "RunningSince", zone),
    )


def status_for_function(status: ScheduleStatus) -> dict[str, str]:
    """Return the status as the function sees it: in UTC, since the Python library refuses other offsets."""
    return {
        "Last": _local(status.last, UTC),
        "Next": _local(status.next, UTC),
        "LastUpdated": _local(status.updated, UTC),
    }


def _local(at: datetime | None, zone: tzinfo) -> str:
    return _NEVER if at is None else at.astimezone(zone).isoformat()


def _time(document: Mapping[str, object], name: str, zone: tzinfo) -> datetime | None:
    text = document.get(name)
    if text is None:
        return None
    if not isinstance(text, str):
        raise ValueError(f"its {name} is no text")  # noqa: TRY004 - a wrong file, not a wrong call
    at = datetime.fromisoformat(text)
    if at.year == 1:
        return None
    return (at if at.tzinfo is not None else at.replace(tzinfo=zone)).astimezone(UTC)
