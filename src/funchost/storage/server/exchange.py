"""StorageRequest and StorageReply: one call of a storage service, after the front has read and authenticated it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, MutableMapping
from types import MappingProxyType
from typing import Any, Literal, NamedTuple, Protocol

from funchost.app.invocation import Body
from funchost.storage.server.grant import ALL, Grant, StoredPolicy
from funchost.storage.server.refusal import refusal

ServiceName = Literal["blob", "queue", "table"]

SERVICES: tuple[ServiceName, ...] = ("blob", "queue", "table")

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

_NO_HEADERS: Mapping[str, str] = MappingProxyType({})


class RequestBody:
    """A Body that is still with the client; read it whole or in pieces, once, or not at all.

    Args:
        receive: the request's ASGI receive.
        size: announced length, 0 = there is none, None = not known (chunked).
        limit: most bytes that are accepted.
    """

    __slots__ = ("_ended", "_left", "_receive", "size")

    def __init__(self, receive: Receive, size: int | None, limit: int | None = None) -> None:
        self.size = size
        self._receive = receive
        self._left = limit
        self._ended = size == 0

    def limited(self, limit: int) -> RequestBody:
        """Return this body bounded to `limit` bytes.

        Raises:
            StorageError: RequestBodyTooLarge, because more is announced; reading raises it for what was not.
        """
        if self.size is not None and self.size > limit:
            raise refusal("RequestBodyTooLarge", MaxLimit=str(limit))
        self._left = limit
        return self

    async def read(self, limit: int) -> bytes:
        """Return all of it, up to `limit` bytes.

        Raises:
            StorageError: RequestBodyTooLarge.
            ConnectionResetError: the client went away.
        """
        self.limited(limit)
        if self._ended:
            return b""
        first = await self._piece()
        if self._ended:
            return first
        return first + b"".join([piece async for piece in self])

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        while not self._ended:
            piece = await self._piece()
            if piece:
                return piece
        raise StopAsyncIteration

    async def _piece(self) -> bytes:
        message = await self._receive()
        if message["type"] != "http.request":
            raise ConnectionResetError("The client disconnected before its request body was complete.")
        self._ended = not message["more_body"]
        piece: bytes = message["body"]
        if self._left is not None:
            self._left -= len(piece)
            if self._left < 0:
                raise refusal("RequestBodyTooLarge")
        return piece


class StorageRequest(NamedTuple):
    """One request to a service, authenticated.

    Args:
        service: which one.
        method: upper-case.
        account: name of the account; it exists.
        path: decoded, below the account, without a slash in front: ``container/a b.txt``; empty = the service itself.
        raw_path: the same as it was sent.
        query: decoded; names in lower case (``nextpartitionkey``, ``$filter``), repeated values joined with commas.
        headers: names in lower case, but what follows ``x-ms-meta-`` as it was sent; repeated ones joined with commas.
        body: see RequestBody.
        grant: what the caller may do. The front has checked it against the operation; handlers ask it about what only
            they know: parts of a batch, whether a write creates or overwrites, ranges of keys.
        url: of the account as the client calls it, no slash at the end: ``http://127.0.0.1:10000/devstoreaccount1``.
        version: the x-ms-version of the request, empty if it has none.
        id: goes back as x-ms-request-id.
    """

    service: ServiceName
    method: str
    account: str
    path: str
    raw_path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: RequestBody
    grant: Grant = ALL
    url: str = ""
    version: str = ""
    id: str = ""

    @property
    def resource(self) -> str:
        """The first part of the path: container, queue or table."""
        return self.path.partition("/")[0]

    @property
    def rest(self) -> str:
        """The path below `resource`: the blob's name."""
        return self.path.partition("/")[2]

    @property
    def operation(self) -> tuple[str, str, str]:
        """Method, ``restype`` and ``comp``: what names most operations."""
        return self.method, self.query.get("restype", ""), self.query.get("comp", "")


class StorageReply(NamedTuple):
    """What a service answers.

    The front adds x-ms-request-id, x-ms-version, x-ms-client-request-id, Date, CORS headers and the length of the body.

    Args:
        headers: by name in lower case. An answer to HEAD states the length of the blob as ``content-length``.
        body: bytes, or a Body that is read once and closed (``aclose``) if it has that method.
    """

    status: int
    headers: Mapping[str, str] = _NO_HEADERS
    body: bytes | Body = b""


class StorageService(Protocol):
    """The operations of one service; constructed with the EmbeddedStore.

    The front answers by itself: service properties, service stats, account information, CORS. Errors are raised as
    StorageError (see refusal.py); one with status 304 is answered without a body.
    """

    async def handle(self, request: StorageRequest) -> StorageReply:
        """Do what the request says; raise ``unsupported(request, operation)`` for what this service does not cover."""
        ...

    async def stored_policy(self, account: str, resource: str, identifier: str) -> StoredPolicy | None:
        """Return a stored access policy of a container, queue or table; None if there is none by that identifier."""
        ...

    async def public_access(self, account: str, resource: str) -> str:
        """Return who may read without a signature: ``container`` (its list too), ``blob``, or empty for nobody."""
        ...
