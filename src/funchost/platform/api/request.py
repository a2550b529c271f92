"""ApiRequest: one call of the management or SCM API, as its handlers see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import parse_qsl

from funchost.errors import RefusedError
from funchost.http.asgi import Receive, Scope
from funchost.http.request_body import BodyTooLargeError, UnexpectedBodyError, read_json, whole_body
from funchost.platform.api.addresses import Addresses
from funchost.platform.site import SiteName, site_name

BODY_LIMIT = 4 * 1024 * 1024
"""Longest JSON body, bytes; packages are read elsewhere and have a limit of their own."""

MAX_QUERY_FIELDS = 50
_TRUE = frozenset({"1", "true"})

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ApiRequest:
    """One call.

    Args:
        scope: ASGI scope.
        receive: of the body.
        values: what stands in the route's variable segments, decoded, by name.
        query: decoded, names in lower case; of repeated ones the last.
        addresses: names and URLs of sites as this caller can reach them.
        host_site: the site whose SCM host name was called, None for management calls.
    """

    scope: Scope
    receive: Receive
    values: Mapping[str, str]
    query: Mapping[str, str]
    addresses: Addresses
    host_site: SiteName | None = None

    @property
    def site(self) -> SiteName:
        """The site that the call is about.

        Raises:
            RefusedError: 400, the path names none that could exist.
        """
        if self.host_site is not None:
            return self.host_site
        return site_name(self.values["name"], self.values.get("slot"))

    def asks(self, name: str) -> bool:
        """Return whether a switch of the query is on: ``isasync=true`` or ``1``."""
        return self.query.get(name, "").strip().lower() in _TRUE

    async def json(self, type: type[T]) -> T:
        """Return the body, read as `type`; an empty one counts as ``{}``.

        Raises:
            RefusedError: 413 if it is over BODY_LIMIT, 400 if it is no JSON or of another shape.
        """
        raw = await self.body()
        try:
            return read_json(raw.strip() or b"{}", type)
        except UnexpectedBodyError as error:
            raise RefusedError("BadRequest", str(error), 400) from None

    async def body(self) -> bytes:
        """Return the whole body.

        Raises:
            RefusedError: 413 if it is over BODY_LIMIT.
        """
        try:
            return await whole_body(self.scope, self.receive, BODY_LIMIT)
        except BodyTooLargeError:
            raise RefusedError("RequestTooLarge", f"The body is longer than {BODY_LIMIT:,} bytes.", 413) from None


def query_fields(raw: bytes) -> dict[str, str]:
    """Return a query string's fields, names in lower case.

    Raises:
        RefusedError: 400, there are absurdly many.
    """
    try:
        pairs = parse_qsl(raw.decode("latin-1"), keep_blank_values=True, max_num_fields=MAX_QUERY_FIELDS)
    except ValueError:
        raise RefusedError("BadRequest", f"The query has more than {MAX_QUERY_FIELDS} fields.", 400) from None
    return {name.lower(): value for name, value in pairs}


def header(scope: Scope, name: bytes) -> str:
    """Return a request header's value, empty if it is not there."""
    return next((value for key, value in scope["headers"] if key == name), b"").decode("latin-1").strip()
