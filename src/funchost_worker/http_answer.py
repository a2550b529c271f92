"""HTTP answers: a function's result for an `http` binding, checked so that it cannot break or forge a response."""

import re

from funchost_worker.converters import check_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterable, List, Set, Tuple

TEXT_HEADERS = [["content-type", "text/plain; charset=utf-8"]]
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")
_BAD_IN_VALUE = re.compile(r"[^\t\x20-\x7e\x80-\xff]")
_known_names: "Set[str]" = set()
_KNOWN_NAMES_LIMIT = 1000


class HttpAnswer:
    """What goes into a RESULT as its http datum."""

    __slots__ = ("body", "cookies", "headers", "status")

    def __init__(self, status: int, headers: "List[List[str]]", cookies: "List[str]", body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.cookies = cookies
        self.body = body


def text_answer(text: str) -> HttpAnswer:
    """The answer for a `str` result: the text as returned, never read as JSON."""
    try:
        body = text.encode("utf-8")
    except UnicodeEncodeError:
        check_text(text)
        raise
    return HttpAnswer(200, TEXT_HEADERS, [], body)


def _status(value: "Any") -> int:
    try:
        status = int(value)
    except (TypeError, ValueError):
        raise ValueError("HttpResponse: the status code must be a number, got {!r}".format(value)) from None
    if not 200 <= status <= 999:
        raise ValueError("HttpResponse: the status code must be between 200 and 999, got {}".format(status))
    return status


def _check_name(name: object) -> str:
    if not isinstance(name, str) or not _TOKEN.match(name):
        raise ValueError("HttpResponse: {!r} is not a valid header name".format(name))
    if len(_known_names) < _KNOWN_NAMES_LIMIT:
        _known_names.add(name)
    return name


def _value(name: str, value: object) -> str:
    if value is None:
        raise ValueError("HttpResponse: the value of header {!r} is None".format(name))
    text = value if isinstance(value, str) else str(value)
    bad = _BAD_IN_VALUE.search(text)
    if bad:
        why = "a character outside of Latin-1" if bad.group() > "\xff" else "a control character or line break"
        raise ValueError("HttpResponse: the value of header {!r} holds {} ({!r} at position {})".format(
            name, why, bad.group(), bad.start()))
    return text


def _headers(items: "Iterable[Tuple[Any, Any]]") -> "Tuple[List[List[str]], List[str], bool]":
    headers = []
    cookies: "List[str]" = []
    has_content_type = False
    for name, value in items:
        if name not in _known_names:
            _check_name(name)
        text = _value(name, value)
        lowered = name.lower()
        if lowered == "set-cookie":
            from funchost_worker.cookies import rendered_cookies  # 10 ms that most apps do not need

            cookies.extend(rendered_cookies(text))
            continue
        if lowered == "content-type":
            has_content_type = True
        headers.append([name, text])
    return headers, cookies, has_content_type


def response_answer(response: "Any") -> HttpAnswer:
    """The answer for an `HttpResponse`, read through its public attributes; repeated headers are all kept.

    Raises:
        ValueError: status, header or cookie that no response can carry.
    """
    headers, cookies, has_content_type = _headers(response.headers.items())
    if not has_content_type:
        mimetype = response.mimetype
        if mimetype.startswith("text/"):
            mimetype = "{}; charset={}".format(mimetype, response.charset)
        headers.append(["content-type", _value("content-type", mimetype)])
    return HttpAnswer(_status(response.status_code), headers, cookies, response.get_body() or b"")
