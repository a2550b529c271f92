"""Long contents through real workers: in pieces, both ways, and what happens when they break off."""

from __future__ import annotations

import asyncio
import hashlib
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from funchost.app.invocation import InvocationException, InvocationResult, Status
from tests.integration.bindings.blob_functions import MIB, BlobFunctions, Content, received
from tests.integration.workers.memory import Memory
from tests.interpreters import EMPTY, environment_for

LONG = bytes(range(256)) * 4096 * 8
"""8 MiB: eight windows."""
DESCRIBED = f"{len(LONG)} {len(LONG)} {hashlib.md5(LONG).hexdigest()}"  # noqa: S324 - not a secret

Scenario = Callable[[BlobFunctions], Awaitable[None]]


def run(scenario: Scenario, tmp_path: Path, python: Path = Path(sys.executable)) -> None:
    async def work() -> None:
        async with BlobFunctions(tmp_path, python) as functions:
            await scenario(functions)

    asyncio.run(work())


def test_on_every_python_streams_are_read_and_written_in_pieces(tmp_path: Path, worker_python: Path) -> None:
    async def scenario(functions: BlobFunctions) -> None:
        for name in ("pieces", "pieces_async", "pieces_in_thread"):
            assert await functions.output(name, Content(LONG)) == DESCRIBED
            assert await functions.output(name, LONG) == DESCRIBED
        assert await functions.output("text", Content(LONG[:2000] + b"x" * MIB)) == f"str{len(LONG[:2000]) + MIB}"
        assert await functions.output("whole", Content(LONG)) == f"bytes{len(LONG)}"
        assert await functions.output("some", Content(LONG)) == LONG[:10]
        assert await functions.output("copy", Content(LONG)) == LONG
        assert await functions.output("copy_async", Content(LONG)) == LONG

    run(scenario, tmp_path, worker_python)


def test_without_a_library_the_fallback_reads_and_writes_in_pieces(tmp_path: Path) -> None:
    async def scenario(functions: BlobFunctions) -> None:
        assert await functions.output("pieces", Content(LONG)) == DESCRIBED
        assert await functions.output("copy_async", Content(LONG)) == LONG

    python = environment_for(f"{sys.version_info[0]}.{sys.version_info[1]}", EMPTY)
    run(scenario, tmp_path, python)


def test_reading_begins_before_everything_is_there(tmp_path: Path) -> None:
    async def scenario(functions: BlobFunctions) -> None:
        content = Content(LONG, stops_after=200_000)
        assert await functions.output("some", content) == LONG[:10]
        assert content.sent <= 200_000

    run(scenario, tmp_path)


def test_many_streams_at_once(tmp_path: Path) -> None:
    async def scenario(functions: BlobFunctions) -> None:
        names = ("pieces", "pieces_async", "copy") * 4
        found = await asyncio.gather(*(functions.output(name, Content(LONG)) for name in names))
        assert found == [LONG if name == "copy" else DESCRIBED for name in names]
        assert functions.pool.in_flight == 0

    run(scenario, tmp_path)


@pytest.mark.parametrize("name", ["pieces", "pieces_async", "whole", "text"])
def test_an_input_that_breaks_off_fails_the_function(tmp_path: Path, name: str) -> None:
    async def scenario(functions: BlobFunctions) -> None:
        result = await functions.call(name, Content(LONG, breaks_after=3 * MIB))
        assert result.status is Status.FAILED
        assert result.exception is not None
        assert "the store is gone" in result.exception.message
        assert await functions.output("some", LONG) == LONG[:10]

    run(scenario, tmp_path)


@pytest.mark.parametrize("name", ["pieces", "pieces_async"])
def test_giving_up_a_function_that_waits_for_its_input_ends_it(tmp_path: Path, name: str) -> None:
    late = InvocationResult(Status.TIMED_OUT, exception=InvocationException("TimeoutError", ""))

    async def scenario(functions: BlobFunctions) -> None:
        content = Content(LONG, stops_after=2 * MIB)
        invocation = functions.invocation(name, content)
        answer = asyncio.ensure_future(functions.pool.submit(invocation))
        deadline = time.monotonic() + 60
        while content.sent < 2 * MIB:
            assert time.monotonic() < deadline
            await asyncio.sleep(0.01)
        functions.pool.abandon(invocation.id)
        assert (await answer).status is late.status
        # No call is given to it before it has answered that; if it does not, another one is started for this.
        assert await functions.output("some", LONG) == LONG[:10]
        assert len(functions.recorder.pids) == 1

    run(scenario, tmp_path)


def test_an_input_cannot_be_read_after_its_invocation(tmp_path: Path) -> None:
    async def scenario(functions: BlobFunctions) -> None:
        assert (await functions.call("keep", Content(LONG))).status is Status.SUCCEEDED
        result = await functions.call("kept", b"")
        assert result.exception is not None
        assert "its invocation is over" in result.exception.message

    run(scenario, tmp_path)


def test_a_worker_that_dies_half_way_breaks_its_output_off(tmp_path: Path) -> None:
    async def scenario(functions: BlobFunctions) -> None:
        result = await functions.call("dies", b"")
        assert result.status is Status.SUCCEEDED
        with pytest.raises(ConnectionResetError, match="Python worker"):
            await received(result.outputs["out"].value)  # type: ignore[arg-type]

    run(scenario, tmp_path)


def test_an_output_that_nobody_wants_is_ended(tmp_path: Path) -> None:
    async def scenario(functions: BlobFunctions) -> None:
        result = await functions.call("copy", Content(LONG))
        assert functions.pool.in_flight == 1
        del result
        deadline = time.monotonic() + 60
        while functions.pool.in_flight:
            assert time.monotonic() < deadline
            await asyncio.sleep(0.01)
        assert await functions.output("copy", Content(LONG)) == LONG

    run(scenario, tmp_path)


def test_memory_does_not_grow_with_the_content(tmp_path: Path) -> None:
    class Huge(Content):
        async def __aiter__(self):  # type: ignore[no-untyped-def]
            for _ in range(128):
                yield b"z" * MIB

    async def scenario(functions: BlobFunctions) -> None:
        await functions.output("copy", Content(LONG))
        huge = Huge(b"")
        huge.size = 128 * MIB
        worker, host = Memory(functions.pool.pids[0]), Memory()
        result = await functions.call("copy", huge)
        size = 0
        async for chunk in result.outputs["out"].value:  # type: ignore[attr-defined]
            size += len(chunk)
        assert size == 128 * MIB
        assert worker.growth() < 12 * MIB
        assert host.growth() < 24 * MIB

    run(scenario, tmp_path)
