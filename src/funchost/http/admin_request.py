"""AdminRequest: one call of the admin API, as its handlers see it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import quote

from funchost.http.asgi import Receive, Scope
from funchost.http.reply import Reply, text
from funchost.http.request_body import BodyTooLargeError, UnexpectedBodyError, read_json, whole_body

BODY_LIMIT = 1024 * 1024
"""Longest JSON body of the admin API, bytes."""

T = TypeVar("T")


class BadRequestError(Exception):
    """The call is wrong; the message is the answer's text.

    Args:
        status: 4xx.
    """

    def __init__(self, message: str = "", status: int = 400) -> None:
        super().__init__(message)
        self.status = status

    def reply(self) -> Reply:
        return text(self.status, str(self)) if str(self) else Reply(self.status, [])


@dataclass(frozen=True, slots=True)
class AdminRequest:
    """One call.

    Args:
        scope: ASGI scope.
        receive: of the body.
        values: what stands in the route's variable segments, in order, decoded.
    """

    scope: Scope
    receive: Receive
    values: tuple[str, ...]

    @property
    def base_url(self) -> str:
        """Scheme and host as the caller wrote them, e.g. ``http://localhost:7071``."""
        host = next((value for name, value in self.scope["headers"] if name == b"host"), b"localhost")
        return f"{self.scope['scheme']}://{host.decode('latin-1')}"

    @property
    def url(self) -> str:
        """The call's own URL without its query, which may hold a key."""
        return self.base_url + quote(self.scope["path"])

    async def json(self, type: type[T]) -> T:
        """Return the body, read as `type`.

        Raises:
            BadRequestError: 413 if it is over BODY_LIMIT, 400 if it is no JSON or of another shape.
        """
        raw = await self.body()
        try:
            return read_json(raw, type)
        except UnexpectedBodyError as error:
            raise BadRequestError(str(error)) from None

    async def body(self) -> bytes:
        """Return the whole body.

        Raises:
            BadRequestError: 413 if it is over BODY_LIMIT.
        """
        try:
            return await whole_body(self.scope, self.receive, BODY_LIMIT)
        except BodyTooLargeError:
            raise BadRequestError(status=413) from None
