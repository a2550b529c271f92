"""Sites and slots: list, create, change, delete, start, stop, restart."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from funchost.errors import RefusedError
from funchost.http.reply import Reply, empty, json_reply
from funchost.platform.api.arm.names import site_id, site_type
from funchost.platform.api.arm.site_body import SiteBody, app_settings, connection_strings, python_version
from funchost.platform.api.arm.site_changes import SiteChanges
from funchost.platform.api.arm.site_document import iso_time, linux_fx_version, site_document
from funchost.platform.api.backend import Apps, Instances
from funchost.platform.api.request import ApiRequest
from funchost.platform.api.routes import Route, route
from funchost.platform.placement.placement import Instance
from funchost.platform.site import PRODUCTION, Site, SiteName, site_name


class SiteEndpoints:
    """Handlers.

    Args:
        apps: what is there.
        changes: how a site's configuration is changed.
        instances: what runs.
    """

    def __init__(self, apps: Apps, changes: SiteChanges, instances: Instances) -> None:
        self._apps = apps
        self._changes = changes
        self._instances = instances

    async def list_apps(self, request: ApiRequest) -> Reply:
        slots = request.asks("includeslots")
        sites = [site for site in await self._apps.sites() if slots or site.name.slot is None]
        return _list_reply(request, sites)

    async def list_slots(self, request: ApiRequest) -> Reply:
        app = (await self._apps.site(site_name(request.values["name"]))).name.app
        sites = [site for site in await self._apps.sites() if site.name.app == app and site.name.slot is not None]
        return _list_reply(request, sites)

    async def get(self, request: ApiRequest) -> Reply:
        """Show a site, and what is wrong with it."""
        site = await self._apps.site(request.site)
        return json_reply(site_document(site, request.addresses, await self._apps.errors(site.name)))

    async def put(self, request: ApiRequest) -> Reply:
        """Create a site, or change the one that is there as PATCH does."""
        _refuse_production(request)
        body = await request.json(SiteBody)
        if not await self._exists(request.site):
            await self._create(request.site, body)
        else:
            await self._changes.apply(await self._apps.site(request.site), body)
        return await self.get(request)

    async def patch(self, request: ApiRequest) -> Reply:
        await self._changes.apply(await self._apps.site(request.site), await request.json(SiteBody))
        return await self.get(request)

    async def delete(self, request: ApiRequest) -> Reply:
        _refuse_production(request)
        await self._apps.delete((await self._apps.site(request.site)).name)
        return empty(200)

    async def start(self, request: ApiRequest) -> Reply:
        await self._apps.start(request.site)
        return empty(200)

    async def stop(self, request: ApiRequest) -> Reply:
        await self._apps.stop(request.site)
        return empty(200)

    async def restart(self, request: ApiRequest) -> Reply:
        await self._apps.restart(request.site)
        return empty(200)

    async def list_instances(self, request: ApiRequest) -> Reply:
        site = await self._apps.site(request.site)
        found = [_instance_document(site.name, one) for one in self._instances.instances(site.name)]
        return json_reply({"value": found, "nextLink": None})

    async def check_name(self, request: ApiRequest) -> Reply:
        wanted = (await request.json(dict[str, object])).get("name")
        try:
            taken = await self._exists(site_name(str(wanted or "")))
        except RefusedError as error:
            return json_reply({"nameAvailable": False, "reason": "Invalid", "message": error.message})
        reason = {"reason": "AlreadyExists", "message": f"There is an app {wanted} already."} if taken else {}
        return json_reply({"nameAvailable": not taken, **reason})

    async def _exists(self, name: SiteName) -> bool:
        try:
            await self._apps.site(name)
        except RefusedError as error:
            if error.status == 404:
                return False
            raise
        return True

    async def _create(self, name: SiteName, body: SiteBody) -> None:
        settings, strings = app_settings(body) or {}, connection_strings(body)
        # The functions version stands among the settings.
        site = await self._apps.create(name, python=python_version(body), settings=settings)
        await self._changes.apply_rules(site, body)
        if strings:
            await self._apps.set_connection_strings(site.name, strings)


def _refuse_production(request: ApiRequest) -> None:
    """Raises: RefusedError: 400, a slot is to be made or deleted by the name that means the app itself."""
    if request.values.get("slot") and request.site.slot is None:
        raise RefusedError(
            "BadRequest", f"The slot '{PRODUCTION}' is the app itself: it is neither made nor deleted as a slot.", 400
        )


def site_routes(sites: SiteEndpoints, apps_path: str, app_path: str, site_paths: Sequence[str]) -> Iterable[Route]:
    """Return the routes.

    Args:
        apps_path: of the list of apps.
        app_path: of an app.
        site_paths: of an app and of a slot.
    """
    yield route("GET", apps_path, sites.list_apps)
    yield route("GET", f"{app_path}/slots", sites.list_slots)
    for path in site_paths:
        yield route("GET", path, sites.get)
        yield route("PUT", path, sites.put)
        yield route("PATCH", path, sites.patch)
        yield route("DELETE", path, sites.delete)
        yield route("POST", f"{path}/start", sites.start)
        yield route("POST", f"{path}/stop", sites.stop)
        yield route("POST", f"{path}/restart", sites.restart)
        yield route("GET", f"{path}/instances", sites.list_instances)


def _list_reply(request: ApiRequest, sites: Iterable[Site]) -> Reply:
    ordered = sorted(sites, key=lambda site: site.name.label)
    return json_reply({"value": [site_document(site, request.addresses) for site in ordered], "nextLink": None})


def _instance_document(site: SiteName, instance: Instance) -> dict[str, object]:
    return {
        "id": f"{site_id(site)}/instances/{instance.id}",
        "name": instance.id,
        "type": f"{site_type(site)}/instances",
        "properties": {
            "name": instance.id,
            "state": instance.state.value.upper(),
            "startedTimeUtc": iso_time(instance.started),
            "revision": instance.revision.number,
            "version": instance.revision.version,
            "linuxFxVersion": linux_fx_version(instance.revision.python),
            "executing": instance.load.executing,
            "memoryBytes": instance.load.memory,
        },
    }
