"""A plain HTTP client: one connection per request, the path sent as written, nothing followed or decoded."""

from __future__ import annotations

import http.client
import json
import ssl
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http.client import HTTPMessage
from urllib.parse import urlsplit

Headers = Mapping[str, str] | Iterable[tuple[str, str]]
RequestBody = bytes | str | Iterable[bytes] | None


@dataclass(frozen=True, slots=True)
class Response:
    """What the host answered.

    Args:
        status: e.g. 200.
        headers: `headers["name"]` in any case, None if absent; `headers.get_all("set-cookie")` for repeated ones.
        body: complete.
    """

    status: int
    headers: HTTPMessage
    body: bytes

    @property
    def text(self) -> str:
        """The body as UTF-8."""
        return self.body.decode()

    def json(self) -> object:
        """Return the body parsed as JSON."""
        return json.loads(self.body)


def send(
    base_url: str,
    method: str,
    path: str,
    *,
    headers: Headers = (),
    body: RequestBody = None,
    timeout: float = 30.0,
) -> Response:
    """Send one request and return the answer.

    Args:
        base_url: scheme, host and port; an https certificate is not checked, it is the test's own.
        path: path and query, sent as written.
        headers: of both forms, pairs allow repeated names.
        body: str goes out as UTF-8; an iterable of bytes goes out chunked, without Content-Length.
        timeout: seconds for each step of the exchange.

    Raises:
        OSError: no connection, reset, or out of time.
        http.client.HTTPException: the answer is no HTTP, or the host closed the connection without one.
    """
    connection = _connection(base_url, timeout)
    try:
        content = body.encode() if isinstance(body, str) else body
        pairs = list(headers.items() if isinstance(headers, Mapping) else headers)
        names = {name.lower() for name, _ in pairs}
        connection.putrequest(method, path, skip_host="host" in names, skip_accept_encoding=True)
        for name, value in pairs:
            connection.putheader(name, value)
        chunked = content is not None and not isinstance(content, bytes)
        if chunked and "transfer-encoding" not in names:
            connection.putheader("Transfer-Encoding", "chunked")
        elif isinstance(content, bytes) and "content-length" not in names:
            connection.putheader("Content-Length", str(len(content)))
        connection.endheaders(content, encode_chunked=chunked)
        answer = connection.getresponse()
        return Response(answer.status, answer.headers, answer.read())
    finally:
        connection.close()


def _connection(base_url: str, timeout: float) -> http.client.HTTPConnection:
    parts = urlsplit(base_url)
    host = parts.hostname or "127.0.0.1"
    if parts.scheme != "https":
        return http.client.HTTPConnection(host, parts.port, timeout=timeout)
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return http.client.HTTPSConnection(host, parts.port, timeout=timeout, context=context)
