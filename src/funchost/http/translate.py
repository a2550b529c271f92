"""From an HTTP request to what a function sees, and from what it returned to a reply. Pure.

The rules are those of the existing host (docs/compatibility.md lists what differs on purpose): header names in lower
case, repeated headers and query keys joined with commas, empty query values kept.
"""

from __future__ import annotations

import json
import re
from urllib.parse import unquote_plus

from funchost.app.function_app import RETURN_NAME
from funchost.app.invocation import Body, Datum, HttpRequestData, HttpResponseData, InvocationResult
from funchost.http.asgi import RawHeaders, Scope
from funchost.http.endpoint import Endpoint
from funchost.http.reply import JSON, TEXT, Reply
from funchost.http.request_path import shown_path

_BYTES = (b"content-type", b"application/octet-stream")

_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")

_CONNECTION_HEADERS = frozenset(
    {"connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"}
)
"""Headers about the connection, which is the server's business: dropped."""

_DROPPED = (b"", b"")
_KNOWN_LIMIT = 1024


class InvalidResponseError(Exception):
    """A function's response cannot be sent; the message says what is wrong with it."""


def decoded_headers(raw: RawHeaders) -> dict[str, str]:
    """Return headers as functions see them; several Cookie headers are joined as one would be written."""
    headers = {str(name, "latin-1"): str(value, "latin-1") for name, value in raw}
    if len(headers) == len(raw):
        return headers
    joined: dict[str, str] = {}
    for raw_name, raw_value in raw:
        name, value = str(raw_name, "latin-1"), str(raw_value, "latin-1")
        earlier = joined.get(name)
        joined[name] = value if earlier is None else f"{earlier}{'; ' if name == 'cookie' else ','}{value}"
    return joined


def decoded_query(raw: bytes) -> dict[str, str]:
    """Return query values by key; repeated keys joined with commas, a key without ``=`` has an empty value."""
    query: dict[str, str] = {}
    for item in raw.decode("latin-1").split("&"):
        if not item:
            continue
        key, _, value = item.partition("=")
        if "%" in item or "+" in item:
            key, value = unquote_plus(key), unquote_plus(value)
        query[key] = f"{query[key]},{value}" if key in query else value
    return query


def request_data(
    scope: Scope, path: str, headers: dict[str, str], params: dict[str, str], body: bytes | Body
) -> HttpRequestData:
    """Return the request as the function sees it.

    Args:
        path: from request_path.
        headers: from decoded_headers.
    """
    raw_query: bytes = scope["query_string"]
    url = f"{scope['scheme']}://{headers.get('host', 'localhost')}{shown_path(path)}"
    if not raw_query:
        return HttpRequestData(scope["method"], url, headers, {}, params, body)
    url = f"{url}?{raw_query.decode('latin-1')}"
    return HttpRequestData(scope["method"], url, headers, decoded_query(raw_query), params, body)


def response_reply(endpoint: Endpoint, result: InvocationResult) -> Reply | None:
    """Return the reply for a call that succeeded, None if the function gave nothing to answer with.

    Raises:
        InvalidResponseError: the function's response cannot be sent.
    """
    if endpoint.output is not None and endpoint.output != RETURN_NAME:
        datum = result.outputs.get(endpoint.output)
    else:
        datum = result.return_value
    if datum is None or datum.kind == "none":
        return None
    if isinstance(datum.value, HttpResponseData):
        return _http_reply(datum.value)
    return _value_reply(datum)


def _value_reply(datum: Datum) -> Reply:
    value = datum.value
    if isinstance(value, bytes):
        return Reply(200, [_BYTES], value)
    if datum.kind == "bytes":
        # A stream that the binding it was meant for has used up.
        return Reply(200, [_BYTES], b"")
    if isinstance(value, list):
        texts = [item.decode("utf-8", "replace") if isinstance(item, bytes) else item for item in value]
        return Reply(200, [JSON], json.dumps(texts).encode())
    kind = JSON if datum.kind == "json" else TEXT
    return Reply(200, [kind], str(value).encode("utf-8", "surrogatepass"))


def _http_reply(response: HttpResponseData) -> Reply:
    status, headers, cookies, body = response
    if not 200 <= status <= 999:
        raise InvalidResponseError(f"{status} is not a status code that an answer can have")
    raw: RawHeaders = []
    states_length = False
    for pair in headers:
        header = _known_headers.get(pair)
        if header is None:
            header = _remember(pair)
        if header is not _DROPPED:
            raw.append(header)
            states_length = states_length or header[0] == b"content-length"
    for cookie in cookies:
        raw.append((b"set-cookie", _header_value("set-cookie", cookie)))
    if states_length:
        raw = _without_length(raw, body)
    return Reply(status, raw, body)


def _without_length(raw: RawHeaders, body: bytes | Body) -> RawHeaders:
    """Take out lengths that the function states: the real one is known, unless there is no body to measure."""
    stated = [value for name, value in raw if name == b"content-length"]
    kept = [header for header in raw if header[0] != b"content-length"]
    if body == b"" and stated[0].isdigit():
        kept.append((b"content-length", stated[0]))
    return kept


_known_headers: dict[tuple[str, str], tuple[bytes, bytes]] = {}


def _remember(pair: tuple[str, str]) -> tuple[bytes, bytes]:
    name, value = pair
    if name.lower() in _CONNECTION_HEADERS:
        return _DROPPED
    if not _HEADER_NAME.fullmatch(name):
        raise InvalidResponseError(f"{name!r} is not a header name")
    header = (name.lower().encode("ascii"), _header_value(name, value))
    if len(value) < 128:
        if len(_known_headers) >= _KNOWN_LIMIT:
            _known_headers.clear()
        _known_headers[pair] = header
    return header


def _header_value(name: str, value: str) -> bytes:
    if _CONTROL.search(value):
        raise InvalidResponseError(f"the header {name!r} holds a control character: {value!r}")
    try:
        return value.encode("latin-1")
    except UnicodeEncodeError as error:
        raise InvalidResponseError(f"the header {name!r} holds text that no header can carry: {value!r}") from error
