"""The timer trigger's binding. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeVar

from funchost.app import values
from funchost.app.function_app import Function
from funchost.app.host_json import HostConfig
from funchost.app.problem import DeclarationProblem
from funchost.errors import SettingError
from funchost.settings import Settings
from funchost.storage.connections import find_connection
from funchost.triggers.timer.schedule import Schedule, parse_schedule
from funchost.triggers.timer.zone import TimeZone, time_zone

T = TypeVar("T")


class TimerTrigger(NamedTuple):
    """When a function runs.

    Args:
        parameter: name of the function's parameter.
        identity: text of the schedule, with the time zone; a status with another one does not count.
        run_on_startup: run it also when the timer begins on a host.
        monitored: its status is kept in storage, so that it runs when an occurrence was missed.
    """

    parameter: str
    schedule: Schedule
    identity: str
    zone: TimeZone
    run_on_startup: bool
    monitored: bool


def read_timer_trigger(function: Function, settings: Settings) -> TimerTrigger:
    """Return the trigger of a timer function.

    Raises:
        DeclarationProblem: its schedule is none, or a property is of the wrong kind.
        SettingError: the time zone does not exist.
    """
    text = _read(function, "schedule", values.text, "").strip()
    if not text:
        raise _problem(
            function, "schedule", 'The schedule is missing; write e.g. "0 */5 * * * *" for every five minutes.'
        )
    zone = time_zone(settings)
    try:
        schedule = parse_schedule(text, zone.rules)
    except ValueError as error:
        raise _problem(function, "schedule", str(error)) from None
    return TimerTrigger(
        parameter=function.trigger.name,
        schedule=schedule,
        identity=f"{schedule.description} ({zone.name})" if schedule.adjusts_for_dst else schedule.description,
        zone=zone,
        run_on_startup=_read(function, "runOnStartup", values.boolean, False),
        monitored=_read(function, "useMonitor", values.boolean, True) and not schedule.is_frequent,
    )


def check(function: Function, host: HostConfig, settings: Settings) -> None:
    """Raises: DeclarationProblem."""
    try:
        read_timer_trigger(function, settings)
    except SettingError as error:
        raise DeclarationProblem(f"{error} {error.hint}") from error
    try:
        find_connection(settings.names, None)
    except SettingError as error:
        # Without any storage a timer runs on each instance; storage that is meant and wrong must not do that.
        raise DeclarationProblem(
            f"The timer trigger '{function.trigger.name}' has its lock and its status in the host's own storage, which "
            f"cannot be used: {error}"
        ) from error


def _read(function: Function, name: str, convert: Callable[[object], T], default: T) -> T:
    value = function.trigger.properties.get(name.lower())
    if value is None:
        return default
    try:
        return convert(value)
    except ValueError as error:
        raise _problem(function, name, str(error)) from None


def _problem(function: Function, name: str, message: str) -> DeclarationProblem:
    trigger = function.trigger
    keys = ("bindings", function.bindings.index(trigger), trigger.spelling(name))
    return DeclarationProblem(f"'{name}' of the timer trigger '{trigger.name}': {message}", keys)
