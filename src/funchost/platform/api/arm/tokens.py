"""Tokens of the server: a call of our own, below a provider's name of our own."""

from __future__ import annotations

from collections.abc import Iterable

from funchost.errors import RefusedError
from funchost.http.reply import Reply, empty, json_reply
from funchost.platform.api.arm.site_document import iso_time
from funchost.platform.api.backend import Tokens
from funchost.platform.api.request import ApiRequest
from funchost.platform.api.routes import Route, route

TOKENS = "providers/Funchost/tokens"


class TokenEndpoints:
    """Handlers. A token is shown once, when it is made.

    Args:
        tokens: of the server.
    """

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens

    async def list(self, request: ApiRequest) -> Reply:
        shown = [{"name": token.name, "created": iso_time(token.created)} for token in self._tokens.tokens()]
        return json_reply({"value": shown, "nextLink": None})

    async def put(self, request: ApiRequest) -> Reply:
        name = request.values["token"]
        return json_reply({"name": name, "token": await self._tokens.create_token(name)}, 201)

    async def delete(self, request: ApiRequest) -> Reply:
        name = request.values["token"]
        names = [token.name for token in self._tokens.tokens()]
        if names == [name]:
            raise RefusedError(
                "Conflict",
                f"{name!r} is the only token: nobody could call this server.",
                409,
                hint="Make another first.",
            )
        if not await self._tokens.delete_token(name):
            raise RefusedError("ResourceNotFound", f"There is no token {name[:100]!r}.", 404)
        return empty(204)


def token_routes(tokens: TokenEndpoints) -> Iterable[Route]:
    yield route("GET", TOKENS, tokens.list)
    yield route("PUT", f"{TOKENS}/{{token}}", tokens.put)
    yield route("DELETE", f"{TOKENS}/{{token}}", tokens.delete)
