"""zipdeploy and publish: a package comes in, a deployment begins."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import msgspec

from funchost.errors import RefusedError
from funchost.http.reply import TEXT, Reply, json_reply
from funchost.http.request_body import ArrivingBody, BodyTooLargeError, announced_size
from funchost.platform.api.backend import Apps, Deployments
from funchost.platform.api.request import ApiRequest, header
from funchost.platform.api.routes import Route, route
from funchost.platform.api.scm.deployment_document import deployment_document
from funchost.platform.api.scm.multipart import boundary, first_part
from funchost.platform.api.scm.package_uri import fetch
from funchost.platform.api.scm.upload import save, too_large
from funchost.platform.deployment import BuildKind, Deployment, DeploymentStatus, Origin
from funchost.platform.site import SiteName

DEFAULT_LIMIT = 1024 * 1024 * 1024
_MULTIPART_ROOM = 64 * 1024
_MAX_ORIGIN = 1000
RUN_FROM_PACKAGE = "WEBSITE_RUN_FROM_PACKAGE"
_OTHER_TYPES = frozenset({"war", "jar", "ear", "lib", "static", "startup", "script"})


@dataclass(frozen=True, slots=True)
class UploadRules:
    """What clients may send.

    Args:
        folder: for uploads under way.
        limit: bytes of a package.
        hosts: from which the server fetches packages that a client names, ``name`` or ``name:port``, lower-case.
    """

    folder: Path
    limit: int = DEFAULT_LIMIT
    hosts: frozenset[str] = frozenset()


class PackageUri(msgspec.Struct, rename="camel"):
    """Body of a call that names a package in place of sending it."""

    package_uri: str | None = None


class UploadEndpoints:
    """Handlers.

    Args:
        apps: where packages go.
        deployments: that begin.
        rules: see UploadRules.
    """

    def __init__(self, apps: Apps, deployments: Deployments, rules: UploadRules) -> None:
        self._apps = apps
        self._deployments = deployments
        self._rules = rules

    async def zip_deploy(self, request: ApiRequest) -> Reply:
        return await self._deploy(request, None)

    async def publish(self, request: ApiRequest) -> Reply:
        """One deploy: as zipdeploy, with a type, and with the build in the query from clients of newer plans."""
        _check_publish(request)
        return await self._deploy(request, BuildKind.REMOTE if request.asks("remotebuild") else None)

    async def _deploy(self, request: ApiRequest, build: BuildKind | None) -> Reply:
        site = await self._apps.site(request.site)
        await self._refuse_busy(site.name)
        package = await self._package(request)
        try:
            deployment = await self._deployments.begin(site.name, package, build, _origin(request))
        finally:
            package.unlink(missing_ok=True)  # taken over by now, or refused
        if request.asks("isasync") or request.asks("async"):
            return _accepted(request, deployment)
        return _finished(request, await self._deployments.wait(deployment.id))

    async def _refuse_busy(self, site: SiteName) -> None:
        """Refuse before the package is sent what would be refused after it.

        Raises:
            RefusedError: 409.
        """
        if await self._deployments.deploying(site):
            raise RefusedError(
                "Conflict", f"Another deployment to {site} is under way.", 409, hint="Wait for its end, then try again."
            )
        settings = await self._apps.settings(site)
        if settings.get(RUN_FROM_PACKAGE, "").lower().startswith(("http:", "https:")):
            raise RefusedError(
                "Conflict",
                f"{site} runs from a URL ({RUN_FROM_PACKAGE}), which an upload would not change.",
                409,
                hint=f"Delete the app setting {RUN_FROM_PACKAGE} first.",
            )

    async def _package(self, request: ApiRequest) -> Path:
        kind = header(request.scope, b"content-type")
        if kind.lower().startswith("application/json"):
            uri = (await request.json(PackageUri)).package_uri
            if not uri:
                raise RefusedError("BadRequest", "A packageUri, or a zip file as the body, is expected.", 400)
            return await fetch(uri, self._rules.hosts, self._rules.folder, self._rules.limit)
        size, limit = announced_size(request.scope["headers"]), self._rules.limit
        mark = boundary(kind)
        room = limit if mark is None else limit + _MULTIPART_ROOM
        if size is not None and size > room:
            raise too_large(limit)
        chunks: AsyncIterator[bytes] = ArrivingBody(request.receive, size, room) if size != 0 else _nothing()
        try:
            return await save(chunks if mark is None else first_part(chunks, mark), self._rules.folder, limit)
        except BodyTooLargeError:
            raise too_large(limit) from None


def upload_routes(uploads: UploadEndpoints, prefixes: Iterable[str]) -> Iterable[Route]:
    for prefix in prefixes:
        yield route("POST PUT", f"{prefix}zipdeploy", uploads.zip_deploy)
        yield route("POST PUT", f"{prefix}publish", uploads.publish)


async def _nothing() -> AsyncIterator[bytes]:
    return
    yield b""


def _check_publish(request: ApiRequest) -> None:
    kind = request.query.get("type", "").lower()
    remote = "remotebuild" in request.query or "deployer" in request.query
    if kind in _OTHER_TYPES:
        raise RefusedError("BadRequest", f"type={kind} is nothing a Python app is deployed with; zip is.", 400)
    if kind != "zip" and not (remote and not kind):
        raise RefusedError("BadRequest", f"type={kind[:50]!r} is no type of package; zip is one.", 400)
    if request.query.get("clean", "true").lower() == "false":
        raise RefusedError(
            "BadRequest", "clean=false cannot be: a version of an app is what its package holds, no more.", 400
        )
    if request.query.get("path", ""):
        raise RefusedError("BadRequest", "path cannot be chosen: a package is a whole app.", 400)


def _origin(request: ApiRequest) -> Origin:
    def said(name: str) -> str:
        return request.query.get(name, "")[:_MAX_ORIGIN]

    return Origin(said("author"), said("authoremail"), said("deployer") or "Push-Deployer", said("message"))


def _accepted(request: ApiRequest, deployment: Deployment) -> Reply:
    base = request.addresses.scm_url(deployment.site)
    time = datetime.fromtimestamp(deployment.received, UTC).strftime("%Y-%m-%d_%H-%M-%SZ")
    place = f"{base}/api/deployments/latest?deployer={quote(deployment.origin.deployer, safe='')}&time={time}"
    reply = json_reply(deployment_document(deployment, base), 202)
    reply.headers.append((b"location", place.encode("latin-1")))
    reply.headers.append((b"retry-after", b"1"))
    reply.headers.append((b"scm-deployment-id", deployment.id.encode()))
    return reply


def _finished(request: ApiRequest, deployment: Deployment) -> Reply:
    tracked = [(b"scm-deployment-id", deployment.id.encode())]
    if deployment.status is DeploymentStatus.SUCCESS:
        return Reply(200, [TEXT, *tracked], b"")
    url = f"{request.addresses.scm_url(deployment.site)}/api/deployments/{deployment.id}/log"
    message = f"The deployment failed: {deployment.status_text}\nIts log: {url}\n"
    return Reply(400, [TEXT, *tracked], message.encode())
