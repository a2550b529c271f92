"""Functions of a site, and their keys."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import msgspec

from funchost.errors import RefusedError
from funchost.http.keys import FUNCTION_KEYS, SYSTEM_KEYS, KeySet, KeyStore
from funchost.http.reply import Reply, empty, json_reply
from funchost.platform.api.arm.names import part_of
from funchost.platform.api.backend import Apps
from funchost.platform.api.function_documents import (
    find_function,
    function_properties,
    function_secrets,
    requested_keys,
)
from funchost.platform.api.request import ApiRequest
from funchost.platform.api.routes import Route, route

MASTER = "_master"
_KEY_NAME = re.compile(r"[A-Za-z0-9.-][A-Za-z0-9_.-]{0,126}", re.ASCII)
_KEY_VALUE = re.compile(r"[\x21-\x7e]{1,1024}", re.ASCII)
_SETS = {"functionkeys": FUNCTION_KEYS, "systemkeys": SYSTEM_KEYS}


class KeyProperties(msgspec.Struct):
    """A key; without a value one is made."""

    name: str | None = None
    value: str | None = None


class KeyBody(msgspec.Struct):
    """Body of PUT of a key: clients of different ages write it with and without ``properties``."""

    properties: KeyProperties | None = None
    name: str | None = None
    value: str | None = None

    @property
    def wanted(self) -> str | None:
        return self.properties.value if self.properties is not None else self.value


class FunctionEndpoints:
    """Handlers.

    Args:
        apps: whose functions they are.
    """

    def __init__(self, apps: Apps) -> None:
        self._apps = apps

    async def list(self, request: ApiRequest) -> Reply:
        site = await self._apps.site(request.site)
        functions = await self._apps.functions(site.name)
        shown = [
            part_of(site.name, "functions", one.name, function_properties(site.name, one, request.addresses))
            for one in functions
        ]
        return json_reply({"value": shown, "nextLink": None})

    async def get(self, request: ApiRequest) -> Reply:
        site = await self._apps.site(request.site)
        one = await find_function(self._apps, site.name, request.values["function"])
        properties = function_properties(site.name, one, request.addresses)
        return json_reply(part_of(site.name, "functions", one.name, properties))

    async def sync(self, request: ApiRequest) -> Reply:
        """Instances report their triggers themselves; asking is allowed."""
        await self._apps.site(request.site)
        return empty(204)

    async def host_keys(self, request: ApiRequest) -> Reply:
        keys = await self._keys(request)
        found = await keys.host_keys()
        document = {
            "masterKey": found.master,
            "functionKeys": dict(found.function),
            "systemKeys": dict(found.system),
        }
        return json_reply(document)

    async def function_keys(self, request: ApiRequest) -> Reply:
        found = await requested_keys(self._apps, request)
        return json_reply(dict(await found.store.keys(found.where)))

    async def function_secrets(self, request: ApiRequest) -> Reply:
        return json_reply(await function_secrets(self._apps, request))

    async def put_host_key(self, request: ApiRequest) -> Reply:
        keys = await self._keys(request)
        value = _checked(request.values["key"], (await request.json(KeyBody)).wanted)
        if request.values["set"].lower() == "masterkey" or request.values["key"].lower() == MASTER:
            return _key_reply(MASTER, await keys.put_master(value), False)
        return await _put(keys, _host_set(request), request.values["key"], value)

    async def delete_host_key(self, request: ApiRequest) -> Reply:
        keys = await self._keys(request)
        if request.values["key"].lower() == MASTER:
            raise RefusedError("BadRequest", "The master key can be replaced, not deleted.", 400)
        return await _delete(keys, _host_set(request), request.values["key"])

    async def put_function_key(self, request: ApiRequest) -> Reply:
        value = _checked(request.values["key"], (await request.json(KeyBody)).wanted)
        found = await requested_keys(self._apps, request)
        return await _put(found.store, found.where, request.values["key"], value)

    async def delete_function_key(self, request: ApiRequest) -> Reply:
        found = await requested_keys(self._apps, request)
        return await _delete(found.store, found.where, request.values["key"])

    async def _keys(self, request: ApiRequest) -> KeyStore:
        site = await self._apps.site(request.site)
        return await self._apps.keys(site.name)


def function_routes(functions: FunctionEndpoints, site_paths: Iterable[str]) -> Iterable[Route]:
    """Return the routes of functions, keys and trigger syncs."""
    for path in site_paths:
        yield route("GET", f"{path}/functions", functions.list)
        yield route("GET", f"{path}/functions/{{function}}", functions.get)
        yield route("POST", f"{path}/functions/{{function}}/listKeys", functions.function_keys)
        yield route("POST", f"{path}/functions/{{function}}/listSecrets", functions.function_secrets)
        yield route("PUT", f"{path}/functions/{{function}}/keys/{{key}}", functions.put_function_key)
        yield route("DELETE", f"{path}/functions/{{function}}/keys/{{key}}", functions.delete_function_key)
        yield route("POST", f"{path}/host/default/listKeys", functions.host_keys)
        yield route("POST", f"{path}/host/default/sync", functions.sync)
        yield route("POST", f"{path}/syncfunctiontriggers", functions.sync)
        yield route("PUT", f"{path}/host/default/{{set}}/{{key}}", functions.put_host_key)
        yield route("DELETE", f"{path}/host/default/{{set}}/{{key}}", functions.delete_host_key)


async def _put(keys: KeyStore, where: KeySet, given: str, value: str | None) -> Reply:
    name = _spelled(given, await keys.keys(where))
    final, created = await keys.put(where, name, value)
    return _key_reply(name, final, created)


async def _delete(keys: KeyStore, where: KeySet, given: str) -> Reply:
    if not await keys.delete(where, _spelled(given, await keys.keys(where))):
        raise RefusedError("ResourceNotFound", f"There is no key {given[:100]!r}.", 404)
    return empty(204)


def _host_set(request: ApiRequest) -> KeySet:
    given = request.values["set"]
    found = _SETS.get(given.lower())
    if found is None:
        raise RefusedError(
            "BadRequest", f"{given[:100]!r} is no kind of keys; functionKeys, systemKeys and masterKey are.", 400
        )
    return found


def _spelled(name: str, keys: Mapping[str, str]) -> str:
    return next((known for known in keys if known.lower() == name.lower()), name)


def _checked(name: str, value: str | None) -> str | None:
    """Return the value; an empty one means: make one."""
    if name.lower() != MASTER and not _KEY_NAME.fullmatch(name):
        raise RefusedError("BadRequest", f"{name[:100]!r} cannot be the name of a key.", 400)
    if value and not _KEY_VALUE.fullmatch(value):
        raise RefusedError("BadRequest", "A key's value is 1 to 1024 visible ASCII characters.", 400)
    return value or None


def _key_reply(name: str, value: str, created: bool) -> Reply:
    properties = {"name": name, "value": value}
    return json_reply({**properties, "properties": properties}, 201 if created else 200)
