"""WorkerPool: keeps the worker processes of one app running and spreads invocations over them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Mapping, Sequence

from funchost.app.function_app import Function
from funchost.app.indexed import AppIndex, LoadError
from funchost.app.invocation import Invocation, InvocationException, InvocationResult, Status
from funchost.errors import LoadInterruptedError, WorkerStartError
from funchost.workers.backoff import deaths_in_a_row, restart_delay
from funchost.workers.calls import Calls
from funchost.workers.events import PoolCondition, PoolState, WorkerEvents, WorkerLog
from funchost.workers.launch import WorkerLaunch
from funchost.workers.rotation import Rotation
from funchost.workers.waiting_room import WaitingRoom, lost
from funchost.workers.worker import KILL_TIMEOUT, Worker

CANCEL_GRACE = 1.0
"""Seconds that a worker has to answer an abandoned invocation before it counts as stuck."""

_STUCK = "was replaced because a call in it went on after its time limit"
_WARNING = 30

_TIMED_OUT = InvocationResult(
    Status.TIMED_OUT, exception=InvocationException("TimeoutError", "The invocation exceeded its time limit.")
)
_STOPPING = InvocationResult(Status.CANCELLED, exception=InvocationException("CancelledError", "The host is stopping."))
_CANCELLED = InvocationResult(
    Status.CANCELLED, exception=InvocationException("CancelledError", "The invocation was cancelled.")
)


class WorkerPool:
    """The workers of one version of one app.

    `index`, then `load`; from then on dead workers are replaced until `stop`. The pool executes and nothing else:
    time limits and retries are the dispatcher's.

    Args:
        count: number of worker processes.
        events: told what happens; see WorkerEvents.
    """

    def __init__(self, launch: WorkerLaunch, count: int, events: WorkerEvents) -> None:
        self._launch = launch
        self._count = count
        self._events = events
        self._workers: dict[int, Worker] = {}
        self._ready: Rotation[Calls] = Rotation()
        self._retired: set[Worker] = set()
        self._starting = 0
        self._waiting = WaitingRoom(launch.start_timeout, self._check_quiet)
        self._first: Worker | None = None
        self._functions: tuple[Function, ...] = ()
        self._unloaded: tuple[str, ...] = ()
        self._keepers: list[asyncio.Task[None]] = []
        self._stopping = False
        self._quiet: asyncio.Event | None = None

    @property
    def pids(self) -> tuple[int, ...]:
        """Processes that live, oldest first."""
        return tuple(self._workers)

    @property
    def in_flight(self) -> int:
        """Invocations and response bodies that somebody waits for."""
        return len(self._waiting) + sum(worker.calls.waiting for worker in self._workers.values())

    async def index(self) -> AppIndex:
        """Start the first worker and let it look at the app.

        Raises:
            WorkerStartError: with the last lines of standard error.
        """
        self._first = self._start()
        return await self._first.index()

    async def load(self, functions: Sequence[Function]) -> Mapping[str, LoadError]:
        """Load the functions in the first worker, then start the others in the background.

        A function whose import ends the worker is left out, and the others are loaded in a new worker.

        Returns:
            Why functions did not load, by name. They stay without effect on the others.

        Raises:
            WorkerStartError: the worker ended, or did not answer in time, for no function's fault.
        """
        errors: dict[str, LoadError] = {}
        first = await self._indexed_first()
        while True:
            self._functions = tuple(f for f in functions if f.name not in errors)
            try:
                errors.update(await first.load(self._functions))
                break
            except LoadInterruptedError as error:
                text = f"The import of function '{error.function}' ended its worker process. {error.message}"
                errors[error.function] = LoadError("WorkerLostError", " ".join(filter(None, (text, error.hint))))
                first = await self._indexed_first()
        self._functions = tuple(f for f in functions if f.name not in errors)
        self._open(first)
        self._keepers = [self._keeper(at, first if at == 0 else None) for at in range(self._count)]
        return errors

    async def _indexed_first(self) -> Worker:
        """Raises: WorkerStartError."""
        first = self._first
        if first is None or first.gone.done():
            self._first = first = self._start()
            await first.index()
        return first

    def submit(self, invocation: Invocation) -> Awaitable[InvocationResult]:
        """Execute an invocation on the least busy worker.

        The result is LOST when its worker ends, or when no worker becomes ready within the start timeout.
        """
        answer: asyncio.Future[InvocationResult] = asyncio.get_running_loop().create_future()
        if self._ready:
            self._ready.next().invoke(invocation, answer)
        elif self._stopping:
            answer.set_result(_STOPPING)
        else:
            self._waiting.enter(invocation, answer)
        return answer

    def cancel(self, invocation_id: str) -> None:
        """Ask for an invocation to be given up. A sync function that has started runs on; its result still comes."""
        if not self._waiting.leave(invocation_id, _CANCELLED):
            any(worker.calls.cancel(invocation_id) for worker in self._workers.values())

    def abandon(self, invocation_id: str) -> None:
        """Give up an invocation whose time is over: its result is TIMED_OUT at once.

        A worker that does not answer the cancellation within a second is replaced, and killed when nobody waits
        for it any more.
        """
        if self._waiting.leave(invocation_id, _TIMED_OUT):
            return
        for worker in self._workers.values():
            number = worker.calls.abandon(invocation_id, _TIMED_OUT)
            if number is not None:
                asyncio.get_running_loop().call_later(CANCEL_GRACE, self._check_answered, worker, number)
                self._doubt(worker)
                return

    async def drain(self, timeout: float) -> None:
        """Wait until nothing is in flight, at most `timeout` seconds."""
        if not self.in_flight:
            return
        self._quiet = self._quiet or asyncio.Event()
        try:
            async with asyncio.timeout(timeout):
                await self._quiet.wait()
        except TimeoutError:
            return

    async def stop(self, timeout: float) -> None:
        """End all workers: ask first, kill after `timeout` seconds. Can be called again at any time."""
        self._stopping = True
        self._waiting.dismiss(_STOPPING)
        keepers, self._keepers = self._keepers, []
        for keeper in keepers:
            keeper.cancel()
        outcomes = await asyncio.gather(*keepers, return_exceptions=True)
        for worker in list(self._workers.values()):
            self._ready.discard(worker.calls)
            worker.stop()
        await self._wait_for_end(timeout)
        self.kill()
        await self._wait_for_end(KILL_TIMEOUT)
        for outcome in outcomes:
            if isinstance(outcome, Exception):
                raise outcome

    def kill(self) -> None:
        """Kill all workers and their process groups now, without waiting."""
        self._stopping = True
        for keeper in self._keepers:
            keeper.cancel()
        for worker in list(self._workers.values()):
            worker.kill("", expected=True)

    async def _wait_for_end(self, timeout: float) -> None:
        ends = [worker.gone for worker in self._workers.values()]
        if ends:
            await asyncio.wait(ends, timeout=timeout)

    def _refuse_if_stopped(self) -> None:
        """Raises: WorkerStartError."""
        if self._stopping:
            raise WorkerStartError("The workers have been stopped.")

    def _start(self) -> Worker:
        """Raises: WorkerStartError."""
        self._refuse_if_stopped()
        worker = Worker(self._launch, self._events, self._idle, self._unusable)
        self._workers[worker.pid] = worker
        return worker

    def _open(self, worker: Worker) -> None:
        """Let calls come to a worker that has loaded the functions."""
        self._events.started(worker.pid)
        self._admit(worker)
        self._announce()

    def _admit(self, worker: Worker) -> None:
        self._ready.add(worker.calls)
        self._waiting.admit(lambda invocation, answer: self._ready.next().invoke(invocation, answer))

    def _keeper(self, at: int, worker: Worker | None) -> asyncio.Task[None]:
        return asyncio.get_running_loop().create_task(self._keep(worker), name=f"worker-keeper-{at}")

    async def _keep(self, worker: Worker | None) -> None:
        """Keep one place of the pool filled, for ever."""
        deaths = 0
        while True:
            since = time.monotonic()
            try:
                if worker is None:
                    worker = await self._bring_up()
                    since = time.monotonic()
                await asyncio.wait((worker.gone, worker.retired), return_when=asyncio.FIRST_COMPLETED)
            except WorkerStartError as error:
                deaths = deaths_in_a_row(deaths, 0.0)
                delay = restart_delay(deaths)
                self._announce_failure(error, delay)
            else:
                deaths, delay = self._count_end(worker, deaths, time.monotonic() - since)
            worker = None
            await asyncio.sleep(delay)

    def _count_end(self, worker: Worker, deaths: int, served: float) -> tuple[int, float]:
        """Deaths in a row and seconds until the replacement, after a worker has left its place."""
        if worker.retired.done():
            self._announce(reason=f"Python worker (pid {worker.pid}) {_STUCK}.")
            return deaths, 0.0
        deaths = deaths_in_a_row(deaths, served)
        delay = restart_delay(deaths)
        self._announce(reason=worker.gone.result() + ".", retry_in=delay)
        return deaths, delay

    async def _bring_up(self) -> Worker:
        """Raises: WorkerStartError."""
        self._starting += 1
        try:
            worker = self._start()
            await worker.index()
            errors = await worker.load(self._functions)
        finally:
            self._starting -= 1
        if errors and (self._ready or len(errors) == len(self._functions)):
            # The app's files, or what they import, have changed since its functions were loaded; the workers that
            # have them go on alone. One that has none of them is no worker: calls wait, and messages are not taken.
            worker.kill("", expected=True)
            await asyncio.wait((worker.gone,), timeout=KILL_TIMEOUT)
            raise WorkerStartError(_no_longer_loads(errors, bool(self._ready)))
        self._unloaded = tuple(errors)
        for name, error in errors.items():
            self._warn(
                f"Function '{name}' loaded before but not in Python worker (pid {worker.pid}), "
                f"calls of it fail there: {error.type}: {error.message}\n{error.stack}"
            )
        self._open(worker)
        return worker

    def _warn(self, message: str) -> None:
        self._events.log(WorkerLog(_WARNING, "funchost.workers", message.rstrip(), None, None, time.time()))

    def _announce_failure(self, error: WorkerStartError, delay: float) -> None:
        self._announce(reason=error.message, retry_in=delay, failed=True)
        if delay and not self._ready and not self._starting:
            self._waiting.dismiss(lost(error.message))

    def _announce(self, *, reason: str = "", retry_in: float = 0.0, failed: bool = False) -> None:
        ready = len(self._ready)
        if ready:
            condition = PoolCondition.READY
        else:
            condition = PoolCondition.FAILED if failed else PoolCondition.RESTARTING
        self._events.state(PoolState(condition, ready, retry_in, reason, self._unloaded if ready else ()))

    def _doubt(self, worker: Worker) -> None:
        """Send new calls elsewhere until the worker shows that its loop is not what holds up the abandoned one."""
        if worker.calls in self._ready:
            self._ready.discard(worker.calls)
            worker.ping(lambda: self._trust(worker))

    def _trust(self, worker: Worker) -> None:
        if not worker.retired.done() and not self._stopping:
            self._admit(worker)

    def _check_answered(self, worker: Worker, number: int) -> None:
        """Retire a worker that did not answer in time: a replacement starts, siblings may finish."""
        if worker.gone.done() or worker.retired.done() or not worker.calls.is_running(number):
            return
        self._warn(
            f"Python worker (pid {worker.pid}) is replaced: a call in it goes on after its time limit. "
            "Its other calls may finish."
        )
        self._ready.discard(worker.calls)
        self._retired.add(worker)
        worker.retired.set_result(None)
        self._idle(worker)

    def _idle(self, worker: Worker) -> None:
        if worker in self._retired and not worker.calls.waiting:
            self._retired.discard(worker)
            worker.kill(_STUCK, expected=True)
        self._check_quiet()

    def _check_quiet(self) -> None:
        if self._quiet is not None and not self.in_flight:
            self._quiet.set()
            self._quiet = None

    def _unusable(self, worker: Worker) -> None:
        """Called as soon as a worker cannot take calls any more, and when it has ended."""
        self._ready.discard(worker.calls)
        if worker.gone.done():
            self._workers.pop(worker.pid, None)
            self._retired.discard(worker)


def _no_longer_loads(errors: Mapping[str, LoadError], others: bool) -> str:
    names = ", ".join(errors)
    if others:
        return f"A further worker cannot load what the running ones have loaded: {names}."
    error = next(iter(errors.values()))
    return f"A new worker cannot load what its predecessor had loaded: {names}. {error.type}: {error.message}"
