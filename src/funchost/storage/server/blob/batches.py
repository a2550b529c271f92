"""Blob Batch: many deletes, or many changes of tier, in one multipart request."""

from __future__ import annotations

import asyncio
import re
import uuid
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import NamedTuple

from funchost.errors import StorageError
from funchost.storage.server.access import need
from funchost.storage.server.blob.blob_call import BlobCall
from funchost.storage.server.dates import iso_date
from funchost.storage.server.exchange import RequestBody, StorageReply, StorageRequest
from funchost.storage.server.failure import failure_reply
from funchost.storage.server.refusal import refusal
from funchost.storage.server.target import blob_path, read_query

MAX_PARTS = 256
MAX_BATCH = 4 * 1024 * 1024
_BOUNDARY = re.compile(r'boundary="?([^";,]+)"?', re.IGNORECASE)

Handle = Callable[[StorageRequest], Awaitable[StorageReply]]


class Part(NamedTuple):
    """One request of a batch.

    Args:
        id: its Content-ID, None if it has none.
        target: path and query as they were sent.
    """

    id: str | None
    method: str
    target: str
    headers: Mapping[str, str]


async def answer_batch(call: BlobCall, handle: Handle) -> StorageReply:
    """Do the parts of a batch and return their answers, in the order of the parts.

    Args:
        handle: does one of them.
    """
    data = await call.request.body.read(MAX_BATCH)
    parts = read_parts(call.headers.get("content-type", ""), data)
    requests = [sub_request(call, part) for part in parts]
    replies = await asyncio.gather(*(_answer(request, handle) for request in requests))
    boundary = f"batchresponse_{uuid.uuid4()}"
    lines = [_written(boundary, part, reply, call.request) for part, reply in zip(parts, replies, strict=True)]
    body = b"".join(lines) + f"--{boundary}--\r\n".encode()
    return StorageReply(202, {"content-type": f"multipart/mixed; boundary={boundary}"}, body)


def read_parts(content_type: str, data: bytes) -> list[Part]:
    """Return the requests of a batch.

    Raises:
        StorageError: 400 InvalidInput: it is no batch, is empty, or has more than MAX_PARTS parts.
    """
    match = _BOUNDARY.search(content_type)
    if not content_type.lower().startswith("multipart/mixed") or match is None:
        raise refusal("InvalidInput", "A batch is a body of multipart/mixed with a boundary.")
    pieces = data.replace(b"\r\n", b"\n").split(b"--" + match[1].strip().encode())
    parts = [_part(piece) for piece in pieces[1:] if not piece.startswith(b"--")]
    if not 1 <= len(parts) <= MAX_PARTS:
        raise refusal("InvalidInput", f"A batch has 1 to {MAX_PARTS} parts, this one has {len(parts)}.")
    return parts


def sub_request(call: BlobCall, part: Part) -> StorageRequest:
    """Return a part of a batch as a request; a path may begin with the account, as in the URLs of clients."""
    raw_path, _, raw_query = part.target.partition("?")
    below = raw_path.removeprefix("/")
    inside = below.removeprefix(f"{call.account}/")
    if "/" in inside:
        below = inside
    request = call.request
    return StorageRequest(
        "blob",
        part.method,
        request.account,
        blob_path(below),
        below,
        read_query(raw_query.encode()),
        part.headers,
        RequestBody(_no_body, 0),
        request.grant,
        request.url,
        request.version,
        request.id,
    )


async def _answer(request: StorageRequest, handle: Handle) -> StorageReply:
    try:
        _check_part(request)
        return await handle(request)
    except StorageError as error:
        return failure_reply(error, "blob", request.id, iso_date(datetime.now(UTC)))


def _check_part(request: StorageRequest) -> None:
    tier = request.method == "PUT" and request.query.get("comp") == "tier"
    if not tier and (request.method != "DELETE" or "comp" in request.query):
        raise refusal("InvalidInput", "A batch holds deletes of blobs, or changes of their tier.")
    if "/" not in request.path or "restype" in request.query:
        raise refusal("InvalidInput", "A part of a batch names a blob.")
    needed = need("blob", request.method, request.path, request.query, request.headers)
    if not all(request.grant.allows(letters) for letters in needed.letters):
        raise refusal("AuthorizationPermissionMismatch")


def _part(piece: bytes) -> Part:
    outer, _, rest = piece.lstrip(b"\n").decode("utf-8", "replace").partition("\n\n")
    start, _, inner = rest.lstrip("\n").partition("\n")
    words = start.split(" ")
    if len(words) != 3 or not words[1].startswith("/"):
        raise refusal("InvalidInput", "A part of a batch begins with a request line.")
    return Part(_headers(outer).get("content-id"), words[0].upper(), words[1], _headers(inner.partition("\n\n")[0]))


def _headers(text: str) -> dict[str, str]:
    lines = (line.partition(":") for line in text.split("\n") if ":" in line)
    return {name.strip().lower(): value.strip() for name, _, value in lines}


def _written(boundary: str, part: Part, reply: StorageReply, request: StorageRequest) -> bytes:
    body = reply.body if isinstance(reply.body, bytes) else b""
    lines = [f"--{boundary}", "Content-Type: application/http"]
    if part.id is not None:
        lines.append(f"Content-ID: {part.id}")
    lines += ["", f"HTTP/1.1 {reply.status} {HTTPStatus(reply.status).phrase}"]
    lines += [f"{name}: {value}" for name, value in reply.headers.items()]
    lines += [f"x-ms-request-id: {request.id}", f"x-ms-version: {request.version}"]
    if body:
        lines.append(f"content-length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body + b"\r\n"


async def _no_body() -> dict[str, object]:
    return {"type": "http.request", "body": b"", "more_body": False}
