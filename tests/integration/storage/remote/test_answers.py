"""Answers of something that is no storage service, or wants to do harm: read up to a limit, and an error of storage."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from funchost.errors import StorageUnavailableError
from funchost.platform.scale.queue_sampler import QueueSampler
from funchost.platform.scale.workload import WatchedQueue
from funchost.platform.site import SiteName
from funchost.settings import SettingNames
from funchost.storage.account import StorageAccount
from funchost.storage.connections import resolve_connection
from funchost.storage.remote.account import open_remote_account
from funchost.storage.remote.service import LONG
from tests.azurite import connection_string

HEAD = b"HTTP/1.1 %d Said\r\nx-ms-version: 2021-12-02\r\nx-ms-request-id: 1\r\n"
CHUNK = b"x" * 65_536


@dataclass
class Service:
    """Answers every request with the same; counts what it could send.

    Args:
        answer: is sent first.
        endless: whether chunks follow until the client goes.
    """

    answer: bytes
    endless: bool = False
    sent: int = 0
    requests: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            self.requests += 1
            writer.write(self.answer)
            while self.endless:
                writer.write(b"%x\r\n%b\r\n" % (len(CHUNK), CHUNK))
                self.sent += len(CHUNK)
                await writer.drain()
            await writer.drain()
            await reader.read()
        except ConnectionError:
            pass  # the client has had enough
        finally:
            writer.close()


@asynccontextmanager
async def account_of(service: Service) -> AsyncIterator[StorageAccount]:
    server = await asyncio.start_server(service.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    text = connection_string(port, port, port)
    account = open_remote_account(resolve_connection(SettingNames({"AzureWebJobsStorage": text}), None))
    try:
        yield account
    finally:
        await account.close()
        server.close()
        await server.wait_closed()


Call = Callable[[StorageAccount], Awaitable[object]]


@pytest.mark.parametrize("status", [200, 404, 500])
@pytest.mark.parametrize(
    "call",
    [
        lambda account: account.queues.properties("items"),
        lambda account: account.queues.peek("items"),
        lambda account: account.queues.list_queues(),
        lambda account: account.tables.list_tables(),
        lambda account: account.blobs.get("items", "a"),
    ],
)
def test_an_answer_without_end_is_an_error_and_is_not_read_to_its_end(status: int, call: Call) -> None:
    async def main() -> None:
        service = Service(HEAD % status + b"Transfer-Encoding: chunked\r\n\r\n", endless=True)
        async with account_of(service) as account:
            with pytest.raises(StorageUnavailableError, match=r"sent an answer of more than [\d,]+ bytes"):
                await call(account)
        assert service.requests == 1
        assert service.sent < LONG + 32 * 1024 * 1024  # what was under way comes on top

    asyncio.run(main())


def said(body: bytes, *headers: bytes) -> bytes:
    """A complete answer."""
    lines = b"".join(header + b"\r\n" for header in headers)
    return HEAD % 200 + lines + b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


@pytest.mark.parametrize(
    ("call", "answer"),
    [
        (lambda account: account.queues.properties("items"), said(b"", b"x-ms-approximate-messages-count: many")),
        (lambda account: account.queues.properties("items"), said(b"", b"x-ms-approximate-messages-count: -1")),
        (
            lambda account: account.queues.properties("items"),
            said(b"", b"x-ms-approximate-messages-count: " + b"9" * 5_000),
        ),
        (lambda account: account.queues.peek("items"), said(b"<html>")),
        (lambda account: account.queues.peek("items"), said(b"<List><QueueMessage/></List>")),
        (lambda account: account.queues.get("items"), said(b"")),
        (lambda account: account.queues.put("items", "text"), said(b"<List/>")),
        (lambda account: account.queues.list_queues(), said(b"<!DOCTYPE a><List/>")),
        (lambda account: account.blobs.list_containers(), said(b"{}")),
        (lambda account: account.blobs.list_blobs("items"), said(b"<a>" * 1_000)),
        (lambda account: account.blobs.get("items", "a"), said(b"content", b"Last-Modified: yesterday")),
        (lambda account: account.tables.list_tables(), said(b"[" * 200_000)),
        (lambda account: account.tables.list_tables(), said(b"[1]")),
        (lambda account: account.tables.get("items", "a", "b"), said(b"no JSON")),
        (lambda account: account.tables.query("items"), said(b'{"value": 1}')),
    ],
)
def test_an_answer_that_makes_no_sense_is_an_error_of_the_storage(call: Call, answer: bytes) -> None:
    async def main() -> None:
        async with account_of(Service(answer)) as account:
            with pytest.raises(StorageUnavailableError, match="sent an answer that makes no sense: ") as raised:
                await call(account)
        assert raised.value.code == "UnexpectedAnswer"

    asyncio.run(main())


@pytest.mark.parametrize(
    "service",
    [
        Service(HEAD % 200 + b"Transfer-Encoding: chunked\r\n\r\n", endless=True),
        Service(said(b"<html>", b"x-ms-approximate-messages-count: 3")),
        Service(said(b"", b"x-ms-approximate-messages-count: " + b"9" * 400)),
    ],
)
def test_scaling_takes_such_a_store_for_one_that_cannot_be_reached(service: Service) -> None:
    async def main() -> None:
        server = await asyncio.start_server(service.serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        text = connection_string(port, port, port)
        connection = resolve_connection(SettingNames({"AzureWebJobsStorage": text}), None)
        sampler = QueueSampler(lambda site, connection: None)
        try:
            assert await sampler.sample(SiteName("shop"), [WatchedQueue(connection, "items", 24)]) is None
        finally:
            await sampler.close()
            server.close()
            await server.wait_closed()
        assert service.sent <= 16 * 1024 * 1024  # a queue's properties need no body: 1 MiB is read

    asyncio.run(main())
