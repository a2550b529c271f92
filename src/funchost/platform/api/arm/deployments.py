"""Deployments by management calls: the SCM API's objects in the management API's shape."""

from __future__ import annotations

from collections.abc import Iterable

from funchost.http.reply import Reply, json_reply
from funchost.platform.api.arm.names import part_of
from funchost.platform.api.backend import Apps, Deployments
from funchost.platform.api.request import ApiRequest
from funchost.platform.api.routes import Route, route
from funchost.platform.api.scm.deployment_document import deployment_document, log_documents, requested_deployment


class SiteDeploymentEndpoints:
    """Handlers.

    Args:
        apps: whose deployments they are.
        deployments: all of them.
    """

    def __init__(self, apps: Apps, deployments: Deployments) -> None:
        self._apps = apps
        self._deployments = deployments

    async def list(self, request: ApiRequest) -> Reply:
        site = (await self._apps.site(request.site)).name
        base = request.addresses.scm_url(site)
        found = await self._deployments.deployments(site)
        shown = [part_of(site, "deployments", one.id, deployment_document(one, base)) for one in found]
        return json_reply({"value": shown, "nextLink": None})

    async def get(self, request: ApiRequest) -> Reply:
        one = await requested_deployment(self._apps, self._deployments, request)
        document = deployment_document(one, request.addresses.scm_url(one.site))
        return json_reply(part_of(one.site, "deployments", one.id, document))

    async def log(self, request: ApiRequest) -> Reply:
        one = await requested_deployment(self._apps, self._deployments, request)
        entries = log_documents(await self._deployments.log(one.id))
        return json_reply(part_of(one.site, "deployments", f"{one.id}/log", {"entries": entries}))


def site_deployment_routes(deployments: SiteDeploymentEndpoints, site_paths: Iterable[str]) -> Iterable[Route]:
    for path in site_paths:
        yield route("GET", f"{path}/deployments", deployments.list)
        yield route("GET", f"{path}/deployments/{{deployment}}", deployments.get)
        yield route("GET", f"{path}/deployments/{{deployment}}/log", deployments.log)
