"""AdminApi: /admin/... and /runtime/webhooks/...: who may call what, and which handler answers.

Paths, verbs, status codes and JSON are those of the existing host, for scripts, editors and deployment tools.
A wrong verb is 404 as there.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from funchost.http.admin_access import ALLOWED, admin_access
from funchost.http.admin_functions import FunctionEndpoints
from funchost.http.admin_host import HostEndpoints
from funchost.http.admin_keys import KeyEndpoints
from funchost.http.admin_request import AdminRequest, BadRequestError
from funchost.http.asgi import Receive, Scope, Send
from funchost.http.control import HostControl, HostState
from funchost.http.keys import KeyStore
from funchost.http.reply import Reply, empty, send_reply
from funchost.http.request_path import request_path, segments
from funchost.http.webhooks import WebhookEndpoint
from funchost.logs import HostLog

Handler = Callable[[AdminRequest], Awaitable[Reply]]

_ANY = ""
"""Stands in a pattern for a segment with a value."""
_KEY_SETS = "keys|functionkeys|systemkeys"
_CHANGES_AND_READS = "GET POST PUT DELETE"


class _Route(NamedTuple):
    verbs: frozenset[str]
    pattern: tuple[str, ...]
    handler: Handler
    anonymous: bool = False
    needs_running: bool = False


class AdminApi:
    """The admin API of one host.

    Args:
        control: the host.
        keys: the app's keys.
        enforce_keys: ask for the master key; without, a call from this machine that is no web page's will do.
        log: the console.
        root: the app's folder.
        read_only: the app's folder must not be written to.
    """

    def __init__(
        self,
        control: HostControl,
        keys: KeyStore,
        *,
        enforce_keys: bool,
        log: HostLog,
        root: Path,
        read_only: bool = False,
    ) -> None:
        self._control = control
        self._keys = keys
        self._enforce_keys = enforce_keys
        self._webhooks = WebhookEndpoint(control, keys, enforce_keys=enforce_keys)
        host = HostEndpoints(control, log, root, keys.folder, read_only)
        functions = FunctionEndpoints(control, root, keys.folder, read_only)
        self._routes = (*_host_routes(host), *_key_routes(KeyEndpoints(control, keys)), *_function_routes(functions))

    @staticmethod
    def serves(path: str) -> bool:
        """Return whether a path (from request_path) is the admin API's, whatever it answers."""
        first = path[1:].split("/", 2)[:2]
        lowered = [piece.lower() for piece in first]
        return lowered[0] == "admin" or lowered == ["runtime", "webhooks"]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send_reply(await self.answer(scope, receive), scope, send)

    async def answer(self, scope: Scope, receive: Receive) -> Reply:
        """Return the reply to one request; works in every state of the host."""
        pieces, _ = segments(request_path(scope["raw_path"]))
        if len(pieces) > 2 and [piece.lower() for piece in pieces[:2]] == ["runtime", "webhooks"]:
            return await self._webhooks.answer(scope, receive, pieces[2].lower(), tuple(pieces[3:]))
        found = self._match(scope["method"], pieces)
        if found is None:
            return empty(404)
        route, values = found
        if not route.anonymous:
            status = await admin_access(scope, self._keys, enforce_keys=self._enforce_keys)
            if status != ALLOWED:
                return empty(status)
        if route.needs_running and self._control.state is not HostState.RUNNING:
            return empty(503)
        try:
            return await route.handler(AdminRequest(scope, receive, values))
        except BadRequestError as error:
            return error.reply()

    def _match(self, method: str, pieces: list[str]) -> tuple[_Route, tuple[str, ...]] | None:
        verb = "GET" if method == "HEAD" else method
        for route in self._routes:
            if verb in route.verbs and len(pieces) == len(route.pattern):
                values = _values(route.pattern, pieces)
                if values is not None:
                    return route, values
        return None


def _values(pattern: tuple[str, ...], pieces: list[str]) -> tuple[str, ...] | None:
    """Return the variable segments if `pieces` fit the pattern: literals in any case, ``a|b`` one of several."""
    values = []
    for wanted, piece in zip(pattern, pieces, strict=True):
        if wanted == _ANY:
            if not piece:
                return None
            values.append(piece)
        elif "|" in wanted:
            if piece.lower() not in wanted.split("|"):
                return None
            values.append(piece)
        elif piece.lower() != wanted:
            return None
    return tuple(values)


def _route(verbs: str, path: str, handler: Handler, *, anonymous: bool = False, needs_running: bool = False) -> _Route:
    pattern = tuple(_ANY if piece == "*" else piece for piece in path.split("/"))
    return _Route(frozenset(verbs.split()), pattern, handler, anonymous, needs_running)


def _host_routes(host: HostEndpoints) -> Iterable[_Route]:
    return (
        _route("GET POST", "admin/host/ping", host.ping, anonymous=True),
        _route("GET POST", "admin/warmup", host.warmup, anonymous=True),
        _route("GET", "admin/host/status", host.status),
        _route("GET", "admin/host/config", host.config, needs_running=True),
        _route("POST", "admin/host/drain", host.drain),
        _route("GET", "admin/host/drain/status", host.drain_status),
        _route("POST", "admin/host/resume", host.resume),
        _route("POST", "admin/host/restart", host.restart),
        _route("PUT", "admin/host/state", host.set_state),
        _route("POST", "admin/host/synctriggers", host.sync_triggers, needs_running=True),
        _route("POST", "admin/host/log", host.write_log),
        _route("POST", "admin/host/debug", host.debug),
        _route("POST", "admin/host/scale/status", host.scale_status, needs_running=True),
    )


def _key_routes(keys: KeyEndpoints) -> Iterable[_Route]:
    return (
        _route("GET", f"admin/host/{_KEY_SETS}", keys.list_host),
        _route(_CHANGES_AND_READS, f"admin/host/{_KEY_SETS}/*", keys.one_of_host),
        _route("GET", "admin/functions/*/keys", keys.list_function),
        _route(_CHANGES_AND_READS, "admin/functions/*/keys/*", keys.one_of_function),
    )


def _function_routes(functions: FunctionEndpoints) -> Iterable[_Route]:
    return (
        _route("GET", "admin/functions", functions.list),
        _route("GET", "admin/functions/download", functions.download),
        _route("GET", "admin/functions/*", functions.get),
        _route("POST", "admin/functions/*", functions.invoke, needs_running=True),
        _route("PUT", "admin/functions/*", functions.put),
        _route("DELETE", "admin/functions/*", functions.delete),
        _route("GET", "admin/functions/*/status", functions.status),
    )
