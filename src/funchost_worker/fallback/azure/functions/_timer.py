"""TimerRequest and the timer trigger's converter."""

import json

from ._registry import TriggerConverter, converts, is_subclass


class TimerRequest:
    """Why a timer function runs.

    Args:
        past_due: the run is later than planned.
        schedule_status: times of the last and next run.
        schedule: the schedule itself.
    """

    def __init__(self, *, past_due=False, schedule_status=None, schedule=None):
        self.past_due = past_due
        self.schedule_status = schedule_status or {}
        self.schedule = schedule or {}


@converts("timerTrigger")
class TimerTriggerConverter(TriggerConverter):

    @classmethod
    def check_input_type_annotation(cls, pytype):
        return is_subclass(pytype, TimerRequest)

    @classmethod
    def decode(cls, datum, *, trigger_metadata):
        if datum is None or datum.type != "json":
            raise NotImplementedError
        info = json.loads(datum.value)
        return TimerRequest(
            past_due=info.get("IsPastDue", False),
            schedule_status=info.get("ScheduleStatus"),
            schedule=info.get("Schedule"),
        )
