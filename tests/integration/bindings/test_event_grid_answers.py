"""What a topic answers that refuses events: told as far as it is worth telling, and not read to its end."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import aiohttp
import pytest

from funchost.app.invocation import Datum
from funchost.bindings.event_grid import EventGridOutput, Topic
from funchost.bindings.failure import BindingFailure
from funchost.bindings.kind import BindingCall, Resources

EVENT = '{"id": "1", "eventType": "t", "subject": "s", "eventTime": "2026-11-21T12:00:00Z", "dataVersion": "1"}'
CHUNK = b"no such topic; " * 4096


def test_an_answer_without_end_is_told_by_its_beginning() -> None:
    sent = 0

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        try:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 400 Bad Request\r\nTransfer-Encoding: chunked\r\n\r\n")
            while True:
                writer.write(b"%x\r\n%b\r\n" % (len(CHUNK), CHUNK))
                sent += len(CHUNK)
                await writer.drain()
        except ConnectionError:
            pass  # the host has had enough
        finally:
            writer.close()

    async def main() -> None:
        server = await asyncio.start_server(refuse, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with server, aiohttp.ClientSession() as session:
            resources = Resources(cast("Any", None), lambda: session, cast("Any", None))
            call = BindingCall(cast("Any", None), resources, {})
            with pytest.raises(BindingFailure) as raised:
                await EventGridOutput(Topic(f"http://127.0.0.1:{port}/api/events", key="k")).write(
                    call, Datum("json", EVENT)
                )
        text = str(raised.value)
        assert "the answer was 400: no such topic; no such topic;" in text
        assert len(text) < 500
        assert sent < 16 * 1024 * 1024

    asyncio.run(main())
