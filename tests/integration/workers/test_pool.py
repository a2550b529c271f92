"""What a healthy pool does."""

from __future__ import annotations

import asyncio
import json
from collections import Counter

import pytest

from funchost.app.function_app import Model
from funchost.app.indexed import LoadError
from funchost.app.invocation import Datum, HttpResponseData, InvocationResult, Status
from funchost.workers.events import PoolCondition, WorkerLog
from tests.integration.workers.pools import DEADLINE, Setup, call, function, in_time, invocation, until


def pid_of(result: InvocationResult) -> int:
    assert isinstance(result.return_value.value, str)
    pid = json.loads(result.return_value.value)["pid"]
    assert isinstance(pid, int)
    return pid


def test_the_first_worker_says_what_the_app_is(setup: Setup) -> None:
    async def scenario() -> None:
        pool, recorder = setup.pool()
        index = await pool.index()
        assert (index.model, [f.name for f in index.functions], index.python) == (Model.DECORATORS, ["echo"], "3.11.7")
        assert recorder.pids == []

        errors = await pool.load([function("echo"), function("broken")])
        assert errors == {"broken": LoadError("ImportError", "no module named nothing", "stack", "/app/x.py", 3)}
        assert recorder.pids == list(pool.pids)
        assert recorder.conditions == [PoolCondition.READY]
        await pool.stop(DEADLINE)
        assert [(e.reason, e.expected) for e in recorder.exits] == [("exited with code 0", True)]
        assert recorder.lines == [("stdout", "stopping")]

    setup.run(scenario())


def test_a_call_brings_its_result_back(setup: Setup) -> None:
    async def scenario() -> None:
        async with setup.running() as (pool, _):
            result = await call(pool, "body", b"some bytes")
            response = HttpResponseData(201, (("x-a", "1"), ("x-a", "2")), ("a=b",), b"some bytes")
            assert result == InvocationResult(Status.SUCCEEDED, Datum("http", response))
            assert pool.in_flight == 0

    setup.run(scenario())


def test_calls_one_after_the_other_spread_evenly_over_the_workers(setup: Setup) -> None:
    async def scenario() -> None:
        async with setup.running(3) as (pool, _):
            counts = Counter([pid_of(await call(pool, "echo")) for _ in range(30)])
            assert sorted(counts) == sorted(pool.pids)
            assert set(counts.values()) == {10}

    setup.run(scenario())


def test_a_busy_worker_is_left_alone(setup: Setup) -> None:
    async def scenario() -> None:
        async with setup.running(2) as (pool, _):
            held = pool.submit(invocation("hold", id="held"))
            pids = {pid_of(await call(pool, "echo")) for _ in range(6)}
            assert len(pids) == 1
            pool.cancel("held")
            assert (await in_time(held)).status is Status.CANCELLED

    setup.run(scenario())


def test_many_calls_at_once_all_come_back(setup: Setup) -> None:
    async def scenario() -> None:
        async with setup.running(2) as (pool, _):
            results = await asyncio.gather(*(call(pool, "body", bytes(n * 40)) for n in range(1000)))
            bodies = [r.return_value.value for r in results]
            assert [len(b.body) for b in bodies if isinstance(b, HttpResponseData) and isinstance(b.body, bytes)] == [
                n * 40 for n in range(1000)
            ]

    setup.run(scenario())


def test_ten_workers_start_at_once(setup: Setup) -> None:
    async def scenario() -> None:
        async with setup.running(10) as (pool, recorder):
            assert len(set(recorder.pids)) == 10
            assert recorder.states[-1].ready == 10

    setup.run(scenario())


def test_log_records_and_output_arrive(setup: Setup) -> None:
    async def scenario() -> None:
        async with setup.running() as (pool, recorder):
            await call(pool, "log")
            await call(pool, "print:1")
            assert recorder.logs == [
                WorkerLog(30, "shop", "line 0", "log", "id-1", 1.5),
                WorkerLog(10, "root", "line \ud800", None, None, 2.0),
            ]
            await until(lambda: recorder.output_size == 1_000_000)
            assert recorder.lines[0] == ("stdout", "p" * 999)

    setup.run(scenario())


def test_values_that_make_no_sense_fail_their_call_only(setup: Setup) -> None:
    async def scenario() -> None:
        async with setup.running() as (pool, recorder):
            held = pool.submit(invocation("hold", id="held"))
            failed = await call(pool, 'raw:{"ret": ["pickle", "x"]}')
            assert failed.status is Status.FAILED
            assert failed.exception is not None
            assert "pickle" in failed.exception.message
            pool.cancel("held")
            await in_time(held)
            assert recorder.exits == []

    setup.run(scenario())


def test_an_unknown_invocation_can_be_cancelled_and_abandoned(setup: Setup) -> None:
    async def scenario() -> None:
        async with setup.running() as (pool, _):
            pool.cancel("nobody")
            pool.abandon("nobody")
            assert (await call(pool, "echo")).status is Status.SUCCEEDED

    setup.run(scenario())


def test_drain_waits_for_what_is_in_flight(setup: Setup) -> None:
    async def scenario() -> None:
        async with setup.running() as (pool, _):
            await pool.drain(5.0)
            held = pool.submit(invocation("hold", id="held"))
            await pool.drain(0.05)
            assert pool.in_flight == 1
            draining = asyncio.create_task(pool.drain(30.0))
            await asyncio.sleep(0)
            pool.cancel("held")
            await asyncio.wait_for(draining, DEADLINE)
            assert held.done()  # type: ignore[attr-defined]

    setup.run(scenario())


def test_stop_ends_what_is_in_flight_and_can_be_repeated(setup: Setup) -> None:
    async def scenario() -> None:
        async with setup.running(2) as (pool, recorder):
            held = [pool.submit(invocation("hold")) for _ in range(4)]
            await asyncio.gather(pool.stop(DEADLINE), pool.stop(DEADLINE))
            assert {(await in_time(answer)).status for answer in held} == {Status.CANCELLED}
            assert {e.expected for e in recorder.exits} == {True}
            await pool.stop(DEADLINE)
            assert (await call(pool, "echo")).status is Status.CANCELLED

    setup.run(scenario())


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_a_worker_that_does_not_listen_is_killed(setup: Setup, how: str) -> None:
    async def scenario() -> None:
        async with setup.running() as (pool, recorder):
            pool.submit(invocation("block:60"))
            if how == "kill":
                pool.kill()
            await pool.stop(0.2)
            assert [(e.reason, e.expected) for e in recorder.exits] == [("was killed by signal 9 (SIGKILL)", True)]

    setup.run(scenario())


def test_a_pool_can_be_stopped_while_its_workers_start(setup: Setup) -> None:
    async def scenario() -> None:
        pool, recorder = setup.pool(4)
        await pool.index()
        await pool.load([function("echo")])
        await pool.stop(DEADLINE)
        assert pool.pids == ()
        assert {e.expected for e in recorder.exits} == {True}

    setup.run(scenario())


def test_a_pool_can_be_stopped_before_it_has_loaded(setup: Setup) -> None:
    async def scenario() -> None:
        pool, _ = setup.pool()
        await pool.stop(DEADLINE)
        pool, _ = setup.pool(start="mute")
        indexing = asyncio.create_task(pool.index())
        await until(lambda: bool(pool.pids))
        indexing.cancel()
        await asyncio.wait([indexing])
        await pool.stop(DEADLINE)
        assert pool.pids == ()

    setup.run(scenario())
