"""Entity group transactions: several writes in one multipart request, as the table service takes them."""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence
from typing import NamedTuple

from funchost.errors import StorageError
from funchost.storage.remote.entity_text import entity_json, entity_path
from funchost.storage.tables import Operation, Write

JSON = "application/json;odata=minimalmetadata"

_METHODS = {
    Write.INSERT: "POST",
    Write.REPLACE: "PUT",
    Write.UPSERT_REPLACE: "PUT",
    Write.MERGE: "MERGE",
    Write.UPSERT_MERGE: "MERGE",
    Write.DELETE: "DELETE",
}
_CONDITIONAL = (Write.REPLACE, Write.MERGE, Write.DELETE)
_STATUS_LINE = re.compile(rb"^HTTP/1\.1 (\d{3})", re.MULTILINE)
_ETAG_LINE = re.compile(rb"^ETag: *(\S.*?)\r?$", re.MULTILINE | re.IGNORECASE)


class EntityWrite(NamedTuple):
    """One write as a request."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


def entity_write(table: str, operation: Operation) -> EntityWrite:
    """Return the request of one write; header names in lower case."""
    headers = {"accept": JSON}
    body = b""
    if operation.write is not Write.DELETE:
        body = entity_json(operation.entity)
        headers["content-type"] = "application/json"
    if operation.write in _CONDITIONAL:
        headers["if-match"] = operation.etag
    if operation.write is Write.INSERT:
        headers["prefer"] = "return-no-content"
        return EntityWrite("POST", f"/{table}", headers, body)
    return EntityWrite(_METHODS[operation.write], entity_path(table, operation.entity), headers, body)


def batch_request(url: str, table: str, operations: Sequence[Operation]) -> tuple[str, bytes]:
    """Return the content type and the body of a batch.

    Args:
        url: the service's base URL.
    """
    batch, changes = f"batch_{uuid.uuid4()}", f"changeset_{uuid.uuid4()}"
    lines: list[bytes] = [f"--{batch}\r\nContent-Type: multipart/mixed; boundary={changes}\r\n\r\n".encode()]
    for number, operation in enumerate(operations, 1):
        write = entity_write(table, operation)
        headers = "".join([f"{name.title()}: {value}\r\n" for name, value in write.headers.items()])
        lines.append(
            f"--{changes}\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n"
            f"{write.method} {url}{write.path} HTTP/1.1\r\nContent-ID: {number}\r\n"
            f"Content-Length: {len(write.body)}\r\n{headers}\r\n".encode()
        )
        lines += [write.body, b"\r\n"]
    lines.append(f"--{changes}--\r\n--{batch}--\r\n".encode())
    return f"multipart/mixed; boundary={batch}", b"".join(lines)


class BatchPart(NamedTuple):
    """The answer to one write of a batch."""

    status: int
    etag: str | None
    body: bytes


def batch_parts(answer: bytes) -> list[BatchPart]:
    """Return the answers in a batch's answer; one alone if the batch failed.

    Raises:
        StorageError: it is not the answer to a batch.
    """
    starts = [match.start() for match in _STATUS_LINE.finditer(answer)]
    if not starts:
        raise StorageError("InvalidResponse", "The answer to a batch holds no answers.", 502)
    parts = []
    for start, end in zip(starts, [*starts[1:], len(answer)], strict=True):
        head, _, body = answer[start:end].partition(b"\r\n\r\n")
        etag = _ETAG_LINE.search(head)
        status = int(head[9:12])
        parts.append(BatchPart(status, etag[1].decode("latin-1") if etag else None, body.partition(b"\r\n--")[0]))
    return parts
