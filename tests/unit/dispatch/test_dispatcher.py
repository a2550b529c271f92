from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from funchost.app.function_app import Binding, Direction, Function, Model, RetryPolicy
from funchost.app.invocation import (
    Datum,
    HttpRequestData,
    Invocation,
    InvocationException,
    InvocationResult,
    Status,
)
from funchost.bindings.failure import BindingFailure
from funchost.dispatch.dispatcher import Dispatcher
from funchost.logs import HostLog, LogFilter

BOOM = InvocationResult(Status.FAILED, exception=InvocationException("ValueError", "boom"))
DONE = InvocationResult(Status.SUCCEEDED)
TIMED_OUT = InvocationResult(Status.TIMED_OUT, exception=InvocationException("FunctionTimeout", "too long"))


class Lines:
    """A console that keeps what is written."""

    def __init__(self) -> None:
        self.text = ""

    def write(self, text: str, droppable: bool = False) -> None:
        self.text += text


class ScriptedExecutor:
    """Answers each submit with the next result of the script; None = only when abandoned."""

    def __init__(self, *script: InvocationResult | None) -> None:
        self.script = list(script)
        self.submitted: list[Invocation] = []
        self.abandoned: list[str] = []
        self._waiting: dict[str, asyncio.Future[InvocationResult]] = {}

    def submit(self, invocation: Invocation) -> Awaitable[InvocationResult]:
        self.submitted.append(invocation)
        future: asyncio.Future[InvocationResult] = asyncio.get_running_loop().create_future()
        result = self.script.pop(0)
        if result is None:
            self._waiting[invocation.id] = future
        else:
            future.set_result(result)
        return future

    def abandon(self, invocation_id: str) -> None:
        self.abandoned.append(invocation_id)
        answer = self._waiting.pop(invocation_id)
        if not answer.done():
            answer.set_result(TIMED_OUT)


class BodyInPieces:
    size = None

    def __init__(self, *chunks: bytes) -> None:
        self._chunks = chunks

    async def __aiter__(self):  # type: ignore[no-untyped-def]
        for chunk in self._chunks:
            yield chunk


def function(retry: RetryPolicy | None = None, *more: Binding) -> Function:
    folder = Path("/app/Hello")
    bindings = (Binding("req", "httpTrigger", Direction.IN), Binding("$return", "http", Direction.OUT), *more)
    return Function(
        "Hello", folder, folder / "__init__.py", None, bindings, Model.FUNCTION_JSON, folder / "function.json", retry
    )


def invocation(of: Function, body: object = b"") -> Invocation:
    request = HttpRequestData("GET", "http://x/", {}, {}, {}, body)  # type: ignore[arg-type]
    return Invocation("id-1", of, (("req", Datum("http", request)),), reason="test")


def run(
    executor: ScriptedExecutor,
    call: Invocation,
    *,
    timeout: float | None = None,
    meanwhile: Callable[[Dispatcher], Awaitable[None]] | None = None,
) -> tuple[InvocationResult, str]:
    lines = Lines()

    async def scenario() -> InvocationResult:
        dispatcher = Dispatcher(executor, HostLog(lines, LogFilter({"default": "Debug"})), timeout)
        async with asyncio.timeout(10):
            task = asyncio.create_task(dispatcher.invoke(call))
            if meanwhile is not None:
                await meanwhile(dispatcher)
            result = await task
        assert dispatcher.outstanding == dispatcher.outstanding_retries == 0
        return result

    return asyncio.run(scenario()), lines.text


def test_success_is_logged_with_reason_and_duration() -> None:
    result, text = run(ScriptedExecutor(DONE), invocation(function()))
    assert result is DONE
    assert "Executing 'Functions.Hello' (Reason='test', Id=id-1)" in text
    assert "Executed 'Functions.Hello' (Succeeded, Id=id-1, Duration=" in text


def test_failure_is_logged_as_error_with_the_exception() -> None:
    result, text = run(ScriptedExecutor(BOOM), invocation(function()))
    assert result is BOOM
    assert "Executed 'Functions.Hello' (Failed, Id=id-1, Duration=" in text
    assert "] Exception: ValueError: boom\n" in text


def test_time_limit_abandons_the_invocation_and_names_the_limit() -> None:
    result, text = run(ScriptedExecutor(None), invocation(function()), timeout=0.05)
    assert result.status is Status.TIMED_OUT
    assert "Timeout value of 00:00:00.050 exceeded by function 'Functions.Hello' (Id: 'id-1')" in text


def test_whoever_cancels_the_call_gives_the_invocation_up() -> None:
    executor = ScriptedExecutor(None)

    async def main() -> None:
        dispatcher = Dispatcher(executor, HostLog(Lines(), LogFilter({})), None)
        call = asyncio.create_task(dispatcher.invoke(invocation(function())))
        await asyncio.sleep(0)
        call.cancel()
        await asyncio.wait((call,))
        assert call.cancelled()
        assert dispatcher.outstanding == 0

    asyncio.run(main())
    assert executor.abandoned == ["id-1"]


def test_retries_are_new_invocations_that_know_the_previous_failure() -> None:
    executor = ScriptedExecutor(BOOM, BOOM, DONE)
    result, _ = run(executor, invocation(function(RetryPolicy(3, fixed_delay=0.0))))
    assert result is DONE
    states = [call.retry for call in executor.submitted]
    assert [(s.attempt, s.maximum, s.exception) for s in states if s] == [
        (0, 3, None),
        (1, 3, BOOM.exception),
        (2, 3, BOOM.exception),
    ]
    assert len({call.id for call in executor.submitted}) == 3


def test_used_up_retries_return_the_last_failure() -> None:
    result, text = run(ScriptedExecutor(BOOM, BOOM), invocation(function(RetryPolicy(1, fixed_delay=0.0))))
    assert result is BOOM
    assert "Function execution failed after '1' retries." in text


def test_closing_ends_the_wait_for_a_retry() -> None:
    async def close_soon(dispatcher: Dispatcher) -> None:
        while not dispatcher.outstanding_retries:
            await asyncio.sleep(0)
        dispatcher.close()

    result, text = run(
        ScriptedExecutor(BOOM), invocation(function(RetryPolicy(5, fixed_delay=3600.0))), meanwhile=close_soon
    )
    assert result is BOOM
    assert "exiting retry loop" in text


def test_draining_waits_for_retries_to_end() -> None:
    async def drained(dispatcher: Dispatcher) -> None:
        while not dispatcher.outstanding_retries:
            await asyncio.sleep(0)
        await dispatcher.drain(5.0)
        assert (dispatcher.outstanding, dispatcher.outstanding_retries) == (0, 0)

    result, _ = run(
        ScriptedExecutor(BOOM, DONE), invocation(function(RetryPolicy(1, fixed_delay=0.05))), meanwhile=drained
    )
    assert result is DONE


def test_draining_gives_up_after_its_time() -> None:
    async def drained(dispatcher: Dispatcher) -> None:
        while not dispatcher.outstanding_retries:
            await asyncio.sleep(0)
        await dispatcher.drain(0.01)
        assert dispatcher.outstanding_retries == 1
        dispatcher.close()

    run(ScriptedExecutor(BOOM), invocation(function(RetryPolicy(1, fixed_delay=3600.0))), meanwhile=drained)


def test_every_retry_gets_the_whole_streamed_body() -> None:
    executor = ScriptedExecutor(BOOM, DONE)
    run(executor, invocation(function(RetryPolicy(1, fixed_delay=0.0)), BodyInPieces(b"ab", b"cd")))
    bodies = [call.inputs[0][1].value.body for call in executor.submitted]  # type: ignore[attr-defined]
    assert bodies == [b"abcd", b"abcd"]


def test_a_body_that_breaks_off_cancels_before_the_first_attempt() -> None:
    class BrokenBody(BodyInPieces):
        async def __aiter__(self):  # type: ignore[no-untyped-def]
            yield b"ab"
            raise ConnectionResetError("client gone")

    executor = ScriptedExecutor()
    result, _ = run(executor, invocation(function(RetryPolicy(1, fixed_delay=0.0)), BrokenBody()))
    assert result.status is Status.CANCELLED
    assert executor.submitted == []


def test_a_dropped_value_is_mentioned_once_per_function() -> None:
    dropped = InvocationResult(Status.SUCCEEDED, dropped="str")
    call = invocation(function())

    async def again(dispatcher: Dispatcher) -> None:
        assert (await dispatcher.invoke(call._replace(id="id-2"))).status is Status.SUCCEEDED

    result, text = run(ScriptedExecutor(dropped, dropped), call, meanwhile=again)
    assert result.status is Status.SUCCEEDED
    assert text.count("Function 'Hello' returned a value of type str that none of its bindings takes") == 1


class Recorded:
    """Bindings of a function that count what the dispatcher wants of them."""

    def __init__(
        self, *, unreadable: bool = False, unwritable: bool = False, held: asyncio.Event | None = None
    ) -> None:
        self.reads: list[str] = []
        self.written: list[str] = []
        self.finished = 0
        self._unreadable = unreadable
        self._unwritable = unwritable
        self._held = held

    def needs_body(self, invocation: Invocation) -> bool:
        return False

    async def read(self, invocation: Invocation) -> Invocation:
        self.reads.append(invocation.id)
        if self._unreadable:
            raise BindingFailure("input binding 'obj': blob 'a/b': gone")
        return invocation._replace(inputs=(*invocation.inputs, ("obj", Datum("int", len(self.reads)))))

    async def finish(self, invocation: Invocation) -> None:
        self.finished += 1

    async def write(self, invocation: Invocation, result: InvocationResult) -> None:
        if self._held is not None:
            await self._held.wait()
        self.written.append(invocation.id)
        if self._unwritable:
            raise BindingFailure("output binding 'out': queue 'q': too long")


def run_bound(
    executor: ScriptedExecutor,
    bindings: Recorded,
    retry: RetryPolicy | None = None,
    *,
    timeout: float | None = None,
    meanwhile: Callable[[Dispatcher], Awaitable[None]] | None = None,
) -> tuple[InvocationResult, str]:
    lines = Lines()

    async def scenario() -> InvocationResult:
        log = HostLog(lines, LogFilter({"default": "Debug"}))
        dispatcher = Dispatcher(executor, log, timeout, {"Hello": bindings})  # type: ignore[dict-item]
        task = asyncio.create_task(dispatcher.invoke(invocation(function(retry))))
        async with asyncio.timeout(10):
            if meanwhile is not None:
                await meanwhile(dispatcher)
            return await task

    return asyncio.run(scenario()), lines.text


def test_inputs_are_read_before_and_outputs_written_after() -> None:
    executor, bindings = ScriptedExecutor(DONE), Recorded()
    assert run_bound(executor, bindings)[0] is DONE
    assert executor.submitted[0].inputs[1] == ("obj", Datum("int", 1))
    assert (bindings.reads, bindings.written, bindings.finished) == (["id-1"], ["id-1"], 1)


def test_an_input_that_cannot_be_read_fails_before_the_function_runs() -> None:
    executor, bindings = ScriptedExecutor(), Recorded(unreadable=True)
    result, text = run_bound(executor, bindings)
    assert (result.status, executor.submitted, bindings.written) == (Status.FAILED, [], [])
    assert "Exception: BindingError: input binding 'obj': blob 'a/b': gone" in text


def test_nothing_is_written_when_the_function_failed() -> None:
    bindings = Recorded()
    assert run_bound(ScriptedExecutor(BOOM), bindings)[0] is BOOM
    assert bindings.written == []


def test_an_output_that_cannot_be_written_fails_the_function() -> None:
    result, text = run_bound(ScriptedExecutor(DONE), Recorded(unwritable=True))
    assert result.status is Status.FAILED
    assert "Exception: BindingError: output binding 'out': queue 'q': too long" in text


def test_every_attempt_reads_its_inputs_anew() -> None:
    executor, bindings = ScriptedExecutor(BOOM, BOOM, DONE), Recorded()
    result, _ = run_bound(executor, bindings, RetryPolicy(2, fixed_delay=0.0))
    assert result is DONE
    assert [call.inputs[1][1].value for call in executor.submitted] == [1, 2, 3]
    assert len(set(bindings.reads)) == 3
    assert bindings.written == [executor.submitted[-1].id]


def test_outputs_have_the_time_limit_of_the_function() -> None:
    result, text = run_bound(ScriptedExecutor(DONE), Recorded(held=asyncio.Event()), timeout=0.05)
    assert result.status is Status.TIMED_OUT
    assert "The output bindings were not written within 00:00:00.050." in text


def test_draining_waits_for_outputs() -> None:
    held = asyncio.Event()
    bindings = Recorded(held=held)

    async def drained(dispatcher: Dispatcher) -> None:
        while not bindings.reads:
            await asyncio.sleep(0)
        waiting = asyncio.create_task(dispatcher.drain(5.0))
        await asyncio.sleep(0)
        assert not waiting.done()
        held.set()
        await waiting
        assert bindings.written == ["id-1"]

    assert run_bound(ScriptedExecutor(DONE), bindings, meanwhile=drained)[0] is DONE
