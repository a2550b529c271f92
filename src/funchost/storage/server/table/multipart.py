"""Multipart bodies of batches: parts split off, whatever the line ends, and answers put together."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import NamedTuple

from funchost.errors import StorageError
from funchost.storage.server.exchange import StorageReply
from funchost.storage.server.refusal import refusal

_BOUNDARY = re.compile(r'boundary\s*=\s*(?:"([^"]+)"|([^;\s]+))', re.IGNORECASE)
_BLANK_LINE = re.compile(rb"\r?\n\r?\n")
_REQUEST_LINE = re.compile(r"([A-Za-z]+) (.+?)(?: HTTP/1\.[01])?\s*")


class PartRequest(NamedTuple):
    """One request inside a batch; `url` as it was sent, names of headers in lower case."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes
    content_id: str | None
    in_changeset: bool


def read_batch(content_type: str, body: bytes) -> list[PartRequest]:
    """Return the requests of a batch in order; StorageError InvalidInput for a body that is none."""
    requests: list[PartRequest] = []
    for part in _parts(content_type, body):
        headers, content = _head(part)
        kind = headers.get("content-type", "")
        if kind.lower().startswith("multipart/mixed"):
            requests += [_request(*_head(inner), in_changeset=True) for inner in _parts(kind, content)]
        else:
            requests.append(_request(headers, content, in_changeset=False))
    return requests


def _parts(content_type: str, body: bytes) -> list[bytes]:
    match = _BOUNDARY.search(content_type)
    if match is None:
        raise _malformed("the Content-Type has no boundary")
    boundary = re.escape((match[1] or match[2]).encode())
    found: list[bytes] = []
    start: int | None = None
    for line in re.finditer(rb"(?:\A|\r?\n)--" + boundary + rb"(--)?[ \t]*(?=\r?\n|\Z)", body):
        if start is not None:
            found.append(_without_line_end(body[start : line.start()]))
        if line[1]:
            return found
        start = line.end()
    raise _malformed("the boundary that ends it is missing")


def _without_line_end(data: bytes) -> bytes:
    """Return a part without the end of its boundary's line."""
    return data[2:] if data.startswith(b"\r\n") else data[1:] if data.startswith(b"\n") else data


def _head(part: bytes) -> tuple[dict[str, str], bytes]:
    if part.startswith((b"\r\n", b"\n")):
        return {}, _without_line_end(part)
    pieces = _BLANK_LINE.split(part, maxsplit=1)
    return _headers(pieces[0]), pieces[1] if len(pieces) > 1 else b""


def _headers(data: bytes) -> dict[str, str]:
    result: dict[str, str] = {}
    for line in data.decode("utf-8", "replace").splitlines():
        name, colon, value = line.partition(":")
        if colon:
            result[name.strip().lower()] = value.strip()
    return result


def _request(headers: Mapping[str, str], content: bytes, *, in_changeset: bool) -> PartRequest:
    first, _, rest = content.lstrip(b"\r\n").partition(b"\n")
    match = _REQUEST_LINE.fullmatch(first.decode("utf-8", "replace"))
    if match is None:
        raise _malformed(f"a part begins with {first[:60]!r} in place of a request line")
    own, body = _head(rest)
    content_id = own.get("content-id") or headers.get("content-id")
    return PartRequest(match[1].upper(), match[2], own, body.strip(), content_id, in_changeset)


def _malformed(reason: str) -> StorageError:
    return refusal("InvalidInput", f"The batch cannot be read: {reason}.")


def written_batch(replies: Sequence[tuple[str | None, StorageReply]], token: str, *, changeset: bool) -> StorageReply:
    """Return the answer to a batch.

    Args:
        replies: Content-ID and answer of each part; bodies are bytes.
        token: makes the boundaries unique.
        changeset: whether the parts are those of a changeset.
    """
    outer, inner = f"batchresponse_{token}", f"changesetresponse_{token}"
    boundary = inner if changeset else outer
    lines: list[bytes] = []
    if changeset:
        lines += [f"--{outer}".encode(), f"Content-Type: multipart/mixed; boundary={inner}".encode(), b""]
    for content_id, reply in replies:
        lines += [f"--{boundary}".encode(), b"Content-Type: application/http", b"Content-Transfer-Encoding: binary"]
        lines += [b"", *_reply_lines(content_id, reply)]
    if changeset:
        lines.append(f"--{inner}--".encode())
    lines += [f"--{outer}--".encode(), b""]
    return StorageReply(
        202, {"content-type": f"multipart/mixed; boundary={outer}", "cache-control": "no-cache"}, b"\r\n".join(lines)
    )


def _reply_lines(content_id: str | None, reply: StorageReply) -> list[bytes]:
    lines = [f"HTTP/1.1 {reply.status} {HTTPStatus(reply.status).phrase}"]
    if content_id is not None:
        lines.append(f"Content-ID: {content_id}")
    lines += ["X-Content-Type-Options: nosniff", "DataServiceVersion: 3.0;"]
    lines += [f"{_NAMES.get(name, name.title())}: {value}" for name, value in reply.headers.items()]
    body = reply.body if isinstance(reply.body, bytes) else b""
    return [*(line.encode() for line in lines), b"", body]


_NAMES = {"etag": "ETag", "dataserviceid": "DataServiceId"}
