"""HttpResponse and the HTTP output's converter."""

from http import HTTPStatus
from http.cookies import SimpleCookie

from ._datum import Datum
from ._headers import ResponseHeaders
from ._registry import Converter, converts, is_subclass


class HttpResponse:
    """What a function answers.

    Args:
        body: str (sent in `charset`), bytes or bytearray; None for an empty one.
        status_code: 200 by default.
        headers: names and values; `headers.add` appends a second one of the same name.
        mimetype: makes the content type when `headers` has none.
        charset: of a str body.
    """

    def __init__(self, body=None, *, status_code=None, headers=None, mimetype=None, charset=None):
        if not isinstance(body, (str, bytes, bytearray, type(None))):
            raise TypeError(
                "response is expected to be either of str, bytes, or bytearray, got %s" % type(body).__name__)
        self._charset = charset or "utf-8"
        self._mimetype = mimetype or "text/plain"
        self._status_code = 200 if status_code is None else _as_int(status_code)
        self._headers = ResponseHeaders(headers)
        self._body = body.encode(self._charset) if isinstance(body, str) else bytes(body or b"")

    @property
    def status_code(self):
        return self._status_code

    @property
    def headers(self):
        """The headers; may be changed."""
        return self._headers

    @property
    def mimetype(self):
        return self._mimetype

    @property
    def charset(self):
        return self._charset

    def get_body(self):
        """Return the body as bytes."""
        return self._body


@converts("http")
class HttpOutputConverter(Converter):

    @classmethod
    def check_output_type_annotation(cls, pytype):
        return is_subclass(pytype, (HttpResponse, str))

    @classmethod
    def encode(cls, obj, *, expected_type):
        if isinstance(obj, str):
            return Datum(obj, "string")
        if not isinstance(obj, HttpResponse):
            raise NotImplementedError
        cookies = [SimpleCookie(text) for text in obj.headers.get_all("set-cookie")]
        return Datum({
            "status_code": Datum(str(obj.status_code), "string"),
            "headers": {name: Datum(value, "string") for name, value in _sent_headers(obj).items()},
            "cookies": cookies or None,
            "body": Datum(obj.get_body(), "bytes"),
        }, "http")


def _sent_headers(response):
    headers = {}
    for name in response.headers:
        if name.lower() != "set-cookie":
            values = response.headers.get_all(name)
            headers[name] = values[0] if len(values) == 1 else ", ".join(values)
    if "content-type" not in response.headers:
        text = response.mimetype.startswith("text/")
        headers["content-type"] = response.mimetype + ("; charset=" + response.charset if text else "")
    return headers


def _as_int(status_code):
    if isinstance(status_code, HTTPStatus):
        return status_code.value
    try:
        return int(status_code)
    except (TypeError, ValueError):
        raise TypeError("a status code is a number, got %r" % (status_code,))
