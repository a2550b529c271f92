"""Where the body of a message ends: found without taking the body apart, so that its bytes pass on as they came.

The rules are RFC 9112's, read strictly: what two parsers could read differently is refused.
"""

from __future__ import annotations

import re
from typing import Protocol

_LONGEST_SIZE_LINE = 1024
_MOST_TRAILERS = 16 * 1024
_SIZE_LINE = re.compile(rb"([0-9A-Fa-f]{1,15})(?:;[\t\x20-\x7e\x80-\xff]*)?")
_TRAILER = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t\x20-\x7e\x80-\xff]*")


class FramingError(Exception):
    """The body is not framed as HTTP/1.1 wants it."""


class Framing(Protocol):
    """Finds the end of one body."""

    complete: bool
    """Whether the end has been seen."""

    def take(self, data: bytes, start: int) -> int:
        """Return how far in `data` the body goes that begins or goes on at `start`; updates `complete`.

        Raises:
            FramingError: see there.
        """
        ...


class NoBody:
    """There is no body."""

    complete = True

    def take(self, data: bytes, start: int) -> int:
        return start


class UntilClose:
    """An answer that ends with its connection."""

    complete = False

    def take(self, data: bytes, start: int) -> int:
        return len(data)


class Counted:
    """A body of an announced length of at least 1."""

    __slots__ = ("complete", "left")

    def __init__(self, length: int) -> None:
        self.left = length
        self.complete = False

    def take(self, data: bytes, start: int) -> int:
        available = len(data) - start
        if available < self.left:
            self.left -= available
            return len(data)
        end = start + self.left
        self.left = 0
        self.complete = True
        return end


class Chunked:
    """A body in chunks, with trailers.

    Args:
        spans: where to note (start, end) of the data in every `data` given to `take`; None = nobody wants to know.
    """

    __slots__ = ("_in_trailers", "_left", "_line", "_trailer_bytes", "complete", "spans")

    def __init__(self, spans: list[tuple[int, int]] | None = None) -> None:
        self.complete = False
        self.spans = spans
        self._left = 0
        """Bytes of the present chunk, its line end included."""
        self._line = b""
        """The beginning of a line whose end has not come."""
        self._in_trailers = False
        self._trailer_bytes = 0

    def take(self, data: bytes, start: int) -> int:
        size = len(data)
        while start < size and not self.complete:
            start = self._take_chunk(data, start) if self._left else self._take_line(data, start)
        return start

    def _take_chunk(self, data: bytes, start: int) -> int:
        end = min(start + self._left, len(data))
        self._left -= end - start
        payload_end = end if self._left > 1 else end - 2 + self._left
        if payload_end > start and self.spans is not None:
            self.spans.append((start, payload_end))
        ending = data[max(payload_end, start) : end]
        if ending and ending != (b"\r\n" if len(ending) == 2 else b"\n" if self._left == 0 else b"\r"):
            raise FramingError("a chunk is longer than announced")
        return end

    def _take_line(self, data: bytes, start: int) -> int:
        end = data.find(b"\n", start)
        if end < 0:
            self._line += data[start:]
            if len(self._line) > (_MOST_TRAILERS if self._in_trailers else _LONGEST_SIZE_LINE):
                raise FramingError("a line is too long")
            return len(data)
        line = self._line + data[start:end]
        self._line = b""
        if line[-1:] != b"\r":
            raise FramingError("a line does not end in CRLF")
        if self._in_trailers:
            self._trailer(line[:-1])
        else:
            self._size(line[:-1])
        return end + 1

    def _size(self, line: bytes) -> None:
        match = _SIZE_LINE.fullmatch(line)
        if match is None or len(line) > _LONGEST_SIZE_LINE:
            raise FramingError("a chunk has no size")
        size = int(match[1], 16)
        if size:
            self._left = size + 2
        else:
            self._in_trailers = True

    def _trailer(self, line: bytes) -> None:
        if not line:
            self.complete = True
            return
        self._trailer_bytes += len(line)
        if self._trailer_bytes > _MOST_TRAILERS or not _TRAILER.fullmatch(line):
            raise FramingError("a trailer is malformed, or there are too many")


NO_BODY = NoBody()
