"""Settings and functions of a site, as its SCM API shows them."""

from __future__ import annotations

from collections.abc import Iterable

from funchost.errors import RefusedError
from funchost.http.reply import Reply, empty, json_reply
from funchost.platform.api.backend import Apps
from funchost.platform.api.function_documents import find_function, function_properties, function_secrets
from funchost.platform.api.request import ApiRequest
from funchost.platform.api.routes import Route, route


class AppStateEndpoints:
    """Handlers.

    Args:
        apps: whose state it is.
    """

    def __init__(self, apps: Apps) -> None:
        self._apps = apps

    async def settings(self, request: ApiRequest) -> Reply:
        site = await self._apps.site(request.site)
        return json_reply(dict(await self._apps.settings(site.name)))

    async def change_settings(self, request: ApiRequest) -> Reply:
        """Set what is given, leave the rest."""
        given = await request.json(dict[str, str | None])
        await self._change(request, given)
        return empty(204)

    async def setting(self, request: ApiRequest) -> Reply:
        site = await self._apps.site(request.site)
        settings = await self._apps.settings(site.name)
        name = request.values["setting"]
        if name not in settings:
            raise RefusedError("ResourceNotFound", f"{site.name} has no app setting {name[:100]!r}.", 404)
        return json_reply(settings[name])

    async def delete_setting(self, request: ApiRequest) -> Reply:
        await self._change(request, {request.values["setting"]: None})
        return empty(204)

    async def functions(self, request: ApiRequest) -> Reply:
        site = await self._apps.site(request.site)
        found = await self._apps.functions(site.name)
        return json_reply([function_properties(site.name, one, request.addresses) for one in found])

    async def function(self, request: ApiRequest) -> Reply:
        site = await self._apps.site(request.site)
        one = await find_function(self._apps, site.name, request.values["function"])
        return json_reply(function_properties(site.name, one, request.addresses))

    async def function_secrets(self, request: ApiRequest) -> Reply:
        return json_reply(await function_secrets(self._apps, request))

    async def master_key(self, request: ApiRequest) -> Reply:
        site = await self._apps.site(request.site)
        keys = await (await self._apps.keys(site.name)).host_keys()
        return json_reply({"masterKey": keys.master})

    async def sync_triggers(self, request: ApiRequest) -> Reply:
        """Instances report their triggers themselves; asking is allowed."""
        await self._apps.site(request.site)
        return json_reply({"status": "success"})

    async def _change(self, request: ApiRequest, changes: dict[str, str | None]) -> None:
        site = await self._apps.site(request.site)
        settings = {**await self._apps.settings(site.name), **changes}
        await self._apps.set_settings(site.name, {name: value for name, value in settings.items() if value is not None})


def app_state_routes(state: AppStateEndpoints, prefixes: Iterable[str]) -> Iterable[Route]:
    for prefix in prefixes:
        yield route("GET", f"{prefix}settings", state.settings)
        yield route("POST", f"{prefix}settings", state.change_settings)
        yield route("GET", f"{prefix}settings/{{setting}}", state.setting)
        yield route("DELETE", f"{prefix}settings/{{setting}}", state.delete_setting)
        yield route("GET", f"{prefix}functions", state.functions)
        yield route("POST", f"{prefix}functions/synctriggers", state.sync_triggers)
        yield route("GET", f"{prefix}functions/admin/masterkey", state.master_key)
        yield route("GET", f"{prefix}functions/{{function}}", state.function)
        yield route("POST", f"{prefix}functions/{{function}}/listsecrets", state.function_secrets)
