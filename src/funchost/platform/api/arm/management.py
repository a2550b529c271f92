"""Management: the management API as an ASGI app."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable

from funchost.errors import RefusedError
from funchost.http.asgi import Receive, Scope, Send
from funchost.http.reply import Reply
from funchost.platform.api.access import Presented
from funchost.platform.api.addresses import ServerNames
from funchost.platform.api.api import WRONG_CREDENTIAL_SECONDS, Api
from funchost.platform.api.arm.catalog import CatalogEndpoints, catalog_routes
from funchost.platform.api.arm.deployments import SiteDeploymentEndpoints, site_deployment_routes
from funchost.platform.api.arm.functions import FunctionEndpoints, function_routes
from funchost.platform.api.arm.names import GROUP, SUBSCRIPTION
from funchost.platform.api.arm.operations import Operations
from funchost.platform.api.arm.settings import SettingsEndpoints, settings_routes
from funchost.platform.api.arm.site_changes import SiteChanges
from funchost.platform.api.arm.sites import SiteEndpoints, site_routes
from funchost.platform.api.arm.swaps import SwapEndpoints, swap_routes
from funchost.platform.api.arm.tokens import TokenEndpoints, token_routes
from funchost.platform.api.backend import Backend
from funchost.platform.api.request import ApiRequest
from funchost.platform.api.routes import Handler, Route, route
from funchost.platform.site import SiteName

_WEB = "subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Web"
APPS = f"{_WEB}/sites"
APP = f"{APPS}/{{name}}"
SITES = (APP, f"{APP}/slots/{{slot}}")


class Management:
    """The API; an ASGI app.

    Args:
        backend: the server.
        names: under which it is reached.
        on_fault: see Api.
        held_seconds: see Api.
    """

    def __init__(
        self,
        backend: Backend,
        names: Callable[[], ServerNames],
        on_fault: Callable[[str, Exception], None],
        *,
        held_seconds: float = WRONG_CREDENTIAL_SECONDS,
    ) -> None:
        self._operations = Operations()
        routes = management_routes(backend, self._operations)
        self._api = Api(routes, names, _admits(backend.tokens.verify_token), on_fault, held_seconds=held_seconds)

    @property
    def routes(self) -> tuple[Route, ...]:
        return self._api.table.routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._api.answer_for(None, scope, receive, send)

    async def close(self) -> None:
        """End operations that run."""
        await self._operations.close()


def management_routes(backend: Backend, operations: Operations) -> Iterable[Route]:
    """Return all routes; each answers 404 for another subscription or resource group than the one there is."""
    apps, changes = backend.apps, SiteChanges(backend.apps)
    sites = SiteEndpoints(apps, changes, backend.instances)
    routes = (
        *catalog_routes(CatalogEndpoints(apps, backend.pythons)),
        *site_routes(sites, APPS, APP, SITES),
        *settings_routes(SettingsEndpoints(apps, changes), APP, SITES),
        *function_routes(FunctionEndpoints(apps), SITES),
        *site_deployment_routes(SiteDeploymentEndpoints(apps, backend.deployments), SITES),
        *swap_routes(SwapEndpoints(apps, operations), SITES),
        *token_routes(TokenEndpoints(backend.tokens)),
        route("GET", "subscriptions/{subscription}/providers/Microsoft.Web/sites", sites.list_apps),
        route("POST", "subscriptions/{subscription}/providers/Microsoft.Web/checkNameAvailability", sites.check_name),
        route(
            "GET",
            "subscriptions/{subscription}/providers/Microsoft.Web/locations/local/operationResults/{operation}",
            operations.get,
        ),
    )
    return [one._replace(handler=_inside(one.handler)) for one in routes]


def _inside(handler: Handler) -> Handler:
    async def checked(request: ApiRequest) -> Reply:
        subscription = request.values.get("subscription", SUBSCRIPTION)
        group = request.values.get("group", GROUP)
        if subscription.lower() != SUBSCRIPTION:
            raise RefusedError(
                "SubscriptionNotFound",
                f"The subscription here is {SUBSCRIPTION}, not {subscription[:100]!r}.",
                404,
            )
        if group.lower() != GROUP:
            raise RefusedError(
                "ResourceGroupNotFound", f"The resource group here is {GROUP}, not {group[:100]!r}.", 404
            )
        return await handler(request)

    return checked


def _admits(verify_token: Callable[[str], bool]) -> Callable[[Presented, SiteName | None], Awaitable[bool]]:
    async def admits(credential: Presented, site: SiteName | None) -> bool:
        return credential.user is None and verify_token(credential.secret)

    return admits
