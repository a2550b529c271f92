"""RequestHead: a request's line and headers, as the gateway understood them and as it passes them on.

httptools parses; what goes on is written anew from what was parsed, so that an instance cannot read it differently.
Names and values of headers stay as they came. Left out are headers that concern the client's connection only, and
those in which a client could pretend to be somebody else.
"""

from __future__ import annotations

import httptools

from funchost.http.asgi import RawHeaders
from funchost.http.limits import ClientLimits
from funchost.platform.gateway.framing import NO_BODY, Chunked, Counted, Framing

_IDEMPOTENT = frozenset({b"GET", b"HEAD", b"PUT", b"DELETE", b"OPTIONS", b"TRACE"})
_NOTED = frozenset(
    {
        b"host",
        b"content-length",
        b"transfer-encoding",
        b"connection",
        b"expect",
        b"x-forwarded-for",
        b"x-forwarded-proto",
        b"x-forwarded-host",
        b"x-forwarded-port",
        b"forwarded",
        b"x-real-ip",
        b"keep-alive",
        b"proxy-connection",
        b"proxy-authorization",
        b"te",
        b"upgrade",
        b"http2-settings",
    }
)
_IDENTITY = (b"x-ms-client-principal", b"x-ms-token-", b"x-arr-clientcert")
"""Begin headers in which Azure's front tells an app who has signed in; clients cannot set them there either."""

_END_TO_END = frozenset({b"host", b"content-length", b"transfer-encoding", b"expect"})
"""Noted headers that are passed on; a Connection header cannot make the gateway drop them."""


class BadHeadError(Exception):
    """A request is refused for its head.

    Args:
        status: to answer with.
    """

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class RequestHead:
    """What the gateway knows of a request.

    Attributes:
        method: upper-case.
        target: in origin form, ``/path?query``, or ``*``.
        host: the Host header, None if there is none (HTTP/1.0).
        old: whether the client speaks HTTP/1.0.
        keep_alive: whether the connection stays after the answer.
        expects_continue: the client waits for "100 Continue" before it sends the body.
        forwarded_for: what the client sent as X-Forwarded-For, empty = nothing.
        forwarded_proto: the same of X-Forwarded-Proto.
        forwarded_host: the same of X-Forwarded-Host.
        framing: of the body.
        raw: as it came, for an app of our own that parses it itself.
    """

    __slots__ = (
        "_chunked",
        "_dropped",
        "_length",
        "_lines",
        "expects_continue",
        "forwarded_for",
        "forwarded_host",
        "forwarded_proto",
        "framing",
        "host",
        "keep_alive",
        "method",
        "old",
        "raw",
        "target",
    )

    def __init__(self, raw: bytes, lines: list[bytes]) -> None:
        self.raw = raw
        self.method = b""
        self.target = b""
        self.host: bytes | None = None
        self.old = False
        self.keep_alive = True
        self.expects_continue = False
        self.forwarded_for = b""
        self.forwarded_proto = b""
        self.forwarded_host = b""
        self.framing: Framing = NO_BODY
        self._length: int | None = None
        self._chunked = False
        self._dropped: frozenset[bytes] = frozenset()
        self._lines = lines
        """Names, colons, values and line ends of the headers that are passed on."""

    @property
    def idempotent(self) -> bool:
        """Whether doing it twice is the same as doing it once."""
        return self.method in _IDEMPOTENT

    def passed_on(self, forwarded: bytes) -> bytes:
        """Return what an instance gets.

        Args:
            forwarded: complete lines of headers about the client.
        """
        return b"%b %b HTTP/1.1\r\n%b%b\r\n" % (self.method, self.target, b"".join(self._lines), forwarded)

    # What follows is the parser's.

    def note(self, name: bytes, value: bytes) -> None:
        """Take in a header that means something to the gateway; `name` in lower case."""
        value = value.strip(b" \t")
        if name == b"host":
            if self.host is not None:
                raise BadHeadError(400)
            self.host = value
        elif name == b"content-length":
            self._note_length(value)
        elif name == b"transfer-encoding":
            self._note_encoding(value)
        elif name == b"expect":
            self.expects_continue = value.lower() == b"100-continue"
        elif name == b"x-forwarded-proto":
            self.forwarded_proto = value
        elif name == b"x-forwarded-host":
            self.forwarded_host = value
        elif name == b"x-forwarded-for":
            self.forwarded_for += b", " + value if self.forwarded_for else value
        elif name == b"connection":
            self._note_connection(value)

    def _note_length(self, value: bytes) -> None:
        if self._length is not None or not value.isdigit() or len(value) > 18:
            raise BadHeadError(400)
        self._length = int(value)

    def _note_encoding(self, value: bytes) -> None:
        if self._chunked or value.lower() != b"chunked":
            raise BadHeadError(501 if b"chunked" in value.lower() and not self._chunked else 400)
        self._chunked = True

    def _note_connection(self, value: bytes) -> None:
        tokens = frozenset(token.strip() for token in value.lower().split(b","))
        if b"close" in tokens:
            self.keep_alive = False
        named = tokens - _END_TO_END - {b"close", b"keep-alive", b"upgrade", b""}
        if named:
            self._dropped |= named

    def finish(self, target: bytes, method: bytes, version: str) -> None:
        """Take in the request line, after all headers.

        Raises:
            BadHeadError: the head contradicts itself.
        """
        self.method = method
        if version != "1.1":
            if version != "1.0":
                raise BadHeadError(505)
            self.old = True
            self.keep_alive = False
            self.expects_continue = False
        two_opinions = self._chunked and (self.old or self._length is not None)
        if two_opinions or (self.host is None and not self.old) or method == b"CONNECT":
            raise BadHeadError(400)
        self.target = target if target[:1] == b"/" else self._origin_form(target)
        if self._dropped:
            self._drop_named()
        if self._chunked:
            self.framing = Chunked()
        elif self._length:
            self.framing = Counted(self._length)

    def _origin_form(self, target: bytes) -> bytes:
        if target == b"*" and self.method == b"OPTIONS":
            return target
        scheme, separator, rest = target.partition(b"://")
        authority, slash, path = rest.partition(b"/")
        if not separator or scheme.lower() not in (b"http", b"https") or b"?" in authority or b"#" in authority:
            raise BadHeadError(400)
        if self.host is not None and authority.lower() != self.host.lower():
            raise BadHeadError(400)  # two opinions on whom the request is for
        return slash + path if slash else b"/"

    def _drop_named(self) -> None:
        """Leave out the headers that the Connection header names: they are for the gateway only."""
        lines = self._lines
        kept: list[bytes] = []
        for start in range(0, len(lines), 4):
            if lines[start].lower() not in self._dropped:
                kept += lines[start : start + 4]
        self._lines = kept


class _Events:
    """Receives the parser's events."""

    __slots__ = ("lines", "noted", "url")

    def __init__(self) -> None:
        self.url = b""
        self.noted: RawHeaders = []
        """Headers that mean something to the gateway, names in lower case."""
        self.lines: list[bytes] = []
        """Of headers that are passed on."""

    def on_url(self, url: bytes) -> None:
        self.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        lowered = name.lower()
        if lowered in _NOTED:
            self.noted.append((lowered, value))
            if lowered not in _END_TO_END:
                return
        elif lowered.startswith(_IDENTITY) or (b"_" in lowered and _is_in_disguise(lowered)):
            return
        self.lines += (name, b": ", value, b"\r\n")


def _is_in_disguise(name: bytes) -> bool:
    """Return whether a WSGI app takes a header for one that clients cannot set: there ``_`` and ``-`` are the same."""
    dashed = name.replace(b"_", b"-")
    return dashed in _NOTED or dashed.startswith(_IDENTITY)


def parse_request_head(data: bytes, limits: ClientLimits) -> RequestHead:
    """Return the head that `data` is, from its first line to the empty line.

    Args:
        limits: bounds on it.

    Raises:
        BadHeadError: it is none, contradicts itself, or is over a limit.
    """
    events = _Events()
    parser = httptools.HttpRequestParser(events)  # a new one costs less than to lead an old one past the body
    try:
        parser.feed_data(data)
    except httptools.HttpParserUpgrade:
        pass  # what it offers is not taken
    except httptools.HttpParserError:
        raise BadHeadError(414 if len(events.url) > limits.request_line else 400) from None
    size = len(events.url)
    if size > limits.request_line:
        raise BadHeadError(414)
    if data.count(b"\n") - 2 > limits.header_count or len(data) - size > limits.header_bytes:
        raise BadHeadError(431)
    head = RequestHead(data, events.lines)
    for name, value in events.noted:
        head.note(name, value)
    head.finish(events.url, parser.get_method(), parser.get_http_version())
    return head
