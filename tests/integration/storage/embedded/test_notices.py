"""Datagrams between hosts: few, and nothing that comes in does harm."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from funchost.storage.embedded.engine import Engine
from funchost.storage.embedded.folder import open_folder
from funchost.storage.embedded.notices_hosts import HostRegistry
from tests.integration.storage.embedded.conditions import until


@contextmanager
def listener() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as bound:
        bound.bind(("127.0.0.1", 0))
        bound.setblocking(False)
        yield bound


def received(bound: socket.socket) -> list[list[str]]:
    """Return the datagrams that have arrived, each as store id and topics."""
    found = []
    while True:
        try:
            found.append(json.loads(bound.recv(65536)))
        except BlockingIOError:
            return found


async def ports_of(engine: Engine) -> list[int]:
    rows = await engine.read(lambda c: c.execute("SELECT port FROM hosts").fetchall())
    return [port for (port,) in rows]


async def store_id(engine: Engine) -> str:
    row = await engine.read(lambda c: c.execute("SELECT value FROM store WHERE key = 'id'").fetchone())
    return str(row[0])


async def greet(bound: socket.socket, engine: Engine) -> None:
    """Make a host known that the engine has not heard of."""
    for port in await ports_of(engine):
        bound.sendto(json.dumps([await store_id(engine)]).encode(), ("127.0.0.1", port))

    def is_told() -> bool:
        engine.write(lambda connection: None, durable=False, topics=("first",))
        return bool(received(bound))

    await until(is_told)


def test_hosts_are_told_of_all_topics_in_few_datagrams(tmp_path: Path) -> None:
    async def run() -> None:
        with listener() as bound:
            engine = await Engine.open(tmp_path)
            other = HostRegistry(open_folder(tmp_path).hosts, bound.getsockname()[1])
            await engine.write(other.register)
            await greet(bound, engine)
            loop = asyncio.get_running_loop()
            start = loop.time()
            for number in range(300):
                await engine.write(lambda connection: None, durable=False, topics=(f"topic {number}",))
            datagrams: list[list[str]] = []
            topics: set[str] = set()
            while len(topics) < 300:
                assert loop.time() < start + 60
                datagrams += [one for one in received(bound) if one[1:] != ["first"]]
                topics = {topic for _, *named in datagrams for topic in named if topic.startswith("topic")}
                await asyncio.sleep(0.01)
            assert len(datagrams) <= (loop.time() - start) / 0.005 + 1
            other.close()
            await engine.close()

    asyncio.run(run())


def test_what_is_no_notice_of_this_store_wakes_nobody(tmp_path: Path) -> None:
    async def run() -> None:
        engine = await Engine.open(tmp_path)
        woken: list[int] = []
        engine.watch("topic", lambda: woken.append(1))
        identity = await store_id(engine)
        (port,) = await ports_of(engine)
        address = ("127.0.0.1", port)
        with listener() as sender:
            for data in (b"", b"\xff", b"[]", b"{}", b"7", b'"x"', b'["other", "topic"]', b"[" * 9000, b"[1, 2]"):
                sender.sendto(data, address)
            sender.sendto(json.dumps([identity, 7, "topic"]).encode(), address)
            await engine.write(lambda connection: None)
            sender.sendto(json.dumps([identity, "topic"]).encode(), address)  # comes after all others
            await until(lambda: bool(woken))
            sender.sendto(json.dumps([identity, "*"]).encode(), address)
            await until(lambda: len(woken) > 1)
            assert len(woken) == 2
        await engine.close()

    asyncio.run(run())


def test_more_topics_than_fit_are_announced_as_all(tmp_path: Path) -> None:
    async def run() -> None:
        with listener() as bound:
            engine = await Engine.open(tmp_path)
            other = HostRegistry(open_folder(tmp_path).hosts, bound.getsockname()[1])
            await engine.write(other.register)
            await greet(bound, engine)
            await engine.write(lambda connection: None, topics=[f"{number:0200}" for number in range(100)])
            await until(lambda: any(topics == ["*"] for _, *topics in received(bound)))
            other.close()
            await engine.close()

    asyncio.run(run())
