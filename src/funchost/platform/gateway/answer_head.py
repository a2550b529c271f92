"""AnswerHead: status line and headers of an instance's answer, as the gateway understood them."""

from __future__ import annotations

import httptools

from funchost.http.asgi import RawHeaders
from funchost.platform.gateway.framing import NO_BODY, Chunked, Counted, Framing, UntilClose

_OF_CONNECTION = frozenset({b"connection", b"keep-alive", b"proxy-connection", b"proxy-authenticate", b"upgrade"})
_FRAMING = frozenset({b"content-length", b"transfer-encoding"})
_NOTED = _OF_CONNECTION | _FRAMING
_NO_BODY_STATUS = frozenset({204, 304})
_SWITCHING = 101


_SWITCHES = "it switches protocols"


class BadAnswerError(Exception):
    """An instance's answer is no HTTP/1.1, or contradicts itself; the text goes on after "because"."""


class AnswerHead:
    """What the gateway knows of an answer.

    Attributes:
        status: of the answer; below 200 another one follows.
        keep_alive: whether the instance keeps the connection.
        framing: of the body.
        chunked: whether the body comes in chunks.
        delimited: whether the answer's end can be told from the end of the connection.
        plain: whether the head can be passed on as it is.
    """

    __slots__ = ("_headers", "_named", "_raw", "chunked", "delimited", "framing", "keep_alive", "plain", "status")

    def __init__(self, raw: bytes, status: int, headers: RawHeaders, *, bodiless: bool, to_old: bool) -> None:
        self.status = status
        self.keep_alive = self.plain = raw.startswith(b"HTTP/1.1 ")
        self.framing: Framing = NO_BODY
        self.chunked = False
        self.delimited = True
        self._raw = raw
        self._headers = headers
        self._named: frozenset[bytes] = frozenset()
        """Headers that the instance's Connection header names."""
        length = None
        for name, value in headers:
            lowered = name.lower()
            if lowered in _NOTED:
                length = self._note(lowered, value, length)
        if not bodiless:
            self._frame(length, to_old=to_old)

    def _note(self, name: bytes, value: bytes, length: int | None) -> int | None:
        """Take in a header that means something to the gateway; returns the length known by now."""
        if name == b"content-length":
            return int(value)
        if name == b"transfer-encoding":
            if self.chunked or value.strip().lower() != b"chunked":
                raise BadAnswerError("it has an unknown transfer encoding")
            self.chunked = True
            return length
        self.plain = False
        if name == b"connection":
            tokens = frozenset(token.strip() for token in value.lower().split(b","))
            self._named |= tokens
            if b"close" in tokens:
                self.keep_alive = False
        return length

    def _frame(self, length: int | None, *, to_old: bool) -> None:
        if self.chunked:
            self.framing = Chunked([] if to_old else None)
        elif length is None:
            self.framing = UntilClose()
            self.keep_alive = self.delimited = False
        elif length:
            self.framing = Counted(length)

    def passed_on(self, *, close: bool, chunked: bool) -> bytes:
        """Return what the client gets.

        Args:
            close: whether the connection ends after the answer.
            chunked: whether the client gets the body in chunks if it comes in chunks.
        """
        dropped = _OF_CONNECTION | (self._named - _FRAMING)
        if not chunked:
            dropped |= {b"transfer-encoding", b"trailer"}
        lines = [b"HTTP/1.1", self._raw[8 : self._raw.index(b"\r\n") + 2]]
        for name, value in self._headers:
            if name.lower() not in dropped:
                lines += (name, b": ", value, b"\r\n")
        if close:
            lines.append(b"Connection: close\r\n")
        lines.append(b"\r\n")
        return b"".join(lines)


class _Headers:
    """Receives the parser's events."""

    __slots__ = ("found",)

    def __init__(self) -> None:
        self.found: RawHeaders = []

    def on_header(self, name: bytes, value: bytes) -> None:
        self.found.append((name, value))


def parse_answer_head(data: bytes, *, to_head: bool, to_old: bool = False) -> AnswerHead:
    """Return the head that `data` is, from its first line to the empty line.

    Args:
        to_head: whether it answers a HEAD request, so that no body follows.
        to_old: whether a client of HTTP/1.0 gets it: the data of chunks is looked for.

    Raises:
        BadAnswerError: it is none, or contradicts itself.
    """
    headers = _Headers()
    parser = httptools.HttpResponseParser(headers)  # a new one costs less than to lead an old one past the body
    try:
        parser.feed_data(data)
    except httptools.HttpParserUpgrade:
        raise BadAnswerError(_SWITCHES) from None
    except httptools.HttpParserError as error:
        raise BadAnswerError(f"it is no HTTP/1.1 ({error})") from None
    status = parser.get_status_code()
    if status == _SWITCHING:
        raise BadAnswerError(_SWITCHES)
    bodiless = to_head or status < 200 or status in _NO_BODY_STATUS
    return AnswerHead(data, status, headers.found, bodiless=bodiless, to_old=to_old)
