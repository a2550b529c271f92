"""Deployments of a site: list, one, its log, redeploy, delete."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from funchost.errors import RefusedError
from funchost.http.reply import Reply, empty, json_reply
from funchost.platform.api.backend import Apps, Deployments
from funchost.platform.api.request import ApiRequest
from funchost.platform.api.routes import Route, route
from funchost.platform.api.scm.deployment_document import deployment_document, log_documents, requested_deployment
from funchost.platform.deployment import Deployment, DeploymentStatus


class DeploymentEndpoints:
    """Handlers.

    Args:
        apps: whose deployments they are.
        deployments: all of them.
    """

    def __init__(self, apps: Apps, deployments: Deployments) -> None:
        self._apps = apps
        self._deployments = deployments

    async def list(self, request: ApiRequest) -> Reply:
        site = await self._apps.site(request.site)
        found = await self._deployments.deployments(site.name)
        base, success = request.addresses.scm_url(site.name), _last_success(found)
        return json_reply([deployment_document(one, base, last_success=success) for one in found])

    async def get(self, request: ApiRequest) -> Reply:
        """Answer 202 until it has ended."""
        deployment = await self._one(request)
        return await self._reply(request, deployment)

    async def redeploy(self, request: ApiRequest) -> Reply:
        """Serve what a deployment had built, again; waits for the end unless ``isAsync`` is asked for."""
        named = await self._one(request)
        deployment = await self._deployments.redeploy(named.site, named.id)
        if not request.asks("isasync"):
            deployment = await self._deployments.wait(deployment.id)
            if deployment.status is DeploymentStatus.FAILED:
                raise RefusedError("DeploymentFailed", deployment.status_text, 400)
        return await self._reply(request, deployment)

    async def delete(self, request: ApiRequest) -> Reply:
        deployment = await self._one(request)
        await self._deployments.delete(deployment.site, deployment.id)
        return empty(204)

    async def log(self, request: ApiRequest) -> Reply:
        """Return the log's entries; ``after=<n>`` leaves out the first n."""
        deployment = await self._one(request)
        first = request.query.get("after", "0")
        if not (first.isascii() and first.isdigit() and len(first) < 10):
            raise RefusedError("BadRequest", f"after={first[:50]!r} is no number of lines.", 400)
        return json_reply(log_documents(await self._deployments.log(deployment.id), int(first)))

    async def log_entry(self, request: ApiRequest) -> Reply:
        """Return the details of an entry: it is all there is."""
        deployment = await self._one(request)
        entries = log_documents(await self._deployments.log(deployment.id))
        found = [entry for entry in entries if entry["id"] == request.values["entry"]]
        if not found:
            raise RefusedError("ResourceNotFound", "The log has no such entry.", 404)
        return json_reply(found)

    async def is_deploying(self, request: ApiRequest) -> Reply:
        site = await self._apps.site(request.site)
        return json_reply({"value": str(await self._deployments.deploying(site.name))})

    async def _one(self, request: ApiRequest) -> Deployment:
        return await requested_deployment(self._apps, self._deployments, request)

    async def _reply(self, request: ApiRequest, deployment: Deployment) -> Reply:
        success = _last_success(await self._deployments.deployments(deployment.site))
        base = request.addresses.scm_url(deployment.site)
        document = deployment_document(deployment, base, last_success=success)
        return json_reply(document, 200 if deployment.status.ended else 202)


def deployment_routes(deployments: DeploymentEndpoints, prefixes: Iterable[str]) -> Iterable[Route]:
    for prefix in prefixes:
        yield route("GET", f"{prefix}deployments", deployments.list)
        yield route("GET", f"{prefix}deployments/{{deployment}}", deployments.get)
        yield route("PUT", f"{prefix}deployments/{{deployment}}", deployments.redeploy)
        yield route("DELETE", f"{prefix}deployments/{{deployment}}", deployments.delete)
        yield route("GET", f"{prefix}deployments/{{deployment}}/log", deployments.log)
        yield route("GET", f"{prefix}deployments/{{deployment}}/log/{{entry}}", deployments.log_entry)
        yield route("GET", f"{prefix}isdeploying", deployments.is_deploying)


def _last_success(deployments: Sequence[Deployment]) -> float | None:
    ended = [one.ended for one in deployments if one.status is DeploymentStatus.SUCCESS and one.ended is not None]
    return max(ended, default=None)
