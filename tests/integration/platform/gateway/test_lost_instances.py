"""Instances that end, at every moment; requests are sent again only where that is safe."""

from __future__ import annotations

import asyncio
import re

import pytest

from funchost.platform.gateway.limits import GatewayLimits
from tests.integration.http.serving import SECONDS, until
from tests.integration.platform.gateway.gatewaying import (
    GET,
    OK,
    POST,
    SHOP,
    FakeInstance,
    Talk,
    gateway_to,
    read_request,
)

SEND = POST + b"Content-Length: 2\r\n\r\nhi"
LOST = (502, b"The function app's instance ended before it answered.\n")
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"
CLOSING = b"HTTP/1.1 200 OK\r\n\r\n"


def answers_then_ends(answer: bytes) -> Talk:
    """An instance that sends this and ends."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(answer)
        await writer.drain()

    return talk


@pytest.mark.parametrize("answer", [OK, CHUNKED])
@pytest.mark.parametrize("request_bytes", [GET, SEND])
async def test_an_answer_that_breaks_off_anywhere_is_never_taken_for_a_whole_one(
    answer: bytes, request_bytes: bytes
) -> None:
    instance = FakeInstance()
    head_end = answer.index(b"\r\n\r\n") + 4
    async with gateway_to(instance) as running:
        for place in range(len(answer)):
            instance.talk = answers_then_ends(answer[:place])
            got = await running.answer_to(request_bytes.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", 1))
            if place < head_end:
                assert got.startswith(b"HTTP/1.1 502 "), place
            else:
                assert got.startswith(b"HTTP/1.1 200 "), place
                body = answer[head_end:place]
                assert got.endswith(b"\r\n\r\n" + body), place
        instance.talk = answers_then_ends(answer)
        async with running.client() as client:
            await client.send(request_bytes)
            assert await client.reader.readexactly(len(answer)) == answer
        assert running.gateway.demand(SHOP).in_flight == 0


async def test_an_old_client_sees_a_reset_where_the_end_could_be_taken_for_the_answers() -> None:
    answer = CHUNKED[: CHUNKED.index(b"ok") + 2]
    async with gateway_to(FakeInstance(talk=answers_then_ends(answer))) as running, running.client() as client:
        await client.send(GET.replace(b"HTTP/1.1", b"HTTP/1.0"))
        with pytest.raises(ConnectionResetError):
            await asyncio.wait_for(client.reader.read(), SECONDS)


@pytest.mark.parametrize("request_bytes", [GET, SEND])
async def test_an_instance_that_takes_no_connection_is_passed_over(request_bytes: bytes) -> None:
    dead, alive = FakeInstance("dead"), FakeInstance("alive")
    async with gateway_to(dead, alive) as running, running.client() as client:
        await dead.stop()
        for _ in range(6):
            await client.send(request_bytes)
            assert await client.answer() == (200, b"ok")
        assert len(alive.received) == 6
        assert running.gateway.demand(SHOP).per_instance == {"dead": 0, "alive": 0}


async def test_what_may_be_repeated_goes_to_another_instance_once_more() -> None:
    dying, alive = FakeInstance("dying", talk=answers_then_ends(b"")), FakeInstance("alive")
    upload = b"PUT /api/x HTTP/1.1\r\nHost: shop.localhost\r\nContent-Length: 2\r\n\r\nhi"
    async with gateway_to(dying, alive) as running, running.client() as client:
        for _ in range(4):
            await client.send(upload)
            assert await client.answer() == (200, b"ok")
        assert [request.body for request in alive.received] == [b"hi"] * 4


async def test_the_second_attempt_takes_a_new_connection() -> None:
    """Where one kept connection has ended, others may end as well with the next request."""
    instance = FakeInstance()
    ending = [False]

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        is_new = ending[0]
        while True:
            await read_request(reader)
            await instance.gate.wait()
            if ending[0] and not is_new:
                return
            writer.write(OK)
            await writer.drain()

    instance.talk = talk
    async with gateway_to(instance) as running, running.client() as one, running.client() as two:
        instance.gate.clear()
        await one.send(GET)
        await two.send(GET)
        await until(lambda: instance.open == 2)
        instance.gate.set()
        assert (await one.answer(), await two.answer()) == ((200, b"ok"), (200, b"ok"))
        ending[0] = True
        await one.send(GET)
        assert await one.answer() == (200, b"ok")
        assert instance.connections == 3


async def test_what_may_not_be_repeated_is_answered_502() -> None:
    dying, alive = FakeInstance("dying", talk=answers_then_ends(b"")), FakeInstance("alive")
    async with gateway_to(dying, alive) as running, running.client() as client:
        answers = []
        for _ in range(4):
            await client.send(SEND)
            answers.append(await client.answer())
    assert set(answers) == {(200, b"ok"), LOST}
    assert len(alive.received) == answers.count((200, b"ok"))


async def test_an_instance_that_lost_a_request_is_left_alone_for_a_moment() -> None:
    """It seems to take connections for as long as it is ending."""
    dying, alive = FakeInstance("dying", talk=answers_then_ends(b"")), FakeInstance("alive")
    limits = GatewayLimits(retry_seconds=60.0)
    async with gateway_to(dying, alive, limits=limits) as running, running.client() as client:
        answers = []
        for _ in range(6):
            await client.send(SEND)
            answers.append(await client.answer())
    assert answers.count(LOST) == 1
    assert len(alive.received) == 5


async def test_a_request_that_ends_every_instance_is_tried_twice_at_most() -> None:
    instances = [FakeInstance(str(number), talk=answers_then_ends(b"")) for number in range(4)]
    async with gateway_to(*instances) as running, running.client() as client:
        await client.send(GET)
        assert await client.answer() == LOST
    assert sum(instance.connections for instance in instances) == 2


async def test_a_body_too_large_to_keep_is_not_sent_again() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(150_000)

    dying, alive = FakeInstance("dying", talk=talk), FakeInstance("alive")
    upload = b"PUT /api/x HTTP/1.1\r\nHost: shop.localhost\r\nContent-Length: 200000\r\n\r\n"
    async with gateway_to(dying, alive) as running, running.client() as client:
        await client.send(upload, b"x" * 200_000)
        assert await client.answer() == LOST
    assert not alive.received


async def test_a_connection_closed_while_it_was_unused_costs_nothing() -> None:
    instance = FakeInstance()
    async with gateway_to(instance) as running, running.client() as client:
        for count in range(1, 4):
            await client.send(SEND)
            assert await client.answer() == (200, b"ok")
            await instance.stop()
            await until(lambda: instance.open == 0)
            await instance.start()
            await asyncio.sleep(0.01)
            assert instance.connections == count


LONG_HEAD = b"HTTP/1.1 200 OK\r\nX: %b\r\nContent-Length: 2\r\n\r\nok" % (b"x" * 130_000)
OVER = "its head (status line and headers) is over 128 KiB"


@pytest.mark.parametrize(
    ("nonsense", "problem"),
    [
        (b"nonsense\r\n\r\n", "it is no HTTP/1.1 (Expected HTTP/, RTSP/ or ICE/)"),
        (OK.replace(b"Length: 2", b"Length: 2\r\nContent-Length: 3"), "it is no HTTP/1.1 (Duplicate Content-Length)"),
        (b"HTTP/1.1 101 Go\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n", "it switches protocols"),
        (b"x" * 200_000, OVER),
        (LONG_HEAD.replace(b"X: ", b"X: " + b"x" * 2_000), OVER),
    ],
)
async def test_an_answer_that_makes_no_sense_is_502_and_the_log_says_why(nonsense: bytes, problem: str) -> None:
    instance = FakeInstance("0123456789", talk=answers_then_ends(nonsense))
    async with gateway_to(instance) as running, running.client() as client:
        await client.send(GET.replace(b"/x", b"/x?code=secret"))
        status, body = await client.answer()
        assert (status, body.decode()) == (
            502,
            f"The function app's answer cannot be passed on, because {problem}.\n",
        )
        assert running.notes == [
            (SHOP, f"The answer of instance 01234567 to GET /api/x became a 502, because {problem}.")
        ]
        assert running.gateway.demand(SHOP).in_flight == 0
        assert instance.connections == 1  # it was executed: not sent again, although it could be


async def test_a_head_up_to_the_limit_is_passed_on_and_an_instance_with_a_bad_answer_stays_in_use() -> None:
    instance = FakeInstance(answer=LONG_HEAD)
    async with gateway_to(instance) as running, running.client() as client:
        await client.send(GET)
        assert await client.reader.readexactly(len(LONG_HEAD)) == LONG_HEAD
        instance.answer = b"nonsense\r\n\r\n"
        await client.send(GET)
        assert (await client.answer())[0] == 502
        instance.answer = OK
        await client.send(GET)
        assert await client.answer() == (200, b"ok")


async def test_a_body_that_makes_no_sense_is_cut_off_and_the_log_says_why() -> None:
    head_came = asyncio.Event()
    start = CHUNKED[: CHUNKED.index(b"0\r\n\r\n")]

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(start)
        await head_came.wait()
        writer.write(b"zz\r\n")
        await reader.read()

    async with gateway_to(FakeInstance(talk=talk)) as running, running.client() as client:
        await client.send(GET)
        assert await client.reader.readexactly(len(start)) == start
        head_came.set()
        assert await client.rest() == b""
        assert running.notes == [
            (SHOP, "The answer of instance one to GET /api/x was cut off, because a chunk has no size.")
        ]


async def test_many_bad_answers_are_few_lines_that_say_how_many() -> None:
    instance = FakeInstance(answer=b"nonsense\r\n\r\n")
    async with gateway_to(instance) as running, running.client() as client:
        for _ in range(20):
            await client.send(GET)
            assert (await client.answer())[0] == 502

        def told() -> int:
            more = [re.search(r"(\d+) more before it", text) for _, text in running.notes]
            return len(more) + sum(int(found[1]) for found in more if found)

        await until(lambda: told() == 20)
        assert len(running.notes) < 20


async def test_when_no_instance_can_be_reached_requests_wait_until_one_can() -> None:
    instance = FakeInstance()
    waiting: list[object] = []
    async with gateway_to(instance, limits=GatewayLimits(retry_seconds=0.05)) as running, running.client() as client:
        running.gateway.on_waiting = waiting.append
        await instance.stop()
        await client.send(SEND)
        await until(lambda: bool(waiting))
        assert running.gateway.demand(SHOP).waiting == 1
        await instance.start()
        assert await client.answer() == (200, b"ok")
        assert waiting[0] == SHOP


async def test_removing_an_instance_cuts_no_request_and_idle_waits_for_it() -> None:
    old, new = FakeInstance("old"), FakeInstance("new", OK.replace(b"ok", b"no"))
    old.gate.clear()
    async with gateway_to(old) as running, running.client() as one, running.client() as two:
        await new.start()
        await one.send(SEND)
        await until(lambda: bool(old.received))
        running.gateway.set_instances(SHOP, [new.target])
        await two.send(SEND)
        assert await two.answer() == (200, b"no")
        idle = asyncio.create_task(running.gateway.idle("old"))
        await asyncio.sleep(0.05)
        assert not idle.done()
        old.gate.set()
        assert await one.answer() == (200, b"ok")
        await asyncio.wait_for(idle, SECONDS)
        await asyncio.wait_for(running.gateway.idle("never heard of"), SECONDS)
        await until(lambda: old.open == 0)
        await one.send(SEND)
        assert await one.answer() == (200, b"no")
        await new.stop()
