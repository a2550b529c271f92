from __future__ import annotations

import asyncio

from funchost.host.listener_group import ListenerGroup
from funchost.logs import HostLog, LogFilter
from tests.unit.http.apps import Lines


class FakeListener:
    """Runs until it is drained; the first `failures` runs fail."""

    def __init__(self, name: str, failures: int = 0) -> None:
        self.name = name
        self.failures = failures
        self.runs = 0
        self.drained = asyncio.Event()
        self.may_end = asyncio.Event()
        self.may_end.set()

    async def run(self) -> None:
        self.runs += 1
        if self.runs <= self.failures:
            raise RuntimeError("broken")
        await self.drained.wait()
        await self.may_end.wait()

    def drain(self) -> None:
        self.drained.set()


async def turns(count: int = 5) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


def group_of(*listeners: FakeListener) -> tuple[ListenerGroup, Lines]:
    console = Lines()
    return ListenerGroup(listeners, HostLog(console, LogFilter({}))), console


def test_a_drained_group_is_finished_when_the_last_event_is_done() -> None:
    async def scenario() -> None:
        listener = FakeListener("a")
        listener.may_end.clear()
        group, _ = group_of(listener, FakeListener("b"))
        await turns()
        group.drain()
        await turns()
        assert not group.is_finished
        await group.finished(0.001)
        assert not group.is_finished
        listener.may_end.set()
        await group.finished(5)
        assert group.is_finished

    asyncio.run(scenario())


def test_a_listener_that_fails_is_told_and_run_again_unless_the_group_is_drained() -> None:
    async def scenario() -> None:
        listener = FakeListener("take", failures=1)
        group, console = group_of(listener)
        await turns()
        assert "The listener of 'take' failed" in console.text
        assert "RuntimeError: broken" in console.text
        assert not group.is_finished
        group.drain()
        await group.finished(5)
        assert group.is_finished
        assert listener.runs == 1

    asyncio.run(scenario())


def test_a_stopped_group_leaves_nothing_running() -> None:
    async def scenario() -> None:
        listener = FakeListener("a")
        listener.may_end.clear()
        group, _ = group_of(listener)
        await turns()
        group.drain()
        await group.stop()
        assert group.is_finished

    asyncio.run(scenario())


def test_an_empty_group_is_finished_at_once() -> None:
    async def scenario() -> None:
        group, _ = group_of()
        assert group.is_finished
        await group.finished(5)
        await group.stop()

    asyncio.run(scenario())
