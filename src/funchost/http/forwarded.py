"""BehindGateway: lets an app see the scheme that its clients use, where a gateway speaks plain HTTP to it."""

from __future__ import annotations

from funchost.http.asgi import Asgi, Receive, Scope, Send

_PROTO = b"x-forwarded-proto"
_SCHEMES = {b"http": "http", b"https": "https"}


class BehindGateway:
    """Takes the scheme of a request from X-Forwarded-Proto, which the gateway sets for every request.

    Only for servers that nobody reaches but through the gateway: a client could claim anything.

    Args:
        app: what answers.
    """

    def __init__(self, app: Asgi) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        for name, value in scope["headers"]:
            if name == _PROTO:
                scope["scheme"] = _SCHEMES.get(value, scope["scheme"])
        await self._app(scope, receive, send)
