"""Damaged messages from both sides, instances and clients that leave, instances that change: all at once."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import pytest

from funchost.http.limits import ClientLimits
from funchost.platform.gateway.limits import GatewayLimits
from tests.integration.http.serving import SECONDS, until
from tests.integration.platform.gateway.gatewaying import GET, OK, POST, SHOP, FakeInstance, Running, gateway_to

CHUNKS = b"5\r\nhello\r\n0\r\nA: b\r\n\r\n"
REQUESTS = (
    GET,
    GET.replace(b"GET", b"HEAD"),
    GET.replace(b"HTTP/1.1", b"HTTP/1.0"),
    GET.replace(b"shop.", b""),
    GET.replace(b"shop.", b"none."),
    GET.replace(b"\r\n\r\n", b"\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n"),
    POST + b"Content-Length: 5\r\n\r\nhello",
    POST + b"Expect: 100-continue\r\nContent-Length: 5\r\n\r\nhello",
    POST + b"Transfer-Encoding: chunked\r\n\r\n" + CHUNKS,
    POST.replace(b"shop.", b"") + b"Transfer-Encoding: chunked\r\n\r\n" + CHUNKS,
)
ANSWERS = (
    OK,
    OK.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"),
    b"HTTP/1.1 100 Continue\r\n\r\n" + OK,
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + CHUNKS,
    b"HTTP/1.1 204 No Content\r\n\r\n",
    b"HTTP/1.1 200 OK\r\n\r\nuntil the end",
    b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
    b"",
)
ROUNDS = 5
CLIENTS = 40


class Disorder:
    """Damages what it gets.

    Args:
        seed: makes a run repeatable as far as the system's own timing is.
    """

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)  # noqa: S311 - nothing secret

    def damaged(self, message: bytes) -> bytes:
        """Return a message as it was, or with a few bytes changed, missing or too many."""
        text = bytearray(message)
        for _ in range(self.dice.choice((0, 0, 0, 1, 2))):
            place = self.dice.randrange(len(text) + 1)
            text[place : place + self.dice.randrange(4)] = bytes(self.dice.choices(b"\r\n:,;0159aA\x00\xff", k=2))
        return bytes(text)

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """An instance that answers anything, at any time, or leaves."""
        while await reader.read(65536):
            fate = self.dice.random()
            if fate < 0.05:
                return
            writer.write(self.damaged(self.dice.choice(ANSWERS)))
            if fate < 0.15:
                return

    async def call(self, running: Running) -> None:
        """A client that sends anything, in pieces, and leaves at any time."""
        async with running.client(of_site=self.dice.random() < 0.2) as client:
            data = b"".join(self.damaged(self.dice.choice(REQUESTS)) for _ in range(self.dice.randrange(1, 5)))
            try:
                async with asyncio.timeout(self.dice.choice((0.01, 0.1, 0.3))):
                    while data:
                        size = self.dice.choice((1, 10, 100, 1000))
                        client.writer.write(data[:size])
                        data = data[size:]
                        await asyncio.sleep(0)
                    await client.reader.read()
            except (TimeoutError, ConnectionError):
                pass


@pytest.mark.parametrize("seed", range(3))
async def test_nothing_is_left_behind_whatever_both_sides_do(seed: int) -> None:
    faults: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: faults.append(context))
    disorder = Disorder(seed)
    instances = [FakeInstance(str(number), talk=disorder.talk) for number in range(3)]
    limits = GatewayLimits(waiting_seconds=0.2, retry_seconds=0.05, discard_seconds=0.2)
    patience = ClientLimits(head_timeout=0.2, slow_window=0.2)
    async with gateway_to(*instances, limits=limits, client_limits=patience) as running:
        for _ in range(ROUNDS):
            there = [instance.target for instance in instances if disorder.dice.random() < 0.7]
            running.gateway.set_instances(SHOP, there)
            await asyncio.gather(*(disorder.call(running) for _ in range(CLIENTS)))
        await until(lambda: running.gateway.demand(SHOP).in_flight == running.gateway.demand(SHOP).waiting == 0)
        for instance in instances:
            await asyncio.wait_for(running.gateway.idle(instance.name), SECONDS)
        sound = FakeInstance("sound")
        await sound.start()
        running.gateway.set_instances(SHOP, [sound.target])
        async with running.client() as client:
            await client.send(POST + b"Content-Length: 5\r\n\r\nhello")
            assert await client.answer() == (200, b"ok")
        await sound.stop()
        await asyncio.wait_for(running.gateway.drain(2 * SECONDS), SECONDS)
    assert faults == []
