"""HttpRequest and the HTTP trigger's converter."""

import json
from types import MappingProxyType

from ._form import parse_form
from ._headers import RequestHeaders
from ._registry import TriggerConverter, converts, is_subclass


class HttpRequest:
    """A request to a function.

    Args:
        method: any case.
        url: the whole address.
        headers, params (query), route_params: text by name.
        body: bytes, None for none.
    """

    def __init__(self, method, url, *, headers=None, params=None, route_params=None, body=None):
        self._method = method.upper()
        self._url = url
        self._headers = RequestHeaders(headers)
        self._params = MappingProxyType(dict(params or {}))
        self._route_params = MappingProxyType(dict(route_params or {}))
        self._body = body.encode("utf-8") if isinstance(body, str) else bytes(body or b"")
        self._form = None

    @property
    def method(self):
        """The method in upper case."""
        return self._method

    @property
    def url(self):
        """Scheme, host, path and query."""
        return self._url

    @property
    def headers(self):
        """Headers by name in any case; repeated ones are joined with commas."""
        return self._headers

    @property
    def params(self):
        """The query, one text per key."""
        return self._params

    @property
    def route_params(self):
        """The values of the route's placeholders."""
        return self._route_params

    @property
    def form(self):
        """Text fields of a form body, a multi-valued dict; empty if the body is no form."""
        return self._parsed_form()[0]

    @property
    def files(self):
        """Uploaded files of a multipart body, a multi-valued dict of `UploadedFile`."""
        return self._parsed_form()[1]

    def get_body(self):
        """Return the body as bytes."""
        return self._body

    def get_json(self):
        """Return the body parsed as JSON.

        Raises:
            ValueError: the body is empty or no JSON.
        """
        try:
            return json.loads(self._body.decode("utf-8"))
        except ValueError as error:
            raise ValueError("HTTP request does not contain valid JSON data") from error

    def _parsed_form(self):
        if self._form is None:
            self._form = parse_form(self._headers.get("content-type", ""), self._body)
        return self._form


@converts("httpTrigger")
class HttpTriggerConverter(TriggerConverter):

    @classmethod
    def check_input_type_annotation(cls, pytype):
        return is_subclass(pytype, HttpRequest)

    @classmethod
    def decode(cls, datum, *, trigger_metadata):
        if datum is None or datum.type != "http":
            raise NotImplementedError
        parts = datum.value
        return HttpRequest(
            parts["method"].value,
            parts["url"].value,
            headers=_plain(parts["headers"]),
            params=_plain(parts["query"]),
            route_params=_plain(parts["params"]),
            body=parts["body"].value,
        )


def _plain(datums):
    return {name: datum.value for name, datum in datums.items()}
