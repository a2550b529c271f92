"""TimerListener: runs one timer function at its occurrences, while this host holds the timer's lock.

What is decided when stands in plan.py. This module waits, writes the status and calls the function. It waits by the
clock on the wall and looks at it once a minute at least, since that clock may be put, and the machine may sleep.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import TypeVar

from funchost.app import values
from funchost.app.function_app import Function
from funchost.app.invocation import Invocation, InvocationResult, Status
from funchost.errors import StorageError
from funchost.logs import LogLevel
from funchost.storage.connections import find_connection
from funchost.triggers.clock import Clock
from funchost.triggers.context import TriggerContext
from funchost.triggers.listener import Listener
from funchost.triggers.singleton import Hold, LockTerms
from funchost.triggers.timer.config import TimerTrigger, read_timer_trigger
from funchost.triggers.timer.event import announcement, manual_invocation, timer_invocation
from funchost.triggers.timer.plan import Cause, begin, completed, due_cause, is_put_back, running
from funchost.triggers.timer.status import ScheduleStatus
from funchost.triggers.timer.status_store import (
    BlobStatus,
    NoStatus,
    StatusChangedError,
    StatusStore,
    UnreadableStatusError,
)

CATEGORY = "Host.Triggers.Timer"
LONGEST_SLEEP = 60.0
"""Seconds between two looks at the clock on the wall."""
RETRY = 1.0
"""Seconds between two attempts at a store that is away, or two looks whether a worker is there."""

T = TypeVar("T")


def listeners(context: TriggerContext, functions: Sequence[Function]) -> Sequence[Listener]:
    """Return a listener for each function; none if there is storage that cannot be opened, since nothing locks then."""
    if context.storage is None and find_connection(context.settings.names, None) is not None:
        names = ", ".join(function.name for function in functions)
        context.log.write(
            LogLevel.ERROR, CATEGORY, f"Timers do not run while the host's own storage cannot be used: {names}"
        )
        return []
    return [TimerListener(context, function) for function in functions]


async def manual(context: TriggerContext, function: Function, text: str) -> Invocation:
    trigger = read_timer_trigger(function, context.settings)
    status: ScheduleStatus | None = None
    if trigger.monitored:
        try:
            status = await status_store(context, function, trigger).load()
        except UnreadableStatusError:
            # The listener says so, and writes a new one; this call needs none.
            status = None
    return manual_invocation(function, trigger, status, datetime.now(UTC))


def status_store(context: TriggerContext, function: Function, trigger: TimerTrigger) -> StatusStore:
    """Return where the timer's status is kept."""
    if context.storage is None or not trigger.monitored:
        return NoStatus()
    return BlobStatus(context.storage.blobs, context.host_id, function.name, trigger.zone.rules)


class _NotOursError(Exception):
    """The timer must not go on as it is: its status was written by somebody else, or its lock is lost."""


class TimerListener:
    """Implements triggers.listener.Listener.

    Args:
        clock: see Clock.
    """

    def __init__(self, context: TriggerContext, function: Function, clock: Clock | None = None) -> None:
        self.name = function.name
        self._context = context
        self._function = function
        self._trigger = read_timer_trigger(function, context.settings)
        self._status = status_store(context, function, self._trigger)
        self._clock = clock or Clock()
        self._drained = asyncio.Event()
        self._startup = self._trigger.run_on_startup
        options = context.app.host.singleton
        self._terms = LockTerms(options.listener_lease, options.listener_retry)

    def drain(self) -> None:
        self._drained.set()

    async def run(self) -> None:
        lock = f"Host.Functions.{self.name}.Listener"
        try:
            await self._context.locks.run_alone(lock, self._run_while_held, self._drained, self._terms)
        finally:
            self._context.availability.forget(self._user)

    async def _run_while_held(self, hold: Hold) -> None:
        self._announce()
        while not self._drained.is_set():
            try:
                status = await self._begin(hold)
                while not self._drained.is_set():
                    status = await self._run_next(hold, status)
            except (StatusChangedError, _NotOursError):
                # Begin anew with what is there now; a lost lock ends this work before that comes to anything.
                await self._clock.wait(self._drained, RETRY)

    async def _begin(self, hold: Hold) -> ScheduleStatus:
        """Return the status that holds from now on, after the run that is to come at once, if any."""
        stored = await self._load(hold)
        plan = begin(self._trigger.schedule, self._trigger.identity, stored, self._now(), on_startup=self._startup)
        last, following, updated, *_ = plan.status
        self._debug(
            f"Function '{self.name}' initial status: Last='{last}', Next='{following}', LastUpdated='{updated}'"
        )
        if plan.changed:
            await self._save(hold, plan.status)
        if plan.run is None:
            return plan.status
        if plan.cut_off:
            self._say(LogLevel.WARNING, f"The last run of function '{self.name}' was cut off. It runs once more.")
        why = "is past due on startup" if plan.run is Cause.PAST_DUE else "is configured to run on startup"
        self._debug(f"Function '{self.name}' {why}. Executing now.")
        return await self._run_now(hold, plan.status, plan.run)

    async def _run_next(self, hold: Hold, status: ScheduleStatus) -> ScheduleStatus:
        """Wait for the next occurrence and run; returns the status after that, or the same one when drained."""
        due = status.next
        if due is None:
            await self._drained.wait()
            return status
        overrun = self._now() >= due
        while (now := self._now()) < due:
            if is_put_back(status.updated, now):
                return await self._replan(hold, now)
            if await self._clock.wait(self._drained, min((due - now).total_seconds(), LONGEST_SLEEP)):
                return status
        while not self._context.gate.is_open:
            if await self._clock.wait(self._drained, RETRY):
                return status
        return await self._run_now(hold, status, due_cause(due, self._now(), overrun=overrun))

    async def _replan(self, hold: Hold, now: datetime) -> ScheduleStatus:
        """The clock was far ahead and has been put right: look for the next occurrence from here."""
        self._say(LogLevel.WARNING, f"The clock was put back; the schedule of function '{self.name}' begins anew.")
        status = ScheduleStatus(None, self._trigger.schedule.next(now), now, self._trigger.identity)
        await self._save(hold, status)
        return status

    async def _run_now(self, hold: Hold, status: ScheduleStatus, cause: Cause) -> ScheduleStatus:
        began = self._now()
        await self._save(hold, running(status, began))
        if not hold.is_held():
            raise _NotOursError
        self._startup = False
        result = await self._invoke(status, cause, began)
        if result.status is Status.LOST and hold.is_held() and not self._drained.is_set():
            # Its worker was killed, perhaps through another call: once more, as after the death of a host.
            result = await self._invoke(status, Cause.PAST_DUE, self._now())
        if result.status is Status.CANCELLED and self._drained.is_set():
            # The host stops and the run was broken off; whoever comes next begins it once more.
            return status
        status = completed(self._trigger.schedule, status, began)
        await self._save(hold, status)
        if status.next is not None:
            interval = max((status.next - self._now()).total_seconds(), 0.0)
            self._debug(f"Timer for '{self.name}' started with interval '{values.time_span_text(interval)}'.")
        return status

    async def _invoke(self, status: ScheduleStatus, cause: Cause, now: datetime) -> InvocationResult:
        seen = status if self._trigger.monitored else None
        return await self._context.invoker.invoke(timer_invocation(self._function, self._trigger, seen, cause, now))

    async def _load(self, hold: Hold) -> ScheduleStatus | None:
        """Raises: _NotOursError."""
        try:
            return await self._until_answered(hold, self._status.load)
        except UnreadableStatusError as error:
            self._say(LogLevel.WARNING, f"{error} The schedule of function '{self.name}' begins anew.")
            return None

    async def _save(self, hold: Hold, status: ScheduleStatus) -> None:
        """Raises: StatusChangedError, _NotOursError."""
        await self._until_answered(hold, lambda: self._status.save(status))

    async def _until_answered(self, hold: Hold, operation: Callable[[], Awaitable[T]]) -> T:
        """Try until the store answers.

        Raises:
            _NotOursError: it did not before the lock was lost, or the listener was drained.
        """
        availability = self._context.availability
        while True:
            try:
                answer = await operation()
            except StorageError as error:
                availability.failed(self._url, self._user, error)
                if not hold.is_held() or await self._clock.wait(self._drained, RETRY):
                    raise _NotOursError from error
            else:
                availability.succeeded(self._url, self._user)
                return answer

    @property
    def _url(self) -> str:
        return "" if self._context.storage is None else self._context.storage.blobs.url

    @property
    def _user(self) -> str:
        return f"timer {self.name}"

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock.wall(), UTC)

    def _announce(self) -> None:
        zone = self._trigger.zone
        if self._context.log.enabled(CATEGORY, LogLevel.INFORMATION):
            self._say(LogLevel.INFORMATION, announcement(self.name, self._trigger.schedule, zone.rules, self._now()))
        self._debug(
            f"The '{self.name}' timer is using the schedule '{self._trigger.schedule.description}' and the local time "
            f"zone: '{zone.name}'"
        )

    def _debug(self, message: str) -> None:
        self._say(LogLevel.DEBUG, message)

    def _say(self, level: LogLevel, message: str) -> None:
        self._context.log.write(level, CATEGORY, message, function=self.name)
