"""StorageFront: one storage service of an embedded store as an ASGI app."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import UTC, datetime
from importlib import import_module
from itertools import count

import funchost
from funchost.errors import StorageError
from funchost.storage.embedded.store import EmbeddedStore
from funchost.storage.server.authentication import Authentication
from funchost.storage.server.call import Call
from funchost.storage.server.cors import preflight, response_headers
from funchost.storage.server.dates import iso_date
from funchost.storage.server.exchange import (
    Receive,
    RequestBody,
    Scope,
    Send,
    ServiceName,
    StorageReply,
    StorageRequest,
    StorageService,
)
from funchost.storage.server.failure import failure_reply, fault_reply
from funchost.storage.server.identity import EVERYBODY, PROBE_HEADER, STORE_HEADER, USE_HEADER, folder_identity
from funchost.storage.server.properties import CorsRule, cors_rules
from funchost.storage.server.refusal import refusal
from funchost.storage.server.service_operations import answer_common, is_common
from funchost.storage.server.target import body_size, read_headers, read_query, read_target

DEFAULT_VERSION = "2026-10-06"
"""The x-ms-version of an answer to a request that names none."""

CONNECTION = "funchost.connection"
"""Scope key under which funchost's server leaves the transport of the client."""

METHODS = frozenset({"GET", "HEAD", "PUT", "POST", "DELETE", "MERGE", "PATCH", "OPTIONS"})

_OVERRIDES = {
    "rscc": "cache-control",
    "rscd": "content-disposition",
    "rsce": "content-encoding",
    "rscl": "content-language",
    "rsct": "content-type",
}
_BODILESS = frozenset({204, 205, 304})

OnFault = Callable[[str, Exception], None]
"""Gets the operation (method and path) and the error, when a request fails by a defect of ours."""


class StorageFront:
    """One service of a store, for an HTTP server to run.

    Args:
        store: open; the front does not close it.
        service: which one.
        on_fault: is told of defects; the client sees InternalError. None = the event loop's exception handler is told.
        operations: of the service; None = the store's own.
        use: who the store is for; hosts of other apps pass it by unless it is for everybody.
    """

    def __init__(
        self,
        store: EmbeddedStore,
        service: ServiceName,
        on_fault: OnFault | None = None,
        operations: StorageService | None = None,
        use: str = EVERYBODY,
    ) -> None:
        self._service_name = service
        self._accounts = store.accounts
        self._service = operations or open_service(store, service)
        self._authentication = Authentication(self._accounts, self._service)
        self._on_fault = on_fault or _tell_loop
        self._introduction = (
            (STORE_HEADER.encode(), folder_identity(store.engine.folder).encode()),
            (USE_HEADER.encode(), use.encode()),
        )
        self._id = secrets.token_hex(8)
        self._prefix = f"{self._id[:8]}-{self._id[8:12]}-{self._id[12:]}-0000-"
        self._count = count(1)
        self._server = f"funchost-{service}/{funchost.__version__}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; see the ASGI specification."""
        if scope["type"] != "http":
            return
        request_id = f"{self._prefix}{next(self._count):012x}"
        headers = read_headers(scope["headers"])
        try:
            reply = await self._answer(scope, receive, headers, request_id)
        except StorageError as error:
            reply = failure_reply(error, self._service_name, request_id, iso_date(datetime.now(UTC)))
        except ConnectionResetError:
            return  # nobody is there to be answered
        except Exception as error:
            self._on_fault(f"{scope['method']} {scope['path']}", error)
            reply = fault_reply(self._service_name, request_id, iso_date(datetime.now(UTC)))
        if "origin" in headers and scope["method"] != "OPTIONS":
            reply = await self._for_page(reply, scope, headers)
        await self._send(scope, send, reply, headers, request_id)

    async def _answer(
        self, scope: Scope, receive: Receive, headers: Mapping[str, str], request_id: str
    ) -> StorageReply:
        method: str = scope["method"]
        if method not in METHODS:
            raise refusal("UnsupportedHttpVerb")
        raw_path: bytes = scope["raw_path"]
        target = read_target(self._service_name, headers.get("host", ""), raw_path)
        raw_query: bytes = scope["query_string"]
        query = read_query(raw_query)
        if method == "OPTIONS":
            return preflight(await self._cors(target.account), headers)
        client = scope["client"]
        scheme = scope["scheme"]
        call = Call(
            self._service_name,
            method,
            target,
            raw_path.decode("latin-1"),
            raw_query,
            query,
            headers,
            scheme,
            client[0] if client else "",
        )
        request = StorageRequest(
            service=self._service_name,
            method=method,
            account=target.account,
            path=target.path,
            raw_path=target.raw_path,
            query=query,
            headers=headers,
            body=RequestBody(receive, body_size(headers)),
            grant=await self._authentication.check(call),
            url=f"{scheme}://{target.base}",
            version=headers.get("x-ms-version", ""),
            id=request_id,
        )
        if is_common(request):
            reply = await answer_common(request, self._accounts)
        else:
            reply = await self._service.handle(request)
            if "sig" in query and method in ("GET", "HEAD"):
                reply = _overridden(reply, query)
        return reply

    async def _for_page(self, reply: StorageReply, scope: Scope, headers: Mapping[str, str]) -> StorageReply:
        """Return the answer, an error too, with what lets the web page read it that asked."""
        try:
            target = read_target(self._service_name, headers.get("host", ""), scope["raw_path"])
            rules = await self._cors(target.account)
        except StorageError:
            return reply  # it has been told already
        return reply._replace(headers={**reply.headers, **response_headers(rules, scope["method"], headers["origin"])})

    async def _cors(self, account: str) -> Sequence[CorsRule]:
        return cors_rules(await self._accounts.properties(account, self._service_name))

    async def _send(
        self, scope: Scope, send: Send, reply: StorageReply, asked: Mapping[str, str], request_id: str
    ) -> None:
        status, headers, body = reply
        lines = [
            (b"server", self._server),
            (b"x-ms-request-id", request_id.encode()),
            (b"x-ms-version", _encoded(asked.get("x-ms-version") or DEFAULT_VERSION)),
        ]
        client_id = asked.get("x-ms-client-request-id")
        if client_id:
            lines.append((b"x-ms-client-request-id", _encoded(client_id)))
        if status >= 300 and "expect" in asked:
            # The body that it waits to send never comes: what follows on the connection would be taken for it.
            lines.append((b"connection", b"close"))
        if PROBE_HEADER in asked:
            lines += self._introduction
        lines += [(name.encode("latin-1"), _encoded(value)) for name, value in headers.items()]
        if "content-length" not in headers and status not in _BODILESS:
            size = len(body) if isinstance(body, bytes) else body.size
            if size is not None:
                lines.append((b"content-length", b"%d" % size))
        await send({"type": "http.response.start", "status": status, "headers": lines})
        if isinstance(body, bytes):
            silent = status in _BODILESS or scope["method"] == "HEAD"
            await send({"type": "http.response.body", "body": b"" if silent else body})
        else:
            await _send_pieces(scope, send, aiter(body))


def open_service(store: EmbeddedStore, service: ServiceName) -> StorageService:
    """Return the operations of a service; only those that are served are imported."""
    module = import_module(f"funchost.storage.server.{service}.service")
    made: StorageService = getattr(module, f"{service.title()}Service")(store)
    return made


async def _send_pieces(scope: Scope, send: Send, pieces: AsyncIterator[bytes]) -> None:
    connection = scope.get(CONNECTION)
    try:
        if scope["method"] != "HEAD":
            async for piece in pieces:
                await send({"type": "http.response.body", "body": piece, "more_body": True})
                if connection is not None and connection.is_closing():
                    return
        await send({"type": "http.response.body", "body": b""})
    finally:
        close = getattr(pieces, "aclose", None)
        if close is not None:
            await close()


def _overridden(reply: StorageReply, query: Mapping[str, str]) -> StorageReply:
    """Return the answer with the headers that the signature wants it to have."""
    wanted = {header: query[name] for name, header in _OVERRIDES.items() if name in query}
    if not wanted:
        return reply
    for value in wanted.values():
        if not value.isprintable():
            raise refusal("InvalidQueryParameterValue")
    return reply._replace(headers={**reply.headers, **wanted})


def _encoded(value: str) -> bytes:
    try:
        return value.encode("latin-1")
    except UnicodeEncodeError:
        return value.encode()


def _tell_loop(operation: str, error: Exception) -> None:
    context = {"message": f"The storage service failed at {operation}", "exception": error}
    asyncio.get_running_loop().call_exception_handler(context)
