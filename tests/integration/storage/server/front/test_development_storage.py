"""Development storage over real sockets: who listens on the ports is recognised, and ports are taken over."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

from funchost.http.storage_fronts import StorageFronts, StoreKeeper
from funchost.storage.connection_string import parse_connection_string
from funchost.storage.development import (
    ANY_FREE,
    Listener,
    connection_string,
    find_development_storage,
    probe,
)
from funchost.storage.embedded.store import EmbeddedStore
from funchost.storage.endpoints import SERVICES, Service
from funchost.storage.server.identity import APP, folder_identity
from tests.azurite import azurite

__all__ = ["azurite"]


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[EmbeddedStore]:
    store = await EmbeddedStore.open(folder)
    try:
        yield store
    finally:
        await store.close()


def free_ports() -> dict[Service, int]:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in SERVICES]
        return dict(zip(SERVICES, [found.getsockname()[1] for found in sockets], strict=True))


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.02)


def test_a_front_is_told_from_others_and_from_nobody(tmp_path: Path) -> None:
    async def run() -> None:
        async with opened(tmp_path / "a") as store:
            fronts = StorageFronts(store)
            await fronts.open()
            own, strange = folder_identity(tmp_path / "a"), folder_identity(tmp_path)
            for port in fronts.ports.values():
                assert await probe(port, own, 5.0) is Listener.SAME_STORE
                assert await probe(port, strange, 5.0) is Listener.STORAGE
                assert await probe(port, "", 5.0) is Listener.STORAGE
            port = fronts.ports["blob"]
            await fronts.close()
            assert await probe(port, own, 5.0) is Listener.NOBODY

    asyncio.run(run())


def test_the_store_of_another_apps_host_is_not_for_this_app(tmp_path: Path) -> None:
    async def run() -> None:
        async with opened(tmp_path / "a") as store:
            fronts = StorageFronts(store, use=APP)
            await fronts.open()
            decision = await find_development_storage(tmp_path / "b", fronts.ports)
            assert decision.ports == ANY_FREE
            assert "held by the host of another app" in (decision.obstacle or "")
            assert (await find_development_storage(tmp_path / "a", fronts.ports)).take_over
            await fronts.close()

    asyncio.run(run())


def test_azurite_is_another_store(azurite: str) -> None:
    parsed = parse_connection_string("azurite", azurite)
    for url in parsed.endpoints:
        assert asyncio.run(probe(urlsplit(url).port or 0, "x", 5.0)) is Listener.STORAGE


def test_programs_that_do_not_speak_the_protocol_are_others() -> None:
    answers = [b"", b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n", b"SSH-2.0-x\r\n\r\n", b"x" * 100_000]

    async def run(answer: bytes) -> Listener:
        async def reply(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(answer)
            with contextlib.suppress(ConnectionError):
                await writer.drain()
            writer.close()

        server = await asyncio.start_server(reply, "127.0.0.1", 0)
        async with server:
            return await probe(server.sockets[0].getsockname()[1], "x", 5.0)

    assert [asyncio.run(run(answer)) for answer in answers] == [Listener.OTHER] * 4


def test_a_program_that_says_nothing_is_another() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert asyncio.run(probe(silent.getsockname()[1], "x", 0.05)) is Listener.OTHER


def test_the_next_host_on_a_folder_takes_its_ports_over(tmp_path: Path) -> None:
    async def run() -> None:
        ports = free_ports()
        said: list[str] = []
        decision = await find_development_storage(tmp_path, ports)
        async with opened(tmp_path) as first_store, opened(tmp_path) as second_store:
            first = StoreKeeper(StorageFronts(first_store), decision, said.append)
            await first.start()
            assert first.ports == ports

            decision = await find_development_storage(tmp_path, ports)
            assert decision.take_over
            fronts = StorageFronts(second_store)
            second = StoreKeeper(fronts, decision, said.append)
            await second.start()
            assert not fronts.ports
            assert second.connection_string == first.connection_string
            await first.stop()
            await until(lambda: bool(fronts.ports))
            assert fronts.ports == ports
            assert "has ended" in said[-1]
            await second.stop()

    asyncio.run(run())


def test_ports_that_are_held_mean_free_ones_and_a_line(tmp_path: Path) -> None:
    async def run() -> None:
        ports = free_ports()
        said: list[str] = []
        with socket.create_server(("127.0.0.1", ports["queue"])):
            decision = await find_development_storage(tmp_path, ports, 0.1)
            async with opened(tmp_path) as store:
                keeper = StoreKeeper(StorageFronts(store), decision, said.append)
                await keeper.start()
                assert decision.ports == ANY_FREE
                assert not set(keeper.ports.values()) & set(ports.values())
                assert keeper.connection_string == connection_string(keeper.ports)
                await keeper.stop()
        (line,) = said
        assert f"port {ports['queue']} (queue) is held by another program" in line
        assert all(str(port) in line for port in keeper.ports.values())

    asyncio.run(run())


def test_a_port_that_is_taken_between_the_question_and_the_start_means_free_ones(tmp_path: Path) -> None:
    async def run() -> None:
        ports = free_ports()
        said: list[str] = []
        decision = await find_development_storage(tmp_path, ports)
        with socket.create_server(("127.0.0.1", ports["table"])):
            async with opened(tmp_path) as store:
                keeper = StoreKeeper(StorageFronts(store), decision, said.append)
                await keeper.start()
                assert len(keeper.ports) == 3
                assert ports["table"] not in keeper.ports.values()
                await keeper.stop()
        assert len(said) == 1

    asyncio.run(run())
