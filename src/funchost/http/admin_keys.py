"""Admin API of keys: /admin/host/{keys|functionkeys|systemkeys} and /admin/functions/{name}/keys."""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from funchost.http.admin_request import AdminRequest, BadRequestError
from funchost.http.control import HostControl
from funchost.http.keys import FUNCTION_KEYS, SYSTEM_KEYS, KeySet, KeyStore, can_have_keys
from funchost.http.reply import Reply, empty, json_reply
from funchost.http.webhooks import system_key

MASTER_NAME = "_master"
_NAME = re.compile(r"[A-Za-z0-9.-][A-Za-z0-9_.-]{0,126}", re.ASCII)
_VALUE = re.compile(r"[\x21-\x7e]{1,1024}", re.ASCII)


class _KeyBody(msgspec.Struct):
    value: str | None = None
    name: str | None = None


class KeyEndpoints:
    """Handlers. A request's values are the set's name, or the function's name, and the key's name.

    Args:
        control: the host.
        keys: the app's keys.
    """

    def __init__(self, control: HostControl, keys: KeyStore) -> None:
        self._control = control
        self._keys = keys

    async def list_host(self, request: AdminRequest) -> Reply:
        where = _host_set(request.values[0])
        await self._make_webhook_keys(where)
        return await self._list(request, where)

    async def one_of_host(self, request: AdminRequest) -> Reply:
        set_name, key = request.values
        where = _host_set(set_name)
        await self._make_webhook_keys(where)
        if where == SYSTEM_KEYS and key.lower() == MASTER_NAME:
            return await self._master(request)
        return await self._one(request, where, key)

    async def list_function(self, request: AdminRequest) -> Reply:
        where = self._function_set(request.values[0])
        return empty(404) if where is None else await self._list(request, where)

    async def one_of_function(self, request: AdminRequest) -> Reply:
        function, key = request.values
        where = self._function_set(function)
        return empty(404) if where is None else await self._one(request, where, key)

    async def _make_webhook_keys(self, where: KeySet) -> None:
        """Whoever looks for the key of a webhook finds one."""
        if where == SYSTEM_KEYS:
            for extension in self._control.webhook_names:
                await self._keys.ensure_system(system_key(extension))

    def _function_set(self, name: str) -> KeySet | None:
        """Return the set of a function's keys, None if there is no such function."""
        known = can_have_keys(name) and self._control.function_errors(name) is not None
        return KeySet("keys", name) if known else None

    async def _list(self, request: AdminRequest, where: KeySet) -> Reply:
        keys = await self._keys.keys(where)
        shown = [{"name": name, "value": value} for name, value in keys.items()]
        return json_reply({"keys": shown, "links": _links(request.url)})

    async def _one(self, request: AdminRequest, where: KeySet, given: str) -> Reply:
        method = request.scope["method"]
        keys = await self._keys.keys(where)
        name = _spelled(given, keys)
        if method == "GET":
            return _key_reply(request, name, keys[name]) if name in keys else empty(404)
        if method == "DELETE":
            return empty(204 if await self._keys.delete(where, name) else 404)
        if not _NAME.fullmatch(name):
            raise BadRequestError("Invalid key name.")
        value = None if method == "POST" else _value(await request.json(_KeyBody))
        final, created = await self._keys.put(where, name, value)
        return _key_reply(request, name, final, 201 if created else 200)

    async def _master(self, request: AdminRequest) -> Reply:
        method = request.scope["method"]
        if method == "DELETE":
            raise BadRequestError("Cannot delete System Key.")
        if method == "GET":
            value = (await self._keys.host_keys()).master
        else:
            wanted = None if method == "POST" else _value(await request.json(_KeyBody))
            value = await self._keys.put_master(wanted)
        return _key_reply(request, MASTER_NAME, value)


def _host_set(name: str) -> KeySet:
    return SYSTEM_KEYS if name.lower() == "systemkeys" else FUNCTION_KEYS


def _spelled(name: str, keys: Mapping[str, str]) -> str:
    """Return `name` as an existing key spells it: key names are compared case-insensitively."""
    return next((known for known in keys if known.lower() == name.lower()), name)


def _value(body: _KeyBody) -> str:
    if body.value is None or not _VALUE.fullmatch(body.value):
        raise BadRequestError("Invalid key value")
    return body.value


def _key_reply(request: AdminRequest, name: str, value: str, status: int = 200) -> Reply:
    return json_reply({"name": name, "value": value, "links": _links(request.url)}, status)


def _links(url: str) -> list[dict[str, str]]:
    return [{"rel": "self", "href": url}]
