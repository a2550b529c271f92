"""Configuration of a site: app settings, connection strings, ``web``, sticky names, credentials."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from funchost.errors import RefusedError
from funchost.http.reply import Reply, empty, json_reply
from funchost.platform.api.arm.names import part_of
from funchost.platform.api.arm.publish_profile import XML, publish_profile
from funchost.platform.api.arm.site_body import WebConfigBody
from funchost.platform.api.arm.site_changes import SiteChanges
from funchost.platform.api.arm.site_document import site_config
from funchost.platform.api.backend import Apps
from funchost.platform.api.request import ApiRequest
from funchost.platform.api.routes import Route, route
from funchost.platform.connection_string import ConnectionString, connection_type
from funchost.platform.site import Site

CONNECTION_PREFIX = "ConnectionStrings:"
_POLICY = "basicPublishingCredentialsPolicies"
_POLICIES = {"scm": True, "ftp": False}
"""Whether clients may use publishing credentials: for uploads they may, FTP is not there."""


class SettingsBody(msgspec.Struct):
    """App settings; the list is complete."""

    properties: dict[str, str | None] = {}


class GivenConnectionString(msgspec.Struct):
    """A connection string as a client gives it."""

    value: str
    type: str | int | None = None


class ConnectionStringsBody(msgspec.Struct):
    """Connection strings; the list is complete."""

    properties: dict[str, GivenConnectionString] = {}


class StickyNames(msgspec.Struct, rename="camel", frozen=True):
    """Names of what stays with a slot when it is swapped."""

    app_setting_names: list[str] | None = None
    connection_string_names: list[str] | None = None


class StickyBody(msgspec.Struct):
    """Body of PUT slotConfigNames."""

    properties: StickyNames = StickyNames()


class SettingsEndpoints:
    """Handlers.

    Args:
        apps: whose settings they are.
        changes: how ``web`` is changed.
    """

    def __init__(self, apps: Apps, changes: SiteChanges) -> None:
        self._apps = apps
        self._changes = changes

    async def app_settings(self, request: ApiRequest) -> Reply:
        site = await self._apps.site(request.site)
        settings = await self._apps.settings(site.name)
        return json_reply(part_of(site.name, "config", "appsettings", dict(settings)))

    async def put_app_settings(self, request: ApiRequest) -> Reply:
        site = await self._apps.site(request.site)
        given = (await request.json(SettingsBody)).properties
        await self._apps.set_settings(site.name, {name: value for name, value in given.items() if value is not None})
        return await self.app_settings(request)

    async def connection_strings(self, request: ApiRequest) -> Reply:
        site = await self._apps.site(request.site)
        strings = await self._apps.connection_strings(site.name)
        shown = {name: {"value": one.value, "type": one.type.value} for name, one in strings.items()}
        return json_reply(part_of(site.name, "config", "connectionstrings", shown))

    async def put_connection_strings(self, request: ApiRequest) -> Reply:
        site = await self._apps.site(request.site)
        given = (await request.json(ConnectionStringsBody)).properties
        strings = {name: ConnectionString(one.value, connection_type(one.type, name)) for name, one in given.items()}
        await self._apps.set_connection_strings(site.name, strings)
        return await self.connection_strings(request)

    async def web(self, request: ApiRequest) -> Reply:
        site = await self._apps.site(request.site)
        return json_reply(part_of(site.name, "config", "web", site_config(site)))

    async def change_web(self, request: ApiRequest) -> Reply:
        body = await request.json(WebConfigBody)
        await self._changes.apply(await self._apps.site(request.site), body.site_body)
        return await self.web(request)

    async def list_web(self, request: ApiRequest) -> Reply:
        site = await self._apps.site(request.site)
        return json_reply({"value": [part_of(site.name, "config", "web", site_config(site))], "nextLink": None})

    async def sticky(self, request: ApiRequest) -> Reply:
        app = (await self._apps.site(request.site)).name
        return json_reply(part_of(app, "config", "slotConfigNames", _sticky_document(await self._apps.sticky(app))))

    async def put_sticky(self, request: ApiRequest) -> Reply:
        app = (await self._apps.site(request.site)).name
        given = (await request.json(StickyBody)).properties
        now = _sticky_document(await self._apps.sticky(app))
        settings = now["appSettingNames"] if given.app_setting_names is None else given.app_setting_names
        strings = (
            now["connectionStringNames"] if given.connection_string_names is None else given.connection_string_names
        )
        await self._apps.set_sticky(app, [*settings, *(CONNECTION_PREFIX + name for name in strings)])
        return await self.sticky(request)

    async def credentials(self, request: ApiRequest) -> Reply:
        site = await self._apps.site(request.site)
        found = await self._apps.credentials(site.name)
        properties = {
            "name": found.user,
            "publishingUserName": found.user,
            "publishingPassword": found.password,
            "scmUri": request.addresses.scm_url(site.name),
        }
        return json_reply(part_of(site.name, "config", "publishingcredentials", properties))

    async def reset_credentials(self, request: ApiRequest) -> Reply:
        await self._apps.reset_credentials((await self._apps.site(request.site)).name)
        return empty(204)

    async def publish_profile(self, request: ApiRequest) -> Reply:
        site = await self._apps.site(request.site)
        found = await self._apps.credentials(site.name)
        return Reply(200, [XML], publish_profile(site.name, found.user, found.password, request.addresses))

    async def policies(self, request: ApiRequest) -> Reply:
        site = await self._apps.site(request.site)
        return json_reply({"value": [_policy(site, name) for name in _POLICIES], "nextLink": None})

    async def policy(self, request: ApiRequest) -> Reply:
        site = await self._apps.site(request.site)
        name = request.values["policy"].lower()
        if name not in _POLICIES:
            raise RefusedError("ResourceNotFound", f"There is no policy {name[:100]!r}; scm and ftp are.", 404)
        return json_reply(_policy(site, name))


def settings_routes(settings: SettingsEndpoints, app_path: str, site_paths: Iterable[str]) -> Iterable[Route]:
    """Return the routes of ``config`` and of credentials."""
    yield route("GET", f"{app_path}/config/slotConfigNames", settings.sticky)
    yield route("PUT", f"{app_path}/config/slotConfigNames", settings.put_sticky)
    for path in site_paths:
        yield route("POST", f"{path}/config/appsettings/list", settings.app_settings)
        yield route("PUT", f"{path}/config/appsettings", settings.put_app_settings)
        yield route("POST", f"{path}/config/connectionstrings/list", settings.connection_strings)
        yield route("PUT", f"{path}/config/connectionstrings", settings.put_connection_strings)
        yield route("GET", f"{path}/config", settings.list_web)
        yield route("GET", f"{path}/config/web", settings.web)
        yield route("PUT PATCH", f"{path}/config/web", settings.change_web)
        yield route("POST", f"{path}/config/publishingcredentials/list", settings.credentials)
        yield route("POST", f"{path}/newpassword", settings.reset_credentials)
        yield route("POST", f"{path}/publishxml", settings.publish_profile)
        yield route("GET", f"{path}/{_POLICY}", settings.policies)
        yield route("GET", f"{path}/{_POLICY}/{{policy}}", settings.policy)


def _policy(site: Site, name: str) -> dict[str, object]:
    return part_of(site.name, _POLICY, name, {"allow": _POLICIES[name]})


def _sticky_document(names: Iterable[str]) -> Mapping[str, list[str]]:
    all_names = list(names)
    return {
        "appSettingNames": [name for name in all_names if not name.startswith(CONNECTION_PREFIX)],
        "connectionStringNames": [
            name.removeprefix(CONNECTION_PREFIX) for name in all_names if name.startswith(CONNECTION_PREFIX)
        ],
        "azureStorageConfigNames": [],
    }
