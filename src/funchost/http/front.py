"""HttpFront: the ASGI application that every HTTP request meets.

The walk of a request, in this order:

1. preflight of an allowed origin (cors.py); its answer still depends on the function, see `_preflight`
2. `/admin` and `/runtime` (admin.py): they work in every state of the host
3. is the host there? While it starts, requests wait (pages.py has the answers when it is not)
4. throttle (throttle.py)
5. route (routes.py); without one: home page, or 404
6. key (auth.py), body (request_body.py), invocation, reply (translate.py)
7. headers that go on every answer (cors.py, extra_headers.py)
"""

from __future__ import annotations

from collections.abc import Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from funchost.app.function_app import FunctionApp
from funchost.app.invocation import Body, Datum, Invocation, InvocationResult, Status
from funchost.dispatch.invocation_id import new_invocation_id
from funchost.http import pages
from funchost.http.admin_access import is_developer
from funchost.http.asgi import CONNECTION, Receive, Scope, Send
from funchost.http.auth import may_call, proven_level
from funchost.http.control import HostControl, HostState
from funchost.http.cors import Cors
from funchost.http.endpoint import AuthLevel, Endpoint
from funchost.http.keys import KeyStore
from funchost.http.published import Published
from funchost.http.reply import Reply, empty, send_reply
from funchost.http.request_body import ArrivingBody, BodyTooLargeError, ClientGoneError, announced_size, open_body
from funchost.http.request_path import request_path
from funchost.http.routes import Match
from funchost.http.throttle import Throttle
from funchost.http.trace import trace_context
from funchost.http.translate import InvalidResponseError, decoded_headers, request_data, response_reply
from funchost.logs import HostLog, LogLevel

if TYPE_CHECKING:
    from funchost.http.admin import AdminApi

_CATEGORY = "Host.Http"
_OWN_PATHS = ("admin", "runti")
"""How paths begin that may be the host's own; which ones are, the admin API decides."""
_READY = (HostState.RUNNING, HostState.INITIALIZED)


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontOptions:
    """How the front behaves; fixed while the host runs.

    Args:
        root: the app's folder.
        cors_origins: origins that browsers may call from; ``*`` = all; empty = the host adds no CORS header.
        cors_credentials: whether these may send credentials.
        enforce_keys: functions and the admin API ask for keys. Without, the caller is taken for the developer.
        body_limit: longest request body, bytes.
        homepage: show a page at ``/``; without it the answer is 204.
        start_timeout: seconds that requests wait for a starting host.
        read_only: the app's folder must not be written to.
    """

    root: Path
    cors_origins: tuple[str, ...] = ()
    cors_credentials: bool = False
    enforce_keys: bool = True
    body_limit: int = 104_857_600
    homepage: bool = True
    start_timeout: float = 30.0
    read_only: bool = False


class HttpFront:
    """Answers requests with the functions of the published app.

    Args:
        control: the host.
        options: see FrontOptions.
        keys: the app's keys.
        log: the console.

    Raises:
        SettingError: the CORS options contradict each other.
    """

    def __init__(self, control: HostControl, options: FrontOptions, keys: KeyStore, log: HostLog) -> None:
        self._control = control
        self._options = options
        self._keys = keys
        self._log = log
        self._cors = Cors(options.cors_origins, options.cors_credentials) if options.cors_origins else None
        self._published = Published()
        self._admin: AdminApi | None = None

    def publish(self, app: FunctionApp) -> None:
        """Serve `app` from now on; requests in flight are not touched."""
        published = Published(app, self._published.throttle)
        for problem in published.problems:
            self._log.write(LogLevel.ERROR, "Host.Startup", problem)
        for endpoint in published.routes.endpoints:
            methods = "all" if endpoint.methods is None else ",".join(sorted(endpoint.methods))
            self._log.write(
                LogLevel.INFORMATION,
                "Host.Startup",
                f"Mapped function route '{endpoint.template.text}' [{methods}] to '{endpoint.name}'",
            )
        self._published = published

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        path = request_path(scope["raw_path"])
        try:
            if self._cors is not None or path[1:6].lower() in _OWN_PATHS or self._control.state not in _READY:
                own = await self._own_answer(scope, path, receive)
                if own is not None:
                    await self._finish(own, scope, send)
                    return
            throttle = self._published.throttle
            if throttle is None:
                await self._finish(await self._serve(scope, path, receive), scope, send)
            else:
                await self._serve_throttled(throttle, scope, path, receive, send)
        except ClientGoneError:
            pass
        except ConnectionResetError as error:
            self._break_off(scope, f"The response to {scope['method']} {path} was broken off: {error}")
        except Exception as error:
            # The answer may have begun, so nothing else can be sent any more.
            self._break_off(scope, f"The answer to {scope['method']} {path} could not be sent: {error!r}")

    async def _serve_throttled(self, throttle: Throttle, scope: Scope, path: str, receive: Receive, send: Send) -> None:
        if not await throttle.enter():
            self._log.write(
                LogLevel.WARNING, _CATEGORY, f"Http request queue limit of {throttle.outstanding} has been exceeded."
            )
            await self._finish(Reply(429, [(b"x-function-scaleout", b"1")]), scope, send)
            return
        try:
            await self._finish(await self._serve(scope, path, receive), scope, send)
        finally:
            throttle.leave()

    async def _own_answer(self, scope: Scope, path: str, receive: Receive) -> Reply | None:
        """Return what the host itself answers, None if the request is a function's.

        Preflights and the admin API are served in every state of the host.
        """
        if self._cors is not None:
            preflight = self._cors.preflight(scope["method"], scope["headers"])
            if preflight is not None:
                return await self._preflight(preflight, scope, path, receive)
        if path[1:6].lower() in _OWN_PATHS and (admin := self._admin_for(path)) is not None:
            return await admin.answer(scope, receive)
        state = self._control.state
        return None if state in _READY else await self._await_host(state)

    def _finish(self, reply: Reply, scope: Scope, send: Send) -> Coroutine[Any, Any, None]:
        """Add what goes on every answer, and send it."""
        if self._cors is not None:
            self._cors.mark(scope["headers"], reply.headers)
        extra = self._published.extra
        if extra is not None:
            extra.add(scope, reply.headers)
        return send_reply(reply, scope, send)

    async def _serve(self, scope: Scope, path: str, receive: Receive) -> Reply:
        """Return the answer; a fault of the host itself is logged and is 500 to the caller."""
        try:
            match = self._published.routes.match(scope["method"], path)
            if match is None:
                return self._no_function(scope, path)
            endpoint = match[0]
            function = endpoint.function
            if self._options.enforce_keys or (function is not None and function.disabled):
                refusal = await self._refusal(scope, endpoint)
                if refusal is not None:
                    return refusal
            if endpoint.error is not None:
                return pages.broken(endpoint.error, self._may_explain(scope))
            return await self._call(match, scope, path, receive)
        except ClientGoneError:
            raise
        except Exception as error:
            self._log.write(LogLevel.ERROR, _CATEGORY, f"{scope['method']} {path} failed in the host: {error!r}")
            return empty(500)

    async def _refusal(self, scope: Scope, endpoint: Endpoint) -> Reply | None:
        """Return the answer to a caller whose key does not do, None if it does."""
        proven = await proven_level(scope, endpoint, self._keys)
        if endpoint.function is not None and endpoint.function.disabled and proven is not AuthLevel.ADMIN:
            return empty(404)
        if self._options.enforce_keys and not may_call(proven, endpoint.level):
            return empty(401)
        return None

    async def _call(self, match: Match, scope: Scope, path: str, receive: Receive) -> Reply:
        endpoint, values = match
        raw = scope["headers"]
        size = announced_size(raw)
        body: bytes | Body = b""
        if size != 0:
            try:
                body = await open_body(receive, size, self._options.body_limit)
            except BodyTooLargeError:
                return empty(413)
        headers = decoded_headers(raw)
        trace, given = trace_context(headers)
        data = request_data(scope, path, headers, values, body)
        assert endpoint.function is not None  # noqa: S101 - an endpoint without a function has an error
        invocation = Invocation(
            new_invocation_id(), endpoint.function, ((endpoint.binding, Datum("http", data)),), {}, trace
        )
        result = await self._control.invoke(invocation)
        reply = self._reply(endpoint, result, body)
        if given:
            reply.headers.append((b"traceparent", trace.parent.encode("latin-1")))
        return reply

    def _reply(self, endpoint: Endpoint, result: InvocationResult, body: bytes | Body) -> Reply:
        if result.status is not Status.SUCCEEDED:
            return _failure(result, body)
        try:
            reply = response_reply(endpoint, result)
        except InvalidResponseError as error:
            self._log.write(
                LogLevel.ERROR,
                f"Function.{endpoint.name}",
                f"The response of function '{endpoint.name}' cannot be sent: {error}.",
                function=endpoint.name,
            )
            return empty(500)
        if reply is not None:
            return reply
        if endpoint.returns_response and not endpoint.warned:
            endpoint.warned = True
            self._log.write(
                LogLevel.WARNING,
                f"Function.{endpoint.name}",
                f"The function '{endpoint.name}' returned nothing although its return value is the HTTP response; "
                "the answer is 204 No Content. Return an HttpResponse or a str.",
                function=endpoint.name,
            )
        return empty(204)

    async def _preflight(self, granted: Reply, scope: Scope, path: str, receive: Receive) -> Reply:
        """Return a function's own answer to a preflight if it lists OPTIONS and sets CORS headers, else the host's."""
        match = self._published.routes.match("OPTIONS", path)
        if match is None or not match[0].methods or self._control.state not in _READY:
            return granted
        own = await self._serve(scope, path, receive)
        return own if any(name.startswith(b"access-control-") for name, _ in own.headers) else granted

    def _admin_for(self, path: str) -> AdminApi | None:
        """Return the admin API if the path is its. The first such request loads it, to keep the start quick."""
        if self._admin is None:
            from funchost.http.admin import AdminApi

            self._admin = AdminApi(
                self._control,
                self._keys,
                enforce_keys=self._options.enforce_keys,
                log=self._log,
                root=self._options.root,
                read_only=self._options.read_only,
            )
        return self._admin if self._admin.serves(path) else None

    async def _await_host(self, state: HostState) -> Reply | None:
        """Return None once the host takes requests, else the answer while it does not."""
        if state in (HostState.DEFAULT, HostState.STARTING):
            if await self._control.wait_until_running(self._options.start_timeout):
                return None
            state = self._control.state
        if state in _READY:
            return None
        return pages.offline(self._options.root) if state is HostState.OFFLINE else pages.not_running()

    def _no_function(self, scope: Scope, path: str) -> Reply:
        if path == "/":
            return pages.home_page() if self._options.homepage else empty(204)
        failure = self._published.failure
        if failure is not None and self._may_explain(scope):
            return pages.broken(failure, explain=True)
        return empty(404)

    def _may_explain(self, scope: Scope) -> bool:
        return not self._options.enforce_keys and is_developer(scope)

    def _break_off(self, scope: Scope, message: str) -> None:
        self._log.write(LogLevel.WARNING, _CATEGORY, message)
        connection = scope.get(CONNECTION)
        if connection is not None:
            connection.abort()


def _failure(result: InvocationResult, body: bytes | Body) -> Reply:
    problem = body.problem if isinstance(body, ArrivingBody) else None
    if isinstance(problem, BodyTooLargeError):
        return empty(413)
    if isinstance(problem, ClientGoneError):
        raise problem
    # Cancelled without the client's doing: the host is stopping or has no workers.
    return pages.not_running() if result.status is Status.CANCELLED else empty(500)
