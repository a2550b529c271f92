"""Large bodies: memory, windows, consumers and clients that go away."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator

import pytest

from funchost.app.invocation import Body, HttpResponseData, InvocationResult, Status
from funchost_worker import wire
from tests.integration.workers.memory import MIB, Memory
from tests.integration.workers.pools import Setup, call, in_time, invocation, until


class Chunks:
    """A request body that is made while it is read."""

    def __init__(self, count: int, chunk: bytes = bytes(MIB), error: Exception | None = None) -> None:
        self.size: int | None = None
        self.count = count
        self.chunk = chunk
        self.error = error
        self.read = 0
        self.gate: asyncio.Event | None = None

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for _ in range(self.count):
            self.read += 1
            yield self.chunk
        if self.gate is not None:
            await self.gate.wait()
        if self.error is not None:
            raise self.error


def streamed(result: InvocationResult) -> Body:
    assert isinstance(result.return_value.value, HttpResponseData)
    body = result.return_value.value.body
    assert not isinstance(body, bytes)
    return body


async def size_of(body: Body) -> int:
    return sum([len(chunk) async for chunk in body])


def test_a_large_upload_does_not_stay_in_memory(setup: Setup) -> None:
    async def scenario() -> None:
        async with setup.running() as (pool, _):
            await call(pool, "count", Chunks(2))
            memory = Memory()
            result = await call(pool, "count", Chunks(100))
            assert result.return_value.value == 100 * MIB
            assert memory.growth() < 16 * MIB

    setup.run(scenario())


def test_a_large_download_does_not_stay_in_memory(setup: Setup) -> None:
    async def scenario() -> None:
        async with setup.running() as (pool, _):
            assert await size_of(streamed(await call(pool, f"stream:{2 * MIB}"))) == 2 * MIB
            memory = Memory()
            body = streamed(await call(pool, f"stream:{100 * MIB}"))
            assert body.size == 100 * MIB
            size = 0
            async for chunk in body:
                size += len(chunk)
            assert size == 100 * MIB
            assert memory.growth() < 16 * MIB
            assert pool.in_flight == 0

    setup.run(scenario())


def test_bytes_that_do_not_fit_a_frame_arrive_whole(setup: Setup) -> None:
    async def scenario() -> None:
        async with setup.running() as (pool, _):
            body = bytes(range(256)) * 20_000
            result = (await call(pool, "body", body)).return_value.value
            assert isinstance(result, HttpResponseData)
            assert result.body == body

    setup.run(scenario())


def test_a_slow_consumer_holds_up_nobody(setup: Setup) -> None:
    async def scenario() -> None:
        async with setup.running() as (pool, _):
            body = streamed(await call(pool, f"stream:{20 * MIB}"))
            memory = Memory()
            for _ in range(50):
                assert (await call(pool, "echo")).status is Status.SUCCEEDED
            assert pool.in_flight == 1
            assert memory.growth() < 4 * MIB
            assert await size_of(body) == 20 * MIB
            assert pool.in_flight == 0

    setup.run(scenario())


def test_a_slow_upload_holds_up_nobody(setup: Setup) -> None:
    async def scenario() -> None:
        async with setup.running() as (pool, _):
            body = Chunks(1)
            body.gate = asyncio.Event()
            upload = pool.submit(invocation("count", body))
            await until(lambda: body.read == 1)
            for _ in range(50):
                assert (await call(pool, "echo")).status is Status.SUCCEEDED
            body.gate.set()
            assert (await in_time(upload)).return_value.value == MIB

    setup.run(scenario())


def test_a_worker_that_does_not_read_stops_the_source(setup: Setup) -> None:
    async def scenario() -> None:
        async with setup.running() as (pool, _):
            body = Chunks(10, bytes(wire.CHUNK * 4))
            pool.submit(invocation("stuck-reader", body))
            await until(lambda: body.read == 5)
            for _ in range(20):
                assert (await call(pool, "echo")).status is Status.SUCCEEDED
            assert body.read == 5  # four chunks fill the window

    setup.run(scenario())


def test_a_client_that_goes_away_during_its_upload_ends_the_call(setup: Setup) -> None:
    async def scenario() -> None:
        async with setup.running() as (pool, _):
            result = await call(pool, "count", Chunks(3, error=ConnectionResetError("the client went away")))
            assert result.status is Status.CANCELLED
            assert result.exception is not None
            assert result.exception.message == "the client went away"

    setup.run(scenario())


@pytest.mark.parametrize("how", ["close", "drop", "nobody waits"])
def test_a_consumer_that_goes_away_releases_the_worker(setup: Setup, how: str) -> None:
    async def scenario() -> None:
        async with setup.running() as (pool, _):
            if how == "nobody waits":
                asyncio.ensure_future(pool.submit(invocation(f"stream:{10 * MIB}"))).cancel()
            else:
                body = streamed(await call(pool, f"stream:{10 * MIB}"))
                await anext(aiter(body))
                if how == "close":
                    await body.aclose()  # type: ignore[attr-defined]
                del body
                gc.collect()
            await until(lambda: pool.in_flight == 0)
            assert (await call(pool, "echo")).status is Status.SUCCEEDED

    setup.run(scenario())


def test_a_body_whose_worker_dies_breaks_off_with_the_reason(setup: Setup) -> None:
    async def scenario() -> None:
        async with setup.running() as (pool, recorder):
            body = streamed(await call(pool, f"stream:{10 * MIB}"))
            await call(pool, "kill")
            with pytest.raises(ConnectionResetError, match="SIGKILL"):
                await size_of(body)
            await until(lambda: len(recorder.pids) == 2)

    setup.run(scenario())


def test_a_worker_that_ignores_its_window_is_killed(setup: Setup) -> None:
    async def scenario() -> None:
        async with setup.running() as (pool, recorder):
            body = streamed(await call(pool, "flood"))
            await until(lambda: bool(recorder.exits))
            assert "exceeds its window" in recorder.exits[0].reason
            with pytest.raises(ConnectionResetError, match="window"):
                await size_of(body)
            await until(lambda: len(recorder.pids) == 2)

    setup.run(scenario())


def test_a_worker_that_prints_without_end_does_not_fill_the_memory(setup: Setup) -> None:
    async def scenario() -> None:
        async with setup.running(2) as (pool, recorder):
            memory = Memory()
            printing = pool.submit(invocation("print:50"))
            for _ in range(20):
                assert (await call(pool, "echo")).status is Status.SUCCEEDED
            assert (await in_time(printing)).status is Status.SUCCEEDED
            await until(lambda: recorder.output_size == 50_000_000)
            assert memory.growth() < 8 * MIB

    setup.run(scenario())
