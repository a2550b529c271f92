"""What the pool does when a worker breaks, dies, hangs or never comes up."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest

from funchost.app.invocation import InvocationResult, Status
from funchost.errors import WorkerStartError
from funchost.testing.process_tree import is_alive
from funchost.workers.events import PoolCondition
from funchost.workers.pool import WorkerPool
from tests.integration.workers.pools import (
    DEADLINE,
    Recorder,
    Setup,
    call,
    function,
    in_time,
    invocation,
    until,
)


def reason(result: InvocationResult) -> str:
    assert result.status is Status.LOST
    assert result.exception is not None
    return result.exception.message


async def replaced(pool: WorkerPool, recorder: Recorder, deaths: int, starts: int) -> None:
    """Wait until this many workers have ended and this many have been ready."""
    await until(lambda: len(recorder.exits) == deaths and len(recorder.pids) == starts)


def test_kill_9_loses_what_the_worker_had_and_nothing_else(setup: Setup) -> None:
    async def scenario() -> None:
        async with setup.running(2) as (pool, recorder):
            held = [pool.submit(invocation("hold", id=f"held-{n}")) for n in range(10)]
            victim, sibling = pool.pids
            load = [asyncio.create_task(call(pool, "echo")) for _ in range(200)]
            os.kill(victim, signal.SIGKILL)
            results = await asyncio.gather(*load)
            await replaced(pool, recorder, 1, 3)

            lost = [answer.result() for answer in held if answer.done()]  # type: ignore[attr-defined]
            text = f"Python worker (pid {victim}) was killed by signal 9 (SIGKILL)"
            assert {reason(result) for result in lost} == {text}
            assert len(lost) == 5
            assert {r.status for r in results} <= {Status.SUCCEEDED, Status.LOST}
            assert recorder.exits[0][:3] == (victim, "was killed by signal 9 (SIGKILL)", False)
            assert sibling in pool.pids
            assert (await call(pool, "echo")).status is Status.SUCCEEDED
            for n in range(10):
                pool.cancel(f"held-{n}")
            assert {(await in_time(a)).status for a in held} == {Status.LOST, Status.CANCELLED}

    setup.run(scenario())


@pytest.mark.parametrize("code", [0, 3])
def test_an_exit_outside_stop_is_a_death_whatever_its_code(setup: Setup, code: int) -> None:
    async def scenario() -> None:
        async with setup.running() as (pool, recorder):
            assert f"exited with code {code}" in reason(await call(pool, f"exit:{code}"))
            assert recorder.exits[0].last_stderr == ("last words",)
            # The pool has no worker now: the call waits for the replacement.
            assert (await call(pool, "echo")).status is Status.SUCCEEDED
            assert recorder.conditions[:3] == [
                PoolCondition.READY,
                PoolCondition.RESTARTING,
                PoolCondition.READY,
            ]

    setup.run(scenario())


def test_nothing_that_a_worker_wrote_before_its_end_is_lost(setup: Setup) -> None:
    async def scenario() -> None:
        async with setup.running() as (pool, recorder):
            result = await call(pool, "answer-and-exit")
            assert (result.status, result.return_value.value) == (Status.SUCCEEDED, "done")
            await until(lambda: bool(recorder.exits))
            assert [record.message for record in recorder.logs] == ["about to go"]
            assert ("stdout", "no newline") in recorder.lines

    setup.run(scenario())


def test_a_child_that_keeps_socket_and_pipes_open_does_not_hide_the_death(setup: Setup) -> None:
    async def scenario() -> None:
        async with setup.running() as (pool, recorder):
            assert "SIGKILL" in reason(await call(pool, "fork"))  # long before the child's end
            await replaced(pool, recorder, 1, 2)
            child = int((setup.folder / "child.pid").read_text(encoding="ascii"))
            assert is_alive(child)  # it left the group, so it is not ours to kill
            os.kill(child, signal.SIGKILL)

    setup.run(scenario())


def test_a_worker_that_talks_nonsense_is_killed_with_the_reason(setup: Setup) -> None:
    async def scenario() -> None:
        async with setup.running() as (pool, recorder):
            assert "sent what the host cannot read" in reason(await call(pool, "garbage"))
            await replaced(pool, recorder, 1, 2)
            assert "sent what the host cannot read: frame of kind 255" in recorder.exits[0].reason
            assert not recorder.exits[0].expected

    setup.run(scenario())


def test_a_worker_that_closes_its_wire_gets_no_more_calls(setup: Setup) -> None:
    async def scenario() -> None:
        async with setup.running(2) as (pool, recorder):
            lost = pool.submit(invocation("close-wire:1"))
            await until(lambda: (setup.folder / "closed").exists())
            results = await asyncio.gather(*(call(pool, "echo") for _ in range(20)))
            assert {r.status for r in results} == {Status.SUCCEEDED}
            assert recorder.exits == []  # a closed wire is not the end of the process
            assert "exited with code 0" in reason(await in_time(lost))

    setup.run(scenario())


def test_a_stuck_worker_is_replaced_while_its_siblings_finish(setup: Setup) -> None:
    async def scenario() -> None:
        async with setup.running() as (pool, recorder):
            stuck_pid = pool.pids[0]
            sibling = pool.submit(invocation("block-until:go"))
            stuck = pool.submit(invocation("block:60", id="stuck"))
            pool.abandon("stuck")
            assert (await in_time(stuck)).status is Status.TIMED_OUT
            assert pool.in_flight == 1
            await until(lambda: len(recorder.pids) == 2)
            assert recorder.exits == []
            assert (await call(pool, "echo")).status is Status.SUCCEEDED
            (setup.folder / "go").touch()
            assert (await in_time(sibling)).status is Status.SUCCEEDED
            await until(lambda: bool(recorder.exits))
            assert recorder.exits[0].pid == stuck_pid
            assert recorder.exits[0].expected
            assert "went on after its time limit" in recorder.exits[0].reason

    setup.run(scenario())


def test_a_worker_that_gives_an_abandoned_call_up_stays(setup: Setup) -> None:
    async def scenario() -> None:
        async with setup.running() as (pool, recorder):
            held = pool.submit(invocation("hold", id="held"))
            pool.abandon("held")
            assert (await in_time(held)).status is Status.TIMED_OUT
            await asyncio.sleep(1.2)  # longer than the worker has to answer
            assert recorder.exits == []
            assert len(recorder.pids) == 1

    setup.run(scenario())


@pytest.mark.parametrize(
    ("start", "message"),
    [
        ("exit", r"exited with code 3 before it was ready\. Its last output:\n    cannot import anything"),
        ("exit-at-index", r"exited with code 3 before it was ready\. Its last output:\n    ImportError"),
        ("garbage", "sent what the host cannot read"),
        ("version", "wire version 99"),
    ],
)
def test_a_first_worker_that_cannot_start_is_an_error_with_its_last_words(
    setup: Setup, start: str, message: str
) -> None:
    async def scenario() -> None:
        pool, recorder = setup.pool(start=start)
        with pytest.raises(WorkerStartError, match=message):
            await pool.index()
        assert pool.pids == ()
        assert len(recorder.exits) == 1
        await pool.stop(1.0)

    setup.run(scenario())


def test_a_worker_that_says_nothing_is_given_up(setup: Setup) -> None:
    async def scenario() -> None:
        pool, recorder = setup.pool(start="mute", timeout=0.5)
        with pytest.raises(WorkerStartError, match=r"was not ready after 0\.5 seconds") as raised:
            await pool.index()
        assert "--timeout" in (raised.value.hint or "")
        assert recorder.exits[0].reason == "was not ready after 0.5 seconds"
        await pool.stop(1.0)

    setup.run(scenario())


def test_an_interpreter_that_is_gone_is_an_error(setup: Setup) -> None:
    async def scenario() -> None:
        pool, _ = setup.pool(python="/nowhere/python")
        with pytest.raises(WorkerStartError, match="cannot be started with /nowhere/python"):
            await pool.index()
        await pool.stop(1.0)

    setup.run(scenario())


def test_a_first_worker_that_dies_between_index_and_load_is_replaced(setup: Setup) -> None:
    async def scenario() -> None:
        pool, recorder = setup.pool()
        await pool.index()
        os.kill(pool.pids[0], signal.SIGKILL)
        await until(lambda: bool(recorder.exits))
        assert await pool.load([function("echo")]) == {}
        assert (await call(pool, "echo")).status is Status.SUCCEEDED
        await pool.stop(DEADLINE)

    setup.run(scenario())


def test_a_crash_loop_backs_off_and_is_visible(setup: Setup) -> None:
    async def scenario() -> None:
        async with setup.running(start="exit-after-first") as (pool, recorder):
            await call(pool, "exit:3")
            waiting = pool.submit(invocation("echo"))
            assert "second start fails" in reason(await in_time(waiting))
            await until(lambda: PoolCondition.FAILED in recorder.conditions)
            failed = next(s for s in recorder.states if s.condition is PoolCondition.FAILED)
            assert failed.ready == 0
            assert failed.retry_in == 1.0
            assert "exited with code 4" in failed.reason
            (setup.folder / "first").unlink()  # what was wrong is put right
            await until(lambda: recorder.conditions[-1] is PoolCondition.READY)
            assert (await call(pool, "echo")).status is Status.SUCCEEDED

    setup.run(scenario())


def test_calls_wait_no_longer_than_the_start_timeout(setup: Setup) -> None:
    async def scenario() -> None:
        pool, _ = setup.pool(timeout=0.3)
        assert "within 0.3 seconds" in reason(await call(pool, "echo"))
        waiting = [pool.submit(invocation("echo", id=f"w{n}")) for n in range(3)]
        pool.cancel("w0")
        pool.abandon("w1")
        await pool.stop(1.0)
        assert [(await in_time(answer)).status for answer in waiting] == [
            Status.CANCELLED,
            Status.TIMED_OUT,
            Status.CANCELLED,
        ]

    setup.run(scenario())


def test_a_restarted_worker_that_loads_less_is_used_and_says_so(setup: Setup) -> None:
    async def scenario() -> None:
        async with setup.running(1, "echo", "once") as (pool, recorder):
            assert recorder.logs == []
            await call(pool, "kill")
            await replaced(pool, recorder, 1, 2)
            assert "Function 'once' loaded before but not in Python worker" in recorder.logs[0].message
            assert recorder.states[-1].unloaded == ("once",)
            assert (await call(pool, "echo")).status is Status.SUCCEEDED

    setup.run(scenario())


def test_a_restarted_worker_that_loads_nothing_is_not_used_until_it_does(setup: Setup) -> None:
    async def scenario() -> None:
        async with setup.running(1, "once") as (pool, recorder):
            await call(pool, "kill")
            waiting = pool.submit(invocation("once"))
            await until(lambda: PoolCondition.FAILED in recorder.conditions)
            failed = next(s for s in recorder.states if s.condition is PoolCondition.FAILED)
            assert "cannot load what its predecessor had loaded: once" in failed.reason
            assert len(recorder.pids) == 1
            assert "cannot load" in reason(await in_time(waiting))
            (setup.folder / "started").unlink()  # what was wrong is put right
            await until(lambda: recorder.conditions[-1] is PoolCondition.READY)
            assert recorder.states[-1].unloaded == ()

    setup.run(scenario())
