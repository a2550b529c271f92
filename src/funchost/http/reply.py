"""Reply: what goes back to the client, and how it is written as ASGI events."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, NamedTuple

import msgspec

from funchost.app.invocation import Body
from funchost.http.asgi import CONNECTION, RawHeaders, Scope, Send

TEXT = (b"content-type", b"text/plain; charset=utf-8")
HTML = (b"content-type", b"text/html; charset=utf-8")
JSON = (b"content-type", b"application/json; charset=utf-8")

_BODILESS = frozenset({204, 205, 304})
_SIZES = tuple(b"%d" % size for size in range(4096))


class Reply(NamedTuple):
    """A response before it is written.

    Args:
        headers: names in lower case, checked; framing headers are added when it is written.
    """

    status: int
    headers: RawHeaders
    body: bytes | Body = b""


def empty(status: int) -> Reply:
    """Return a reply without a body: error answers tell strangers nothing."""
    return Reply(status, [])


def text(status: int, message: str) -> Reply:
    return Reply(status, [TEXT], message.encode())


def json_reply(value: Any, status: int = 200) -> Reply:
    return Reply(status, [JSON], msgspec.json.encode(value))


async def send_reply(reply: Reply, scope: Scope, send: Send) -> None:
    """Write a reply. The body of 204, 205 and 304 is dropped, and so is that of an answer to HEAD.

    Raises:
        ConnectionResetError: the body broke off; what was announced cannot be sent any more.
    """
    status, headers, body = reply
    if not isinstance(body, bytes):
        await _send_stream(reply, body, scope, send)
        return
    if status in _BODILESS:
        body = b""
        headers = _without_length(headers)
    else:
        size = len(body)
        if not size:
            # Only an answer to HEAD may state the length of a body that is not there.
            stated = scope["method"] == "HEAD" and any(name == b"content-length" for name, _ in headers)
            headers = headers if stated else [*_without_length(headers), (b"content-length", b"0")]
        else:
            headers.append((b"content-length", _SIZES[size] if size < 4096 else b"%d" % size))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _without_length(headers: RawHeaders) -> RawHeaders:
    return [header for header in headers if header[0] != b"content-length"]


async def _send_stream(reply: Reply, body: Body, scope: Scope, send: Send) -> None:
    connection = scope.get(CONNECTION)
    chunks = aiter(body)
    try:
        if body.size is not None and reply.status not in _BODILESS:
            reply.headers.append((b"content-length", b"%d" % body.size))
        await send({"type": "http.response.start", "status": reply.status, "headers": reply.headers})
        if scope["method"] != "HEAD" and reply.status not in _BODILESS:
            async for chunk in chunks:
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
                if connection is not None and connection.is_closing():
                    return
        await send({"type": "http.response.body", "body": b""})
    finally:
        await _close(chunks)


async def _close(chunks: AsyncIterator[bytes]) -> None:
    close = getattr(chunks, "aclose", None)
    if close is not None:
        await close()
