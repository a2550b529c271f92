"""Dispatcher: takes one invocation from trigger to result.

The walk of `invoke`, the same for every trigger:

1. log "Executing"
2. read the input bindings (bindings/binder.py); one that cannot be read fails the invocation
3. start the clock of functionTimeout; a worker executes (workers/pool.py); every failure comes back as a result,
   never as an exception
4. write the output bindings, if the function succeeded; one that cannot be written fails the invocation
5. log "Executed" with the outcome
6. a failed attempt with a retry policy waits and goes back to 1 with a new invocation id

Listeners act on the result (answer the client, delete the message); the dispatcher does not know them.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from time import perf_counter
from types import MappingProxyType
from typing import Any, Protocol

from funchost.app.function_app import Function, RetryPolicy
from funchost.app.invocation import (
    Datum,
    HttpRequestData,
    Invocation,
    InvocationException,
    InvocationResult,
    RetryState,
    Status,
)
from funchost.bindings.binder import FunctionBindings
from funchost.bindings.failure import BindingFailure
from funchost.dispatch.deadlines import Deadlines
from funchost.dispatch.invocation_id import new_invocation_id
from funchost.dispatch.report import failure_report
from funchost.dispatch.retry import retry_delay
from funchost.logs import HostLog, LogLevel


class Executor(Protocol):
    """Who executes: the worker pool, or a fake in tests."""

    def submit(self, invocation: Invocation) -> Awaitable[InvocationResult]: ...

    def abandon(self, invocation_id: str) -> None: ...


_NO_BINDINGS: Mapping[str, FunctionBindings] = MappingProxyType({})


def _spread() -> float:
    return random.uniform(0.8, 1.2)  # noqa: S311 - spreads retries, protects nothing


class Dispatcher:
    """Executes invocations of one loaded version of an app.

    Args:
        executor: see Executor.
        log: where "Executing" and "Executed" go.
        timeout: functionTimeout in seconds, None = no limit. Input bindings have the time limits of their stores.
        bindings: by function name; functions that only have a trigger and `http` have no entry.
    """

    def __init__(
        self,
        executor: Executor,
        log: HostLog,
        timeout: float | None,
        bindings: Mapping[str, FunctionBindings] = _NO_BINDINGS,
    ) -> None:
        self._executor = executor
        self._bindings = bindings
        self._log = log
        self._deadlines = Deadlines(timeout, self._time_out)
        self._closing = asyncio.Event()
        self._dropping: set[str] = set()
        self._held = 0
        self._none_held = asyncio.Event()
        self.outstanding = 0
        self.outstanding_retries = 0

    def invoke(self, invocation: Invocation) -> Coroutine[Any, Any, InvocationResult]:
        """Return how the invocation ended, after all its retries.

        Never raises for a fault of the app; only cancellation of the caller's own task gets out.
        Then the invocation is given up as one that is out of time: async code is cancelled, a stuck worker replaced.
        """
        policy = invocation.function.retry
        return self._attempt(invocation) if policy is None else self._retry_until_done(invocation, policy)

    async def drain(self, timeout: float) -> None:
        """Wait until no invocation is under way that goes on after its worker's answer: with bindings or retries.

        The others are the executor's to drain. Gives up after `timeout` seconds.
        """
        if not self._held:
            return
        self._none_held.clear()
        try:
            async with asyncio.timeout(timeout):
                await self._none_held.wait()
        except TimeoutError:
            return

    def close(self) -> None:
        """Stop waiting for retries and deadlines; invocations in flight are the executor's to end."""
        self._closing.set()
        self._deadlines.close()

    async def _attempt(self, invocation: Invocation) -> InvocationResult:
        function = invocation.function
        log = self._log
        speaks = log.enabled(function.log_category, LogLevel.INFORMATION)
        if speaks:
            self._announce(invocation)
        started = perf_counter()
        bindings = self._bindings.get(function.name)
        if bindings is None:
            self._deadlines.add(invocation.id, invocation)
            self.outstanding += 1
            try:
                result = await self._executor.submit(invocation)
            except asyncio.CancelledError:
                self._executor.abandon(invocation.id)
                raise
            finally:
                self.outstanding -= 1
                self._deadlines.discard(invocation.id)
        else:
            with self._holding():
                result = await self._run_bound(invocation, bindings)
        milliseconds = int((perf_counter() - started) * 1000)
        if result.dropped:
            self._report_dropped(function, result.dropped)
        if result.status is not Status.SUCCEEDED:
            self._report_failure(invocation, result, milliseconds)
        elif speaks:
            log.write(
                LogLevel.INFORMATION,
                function.log_category,
                f"Executed 'Functions.{function.name}' (Succeeded, Id={invocation.id}, Duration={milliseconds}ms)",
                function=function.name,
                invocation_id=invocation.id,
            )
        return result

    def _announce(self, invocation: Invocation) -> None:
        name, category = invocation.function.name, invocation.function.log_category
        text = f"Executing 'Functions.{name}' (Reason='{invocation.reason}', Id={invocation.id})"
        self._log.write(LogLevel.INFORMATION, category, text, function=name, invocation_id=invocation.id)
        if invocation.details:
            self._log.write(
                LogLevel.INFORMATION, category, invocation.details, function=name, invocation_id=invocation.id
            )

    async def _run_bound(self, invocation: Invocation, bindings: FunctionBindings) -> InvocationResult:
        """Execute with input bindings before and output bindings after."""
        if bindings.needs_body(invocation):
            with_body = await _body_in_memory(invocation)
            if isinstance(with_body, InvocationResult):
                return with_body
            invocation = with_body
        self.outstanding += 1
        try:
            invocation = await bindings.read(invocation)
            self._deadlines.add(invocation.id, invocation)
            try:
                result = await self._executor.submit(invocation)
            except asyncio.CancelledError:
                self._executor.abandon(invocation.id)
                raise
            finally:
                self._deadlines.discard(invocation.id)
            if result.status is Status.SUCCEEDED:
                # The function's own file may be what is slow, so its time limit counts here too.
                async with asyncio.timeout(self._deadlines.limit):
                    await bindings.write(invocation, result)
        except BindingFailure as failure:
            return InvocationResult(Status.FAILED, exception=InvocationException("BindingError", str(failure)))
        except TimeoutError:
            message = f"The output bindings were not written within {_timespan(self._deadlines.limit)}."
            return InvocationResult(Status.TIMED_OUT, exception=InvocationException("TimeoutError", message))
        finally:
            self.outstanding -= 1
            await bindings.finish(invocation)
        return result

    def _time_out(self, invocation: Invocation) -> None:
        name = invocation.function.name
        self._log.write(
            LogLevel.ERROR,
            invocation.function.log_category,
            f"Timeout value of {_timespan(self._deadlines.limit)} exceeded by function 'Functions.{name}' "
            f"(Id: '{invocation.id}'). Initiating cancellation.",
            function=name,
            invocation_id=invocation.id,
        )
        self._executor.abandon(invocation.id)

    def _report_dropped(self, function: Function, kind: str) -> None:
        """Warn once per function: the value is lost, the work counts as done."""
        if function.name not in self._dropping:
            self._dropping.add(function.name)
            message = (
                f"Function '{function.name}' returned a value of type {kind} that none of its bindings takes; it is "
                "dropped. Add an output binding named $return, or return nothing."
            )
            self._say(function, LogLevel.WARNING, message)

    def _report_failure(self, invocation: Invocation, result: InvocationResult, milliseconds: int) -> None:
        function = invocation.function
        self._log.write(
            LogLevel.ERROR,
            function.log_category,
            f"Executed 'Functions.{function.name}' (Failed, Id={invocation.id}, Duration={milliseconds}ms)\n"
            + failure_report(function.name, result),
            function=function.name,
            invocation_id=invocation.id,
        )

    async def _retry_until_done(self, invocation: Invocation, policy: RetryPolicy) -> InvocationResult:
        with self._holding():
            return await self._with_retries(invocation, policy)

    @contextmanager
    def _holding(self) -> Iterator[None]:
        self._held += 1
        try:
            yield
        finally:
            self._held -= 1
            if not self._held:
                self._none_held.set()

    async def _with_retries(self, invocation: Invocation, policy: RetryPolicy) -> InvocationResult:
        with_body = await _body_in_memory(invocation)
        if isinstance(with_body, InvocationResult):
            return with_body
        invocation = with_body
        retry = 0
        state = RetryState(0, policy.max_retries)
        while True:
            result = await self._attempt(invocation._replace(retry=state))
            if result.status is Status.SUCCEEDED:
                return result
            retry += 1
            delay = retry_delay(policy, retry, _spread)
            if delay is None:
                self._say(
                    invocation.function, LogLevel.ERROR, f"Function execution failed after '{retry - 1}' retries."
                )
                return result
            self._say(
                invocation.function,
                LogLevel.DEBUG,
                f"Waiting for `{_timespan(delay)}` before retrying function execution. "
                f"Next attempt: '{retry}'. Max retry count: '{policy.max_retries}'.",
            )
            if await self._wait_before_retry(delay):
                self._say(invocation.function, LogLevel.INFORMATION, "Invocation cancelled - exiting retry loop.")
                return result
            state = RetryState(retry, policy.max_retries, result.exception)
            invocation = invocation._replace(id=new_invocation_id())

    async def _wait_before_retry(self, delay: float) -> bool:
        """Return True if the host closes before the delay is over."""
        self.outstanding_retries += 1
        try:
            async with asyncio.timeout(delay):
                await self._closing.wait()
        except TimeoutError:
            return False
        finally:
            self.outstanding_retries -= 1
        return True

    def _say(self, function: Function, level: LogLevel, message: str) -> None:
        self._log.write(level, function.log_category, message, function=function.name)


async def _body_in_memory(invocation: Invocation) -> Invocation | InvocationResult:
    """Return the invocation with a streamed request body read, or how it ended because the body broke off."""
    inputs: list[tuple[str, Datum]] = []
    for name, datum in invocation.inputs:
        value = datum.value
        if isinstance(value, HttpRequestData) and not isinstance(value.body, bytes):
            try:
                body = b"".join([chunk async for chunk in value.body])
            except Exception as error:
                # Whatever breaks a body off, its owner (the HTTP front) knows it already and answers accordingly.
                broken = InvocationException(type(error).__name__, str(error))
                return InvocationResult(Status.CANCELLED, exception=broken)
            datum = Datum("http", value._replace(body=body))
        inputs.append((name, datum))
    return invocation._replace(inputs=tuple(inputs))


def _timespan(seconds: float | None) -> str:
    """Return `hh:mm:ss` as the existing host writes it, with a fraction only if there is one."""
    if seconds is None:
        return "infinite"
    whole = int(seconds)
    text = f"{whole // 3600:02}:{whole % 3600 // 60:02}:{whole % 60:02}"
    fraction = round((seconds - whole) * 1000)
    return f"{text}.{fraction:03}" if fraction else text
