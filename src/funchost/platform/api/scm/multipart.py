"""The first file of a multipart/form-data body, while it arrives."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

from funchost.errors import RefusedError

MAX_PART_HEADER = 16 * 1024
_BOUNDARY = re.compile(r";\s*boundary=(?:\"([^\"]{1,70})\"|([^\s;\"]{1,70}))", re.ASCII | re.IGNORECASE)


def boundary(content_type: str) -> bytes | None:
    """Return the boundary of a multipart body, None if it is no such body.

    Raises:
        RefusedError: it is, but names no boundary.
    """
    if not content_type.lower().startswith("multipart/"):
        return None
    found = _BOUNDARY.search(content_type)
    if found is None:
        raise RefusedError("BadRequest", "The multipart body names no boundary.", 400)
    return (found[1] or found[2]).encode("latin-1")


async def first_part(chunks: AsyncIterator[bytes], mark: bytes) -> AsyncIterator[bytes]:
    """Yield the content of the first part; what comes after it is read and dropped.

    Args:
        chunks: of the whole body.
        mark: the boundary.

    Raises:
        RefusedError: 400, the body is not what its boundary says, or ends inside the part.
    """
    start, end = b"--" + mark + b"\r\n", b"\r\n--" + mark
    held = b""
    while b"\r\n\r\n" not in held:
        piece = await anext(chunks, b"")
        held += piece
        if not piece or len(held) > MAX_PART_HEADER:
            raise _broken("has no part")
    if not held.startswith(start):
        raise _broken("does not begin with its boundary")
    held = held.partition(b"\r\n\r\n")[2]
    while (place := held.find(end)) < 0:
        ready = len(held) - len(end)
        if ready > 0:
            yield held[:ready]
            held = held[ready:]
        piece = await anext(chunks, b"")
        if not piece:
            raise _broken("ends in the middle of its first part")
        held += piece
    if place:
        yield held[:place]
    async for _ in chunks:
        pass


def _broken(reason: str) -> RefusedError:
    return RefusedError("BadRequest", f"The multipart body {reason}.", 400)
