"""The same two handlers in Starlette, which logs nothing."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route


async def text(request: Request) -> PlainTextResponse:
    """An async endpoint."""
    return PlainTextResponse("Hello, world!")


def text_sync(request: Request) -> PlainTextResponse:
    """A sync endpoint; Starlette runs it in a thread."""
    return PlainTextResponse("Hello, world!")


app = Starlette(routes=[Route("/api/text", text), Route("/api/text-sync", text_sync)])
