"""Request bodies: small ones are read at once, others are pulled from the client as the worker takes them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TypeVar

import msgspec

from funchost.app.foreign_json import DEEPEST, is_deeper
from funchost.app.invocation import Body
from funchost.http.asgi import RawHeaders, Receive, Scope

INLINE_LIMIT = 64 * 1024
"""A body of a known size up to this is read before the function is called."""


T = TypeVar("T")


class BodyTooLargeError(Exception):
    """The client sends more than the host accepts."""


class UnexpectedBodyError(Exception):
    """The body is no JSON, or JSON of another shape; the message is one for the client."""


class ClientGoneError(ConnectionResetError):
    """The client went away, or stopped sending, before its request was complete."""


class ArrivingBody:
    """A Body that is still with the client. Reading it paces the client through the connection's own flow control.

    Args:
        receive: the request's ASGI receive.
        size: announced length, None for a chunked body.
        limit: most bytes accepted.
    """

    __slots__ = ("_ended", "_left", "_receive", "problem", "size")

    def __init__(self, receive: Receive, size: int | None, limit: int) -> None:
        self.size = size
        self.problem: Exception | None = None
        """Why reading stopped before the end; None so far."""
        self._receive = receive
        self._left = limit
        self._ended = False

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        """Return the next piece, never empty.

        Raises:
            ClientGoneError: the client disconnected, or was so slow that the server has cut it off.
            BodyTooLargeError: the limit is passed.
        """
        if self.problem is not None:
            raise self.problem
        while not self._ended:
            piece = await self._next()
            self._left -= len(piece)
            if self._left < 0:
                self.problem = BodyTooLargeError("The request body is larger than the limit.")
                raise self.problem
            if piece:
                return piece
        raise StopAsyncIteration

    async def _next(self) -> bytes:
        message = await self._receive()
        if message["type"] != "http.request":
            self.problem = ClientGoneError("The client disconnected before its request body was complete.")
            raise self.problem
        self._ended = not message["more_body"]
        piece: bytes = message["body"]
        return piece


def announced_size(headers: RawHeaders) -> int | None:
    """Return the length of the body by the headers: 0 if there is none, None if it comes in chunks.

    The server has refused contradicting or malformed framing before.
    """
    size: int | None = 0
    for name, value in headers:
        if name == b"content-length":
            size = int(value)
        elif name == b"transfer-encoding":
            return None
    return size


async def open_body(receive: Receive, size: int | None, limit: int) -> bytes | Body:
    """Return the body: bytes if it is small, else one that is read when it is needed.

    Raises:
        BodyTooLargeError: the announced size is over the limit; nothing has been read.
        ClientGoneError: the client went away in the middle of a small body.
    """
    if size == 0:
        return b""
    if size is not None and size > limit:
        raise BodyTooLargeError("The request body is larger than the limit.")
    body = ArrivingBody(receive, size, limit)
    if size is None or size > INLINE_LIMIT:
        return body
    pieces = [piece async for piece in body]
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


async def whole_body(scope: Scope, receive: Receive, limit: int) -> bytes:
    """Return the body, all of it.

    Raises:
        BodyTooLargeError: it is over the limit.
        ClientGoneError: the client went away before its end.
    """
    body = await open_body(receive, announced_size(scope["headers"]), limit)
    return body if isinstance(body, bytes) else b"".join([piece async for piece in body])


def read_json(raw: bytes, type: type[T]) -> T:
    """Return what JSON says, as `type`.

    Raises:
        UnexpectedBodyError: it is no JSON, or of another shape.
    """
    try:
        value = msgspec.json.decode(raw, type=type)
        if raw.count(b"{") + raw.count(b"[") > DEEPEST and is_deeper(msgspec.json.decode(raw), DEEPEST):
            raise UnexpectedBodyError(f"The body is nested more than {DEEPEST} levels deep.")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UnexpectedBodyError(f"The body is not what is expected here: {error}.") from None
    return value
