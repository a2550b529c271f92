"""What stands above sites: the one subscription, the one resource group, the search for sites, the Python versions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec

from funchost.errors import RefusedError
from funchost.http.reply import Reply, json_reply
from funchost.platform.api.arm.names import GROUP, GROUP_ID, LOCATION, SUBSCRIPTION, SUBSCRIPTION_ID, site_id, site_type
from funchost.platform.api.arm.site_document import matches
from funchost.platform.api.arm.stacks import function_app_stacks
from funchost.platform.api.backend import Apps, Pythons
from funchost.platform.api.request import ApiRequest
from funchost.platform.api.routes import Route, route
from funchost.platform.site import Site

MAX_QUERY = 2000
_CONDITION = re.compile(r"\b(type|name)\s*=~\s*(?:'([^']*)'|\"([^\"]*)\")", re.ASCII | re.IGNORECASE)
_LANGUAGE = re.compile(
    r"\s*(?:resources\s*\|\s*)?where\s+(?P<conditions>.+?)\s*\|\s*project\s+id\s*", re.ASCII | re.IGNORECASE | re.DOTALL
)


class GraphQuery(NamedTuple):
    """A search for sites.

    Args:
        type: resource type, lower-case.
        name: ``app`` or ``app/slot``, None = all.
    """

    type: str
    name: str | None


class GraphOptions(msgspec.Struct, rename="camel"):
    """How results are wanted."""

    result_format: str = "table"


class GraphBody(msgspec.Struct):
    """Body of a search."""

    query: str = ""
    options: GraphOptions | None = None


class CatalogEndpoints:
    """Handlers.

    Args:
        apps: that are searched.
        pythons: that there are.
    """

    def __init__(self, apps: Apps, pythons: Pythons) -> None:
        self._apps = apps
        self._pythons = pythons

    async def subscriptions(self, request: ApiRequest) -> Reply:
        return json_reply({"value": [_subscription()], "count": {"type": "Total", "value": 1}})

    async def subscription(self, request: ApiRequest) -> Reply:
        return json_reply(_subscription())

    async def groups(self, request: ApiRequest) -> Reply:
        return json_reply({"value": [_group()]})

    async def group(self, request: ApiRequest) -> Reply:
        return json_reply(_group())

    async def stacks(self, request: ApiRequest) -> Reply:
        return json_reply(function_app_stacks(await self._pythons.versions()))

    async def search(self, request: ApiRequest) -> Reply:
        body = await request.json(GraphBody)
        query = parse_query(body.query)
        found = [site_id(site.name) for site in _matching(await self._apps.sites(), query)]
        table = body.options is None or body.options.result_format.lower() == "table"
        data: object = [{"id": id} for id in found]
        if table:
            data = {"columns": [{"name": "id", "type": "string"}], "rows": [[id] for id in found]}
        document = {"totalRecords": len(found), "count": len(found), "data": data}
        return json_reply({**document, "facets": [], "resultTruncated": "false"})


def parse_query(text: str) -> GraphQuery:
    """Return the search that a query text means.

    Only what the existing command line tool writes is understood: ``where type =~ '…' and name =~ '…' | project id``.

    Raises:
        RefusedError: 400, it is another query.
    """
    found = _LANGUAGE.fullmatch(text[:MAX_QUERY]) if len(text) <= MAX_QUERY else None
    parts = re.split(r"\s+and\s+", found["conditions"], flags=re.IGNORECASE) if found else []
    conditions: dict[str, str] = {}
    for part in parts:
        condition = _CONDITION.fullmatch(part.strip())
        if condition is None:
            conditions.clear()
            break
        conditions[condition[1].lower()] = condition[2] if condition[2] is not None else condition[3]
    if "type" not in conditions:
        raise RefusedError(
            "BadRequest",
            "This server understands queries of this form alone: where type =~ 'Microsoft.Web/sites' and name =~ 'APP'"
            " | project id.",
            400,
        )
    return GraphQuery(conditions["type"].lower(), conditions.get("name"))


def catalog_routes(catalog: CatalogEndpoints) -> Iterable[Route]:
    """Return the routes that no site's id is part of."""
    yield route("GET", "subscriptions", catalog.subscriptions)
    yield route("GET", "subscriptions/{subscription}", catalog.subscription)
    yield route("GET", "subscriptions/{subscription}/resourceGroups", catalog.groups)
    yield route("GET", "subscriptions/{subscription}/resourceGroups/{group}", catalog.group)
    yield route("POST", "providers/Microsoft.ResourceGraph/resources", catalog.search)
    yield route("GET", "providers/Microsoft.Web/functionAppStacks", catalog.stacks)


def _matching(sites: Sequence[Site], query: GraphQuery) -> Iterable[Site]:
    for site in sites:
        if site_type(site.name).lower() == query.type and (query.name is None or matches(site.name, query.name)):
            yield site


def _subscription() -> dict[str, object]:
    return {
        "id": SUBSCRIPTION_ID,
        "subscriptionId": SUBSCRIPTION,
        "displayName": "funchost",
        "state": "Enabled",
        "tenantId": SUBSCRIPTION,
    }


def _group() -> dict[str, object]:
    return {
        "id": GROUP_ID,
        "name": GROUP,
        "type": "Microsoft.Resources/resourceGroups",
        "location": LOCATION,
        "properties": {"provisioningState": "Succeeded"},
    }
