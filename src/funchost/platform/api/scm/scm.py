"""Scm: the SCM API of all sites as an ASGI app; the Host header says which site is meant."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable

from funchost.errors import RefusedError
from funchost.http.asgi import Receive, Scope, Send
from funchost.platform.api.access import Presented, same
from funchost.platform.api.addresses import ServerNames
from funchost.platform.api.api import WRONG_CREDENTIAL_SECONDS, Api
from funchost.platform.api.backend import Backend
from funchost.platform.api.routes import Route
from funchost.platform.api.scm.app_state import AppStateEndpoints, app_state_routes
from funchost.platform.api.scm.deployments import DeploymentEndpoints, deployment_routes
from funchost.platform.api.scm.log_stream import LogStreams, StreamTimes, log_stream_routes
from funchost.platform.api.scm.uploads import UploadEndpoints, UploadRules, upload_routes
from funchost.platform.gateway.app_request import SITE_LABEL
from funchost.platform.site import SiteName

PREFIXES = ("", "api/")
"""Clients use either, and one client both."""


class Scm:
    """The API.

    Args:
        backend: the server.
        names: under which it is reached.
        uploads: see UploadRules.
        on_fault: see Api.
        times: of log streams.
        held_seconds: see Api.
    """

    def __init__(
        self,
        backend: Backend,
        names: Callable[[], ServerNames],
        uploads: UploadRules,
        on_fault: Callable[[str, Exception], None],
        times: StreamTimes | None = None,
        *,
        held_seconds: float = WRONG_CREDENTIAL_SECONDS,
    ) -> None:
        self._labelled = backend.labelled
        self._streams = LogStreams(backend.apps, backend.logs, times)
        routes = scm_routes(backend, uploads, self._streams)
        self._api = Api(
            routes, names, _admits(backend), on_fault, schemes=("Bearer", "Basic"), held_seconds=held_seconds
        )

    @property
    def routes(self) -> tuple[Route, ...]:
        return self._api.table.routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        label: str = scope[SITE_LABEL]
        # Who calls a site that is not there must log in to be told.
        site = await self._labelled(label) or SiteName(label[:63])
        await self._api.answer_for(site, scope, receive, send)

    def close(self) -> None:
        """End all log streams."""
        self._streams.close()


def scm_routes(backend: Backend, uploads: UploadRules, streams: LogStreams) -> Iterable[Route]:
    """Return all routes, each with ``/api`` before it and without."""
    return (
        *upload_routes(UploadEndpoints(backend.apps, backend.deployments, uploads), PREFIXES),
        *deployment_routes(DeploymentEndpoints(backend.apps, backend.deployments), PREFIXES),
        *app_state_routes(AppStateEndpoints(backend.apps), PREFIXES),
        *log_stream_routes(streams, PREFIXES),
    )


def user_names(site: SiteName, user: str) -> frozenset[str]:
    """Return how clients may write the user of a site's credentials: ``$app``, ``$app__slot``, ``$app-slot``."""
    own = site.app if site.slot is None else f"{site.app}__{site.slot}"
    return frozenset({user.lower(), f"${own}", f"${site.label}"})


def _admits(backend: Backend) -> Callable[[Presented, SiteName | None], Awaitable[bool]]:
    async def admits(credential: Presented, site: SiteName | None) -> bool:
        if credential.user is None:
            return backend.tokens.verify_token(credential.secret)
        if site is None:
            return False
        try:
            found = await backend.apps.credentials(site)
        except RefusedError:
            return False
        right = same(credential.secret, found.password)
        return credential.user.lower() in user_names(site, found.user) and right

    return admits
