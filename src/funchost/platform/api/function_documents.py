"""A function as both APIs describe it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from funchost.errors import RefusedError
from funchost.http.keys import KeySet, KeyStore, can_have_keys
from funchost.platform.api.addresses import Addresses
from funchost.platform.api.backend import Apps
from funchost.platform.api.request import ApiRequest
from funchost.platform.site import FunctionInfo, SiteName


def function_properties(site: SiteName, function: FunctionInfo, addresses: Addresses) -> dict[str, object]:
    """Return what is said of a function; clients print the URL template and read the trigger from the bindings."""
    return {
        "name": function.name,
        "function_app_id": None,
        "script_root_path_href": None,
        "script_href": None,
        "config_href": None,
        "test_data_href": None,
        "href": f"{addresses.url(site)}/admin/functions/{function.name}",
        "invoke_url_template": invoke_url(site, function, addresses),
        "language": "python",
        "config": {"name": function.name, "bindings": [dict(one) for one in function.bindings]},
        "files": None,
        "test_data": None,
        "isDisabled": function.disabled,
    }


def invoke_url(site: SiteName, function: FunctionInfo, addresses: Addresses) -> str | None:
    """Return where a function is called, None if it is no HTTP function."""
    return None if function.route is None else f"{addresses.url(site)}/{function.route.lstrip('/')}"


async def find_function(apps: Apps, site: SiteName, name: str) -> FunctionInfo:
    """Return a function of what serves now; case does not count.

    Raises:
        RefusedError: 404, there is none.
    """
    return named_function(await apps.functions(site), site, name)


def named_function(functions: Sequence[FunctionInfo], site: SiteName, name: str) -> FunctionInfo:
    """Raises: RefusedError: 404, none of these has the name."""
    found = next((one for one in functions if one.name.lower() == name.lower()), None)
    if found is None:
        raise RefusedError("ResourceNotFound", f"{site} has no function {name[:100]!r}.", 404)
    return found


class FunctionKeys(NamedTuple):
    """Where the keys of a function are."""

    site: SiteName
    function: FunctionInfo
    store: KeyStore
    where: KeySet


async def requested_keys(apps: Apps, request: ApiRequest) -> FunctionKeys:
    """Return where the keys of the function are that a call names.

    Raises:
        RefusedError: 404, there is no such site or function; 400, its name rules keys out.
    """
    site = await apps.site(request.site)
    one = await find_function(apps, site.name, request.values["function"])
    if not can_have_keys(one.name):
        raise RefusedError("BadRequest", f"A function named {one.name!r} cannot have keys.", 400)
    return FunctionKeys(site.name, one, await apps.keys(site.name), KeySet("keys", one.name))


async def function_secrets(apps: Apps, request: ApiRequest) -> dict[str, object]:
    """Return the address of the function that a call names, with a key that opens it.

    Raises:
        RefusedError: see requested_keys.
    """
    found = await requested_keys(apps, request)
    value = next(iter((await found.store.keys(found.where)).values()), "")
    url = invoke_url(found.site, found.function, request.addresses)
    return {"key": value, "trigger_url": f"{url}?code={value}" if url else None}
