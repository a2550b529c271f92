"""The least that uvicorn can do for the same answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Message = MutableMapping[str, Any]

START: Message = {
    "type": "http.response.start",
    "status": 200,
    "headers": [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"13")],
}
BODY: Message = {"type": "http.response.body", "body": b"Hello, world!"}


async def app(scope: Message, receive: object, send: Callable[[Message], Awaitable[None]]) -> None:
    """Answers every request; uvicorn runs it with the lifespan protocol off."""
    await send(START)
    await send(BODY)
