from __future__ import annotations

import asyncio

import pytest

from funchost.http.asgi import Message, RawHeaders, Receive, Scope, Send
from funchost.http.forwarded import BehindGateway


async def _nothing() -> Message:
    raise NotImplementedError


async def _drop(message: Message) -> None:
    raise NotImplementedError


@pytest.mark.parametrize(
    ("headers", "scheme"),
    [
        ([(b"x-forwarded-proto", b"https")], "https"),
        ([(b"x-forwarded-proto", b"http")], "http"),
        ([(b"x-forwarded-proto", b"gopher")], "http"),
        ([], "http"),
    ],
)
def test_the_scheme_is_the_one_that_the_gateway_names(headers: RawHeaders, scheme: str) -> None:
    seen: list[object] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope["scheme"])

    asyncio.run(BehindGateway(app)({"scheme": "http", "headers": headers}, _nothing, _drop))
    assert seen == [scheme]
