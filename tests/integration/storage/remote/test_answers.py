"""Answers of something that is no storage service, or wants to do harm: read up to a limit, and an error of storage."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from funchost.errors import StorageUnavailableError
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
