"""Api: an ASGI app of routes behind one door: names, web pages and credentials are checked before all else."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable

from funchost.errors import FuncHostError
from funchost.http.asgi import Receive, Scope, Send
from funchost.http.reply import Reply, send_reply
from funchost.http.request_body import ClientGoneError
from funchost.http.request_path import request_path, segments
from funchost.platform.api.access import Presented, is_foreign_page, presented
from funchost.platform.api.addresses import ServerNames, host_header
from funchost.platform.api.refusals import missing_route, refusal, refused
from funchost.platform.api.request import ApiRequest, query_fields
from funchost.platform.api.routes import Route, RouteTable
from funchost.platform.site import SiteName

WRONG_CREDENTIAL_SECONDS = 0.25
"""How long the answer to a wrong credential is held back."""
MAX_HELD_BACK = 100
"""So many at once; more are told to come back later."""

REALM = "funchost"
DOTS = frozenset({".", ".."})

Admits = Callable[[Presented, SiteName | None], Awaitable[bool]]
"""Says whether a credential opens the API: of the site, or the management API for None."""


class Api:
    """One API.

    Args:
        routes: see RouteTable.
        names: of the server.
        admits: see Admits.
        on_fault: gets errors nobody foresaw; the caller gets 500.
        schemes: of credentials, for WWW-Authenticate.
        held_seconds: see WRONG_CREDENTIAL_SECONDS.
    """

    def __init__(
        self,
        routes: Iterable[Route],
        names: Callable[[], ServerNames],
        admits: Admits,
        on_fault: Callable[[str, Exception], None],
        *,
        schemes: tuple[str, ...] = ("Bearer",),
        held_seconds: float = WRONG_CREDENTIAL_SECONDS,
    ) -> None:
        self.table = RouteTable(routes)
        self._names = names
        self._admits = admits
        self._on_fault = on_fault
        self._challenge = [(b"www-authenticate", f'{scheme} realm="{REALM}"'.encode()) for scheme in schemes]
        self._held_seconds = held_seconds
        self._held = 0

    async def answer_for(self, site: SiteName | None, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one call.

        Args:
            site: whose SCM host name was called, None for management calls.
        """
        try:
            reply = await self._answer(site, scope, receive)
        except ClientGoneError:
            return  # nobody is there to read an answer
        except FuncHostError as error:
            reply = refused(error)
        except Exception as error:
            self._on_fault(f"{scope['method']} {request_path(scope['raw_path'])}", error)
            reply = refusal("InternalServerError", "The server failed over this call; its log says how.", 500)
        reply.headers.append((b"cache-control", b"no-store"))
        await send_reply(reply, scope, send)

    async def _answer(self, site: SiteName | None, scope: Scope, receive: Receive) -> Reply:
        host, names = host_header(scope), self._names()
        if not names.knows(host):
            return refusal(
                "MisdirectedRequest",
                f"This server does not know itself as {host.name[:100]}. Start it with --domain to give it that name.",
                421,
            )
        if is_foreign_page(scope, host):
            return refusal("Forbidden", "Web pages may not make management calls.", 403)
        denied = await self._denied(site, scope)
        if denied is not None:
            return denied
        path = scope["raw_path"].decode("latin-1")
        pieces, _ = segments(path)
        if not DOTS.isdisjoint(pieces):
            # Taken out, they would turn a call about a part into one about the whole.
            return refusal("BadRequest", "A path of these calls holds no '.' and no '..'.", 400)
        found = self.table.find(scope["method"], pieces)
        if found is None or found.handler is None:
            return missing_route(scope["method"], path[:200], found.verbs if found else frozenset())
        query = query_fields(scope["query_string"])
        return await found.handler(
            ApiRequest(scope, receive, found.values, query, names.seen_by(host, scope["scheme"]), site)
        )

    async def _denied(self, site: SiteName | None, scope: Scope) -> Reply | None:
        """Return the answer to a caller who may not come in, None for others."""
        credential = presented(scope)
        if credential is not None:
            if await self._admits(credential, site):
                return None
            if self._held >= MAX_HELD_BACK:
                reply = refusal("TooManyRequests", "Too many calls with wrong credentials.", 429)
                reply.headers.append((b"retry-after", b"1"))
                return reply
            self._held += 1
            try:
                await asyncio.sleep(self._held_seconds)
            finally:
                self._held -= 1
        message = "wrong" if credential is not None else "missing"
        reply = refusal("AuthenticationFailed", f"The credential of this call is {message}.", 401)
        reply.headers.extend(self._challenge)
        return reply
