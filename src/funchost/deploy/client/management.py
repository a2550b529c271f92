"""ManagementClient: the management calls (Azure Resource Manager, Microsoft.Web)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from funchost.deploy.client.azure_login import is_azure
from funchost.deploy.client.functions_list import DeployedFunction, read_function
from funchost.deploy.client.site_resource import SiteResource, app_name, read_site, site_rows
from funchost.deploy.client.wire import Wire, origin
from funchost.errors import FuncHostError, RefusedError

SUBSCRIPTIONS = "2018-09-01"
GRAPH = "2019-04-01"
WEB = "2023-12-01"
"""Versions of the services' interfaces, which the calls name."""

NOT_ON_AZURE = "Is this the right login and subscription? 'az account show' tells."
NOT_HERE = "'func functionapp list' shows what is there, 'func functionapp create' adds an app."
NO_SLOT = "'func functionapp deployment slot list' shows the slots, 'deployment slot create' adds one."
MOST_PAGES = 200
OPERATION_PAUSE = 0.5
"""Seconds between two looks at an operation that takes a while."""


class ManagementClient:
    """Calls about sites.

    Args:
        wire: with the credential.
        url: where the calls go, e.g. ``https://management.azure.com``.
    """

    def __init__(self, wire: Wire, url: str) -> None:
        self._wire = wire
        self.url = url

    async def subscriptions(self) -> tuple[str, ...]:
        """Return the ids of the subscriptions that the token sees."""
        found = await self._pages(f"{self.url}/subscriptions?api-version={SUBSCRIPTIONS}")
        return tuple(str(entry["subscriptionId"]) for entry in found if entry.get("subscriptionId"))

    async def find(self, app: str, slot: str | None, subscription: str | None) -> str:
        """Return the id of a site.

        Args:
            app: name of the app.
            slot: name of the slot, None = the app itself.
            subscription: where to look, None = everywhere.

        Raises:
            RefusedError: there is none of that name.
        """
        subscriptions = (subscription,) if subscription else await self.subscriptions()
        name = app_name(app) if slot is None else f"{app_name(app)}/{app_name(slot)}"
        kind = "Microsoft.Web/sites" if slot is None else "Microsoft.Web/sites/slots"
        query = f"where type =~ '{kind}' and name =~ '{name}' | project id"
        url = f"{self.url}/providers/Microsoft.ResourceGraph/resources?api-version={GRAPH}"
        answer = await self._wire.call("POST", url, body={"subscriptions": list(subscriptions), "query": query})
        rows = site_rows(answer.json()) if subscriptions else ()
        if not rows:
            what = f'app with name "{app}"' if slot is None else f'slot "{slot}" of the app "{app}"'
            raise RefusedError(
                "ResourceNotFound",
                f"Can't find {what} at {self.url}.",
                404,
                hint=NOT_ON_AZURE if is_azure(self.url) else NOT_HERE if slot is None else NO_SLOT,
            )
        if not rows[0].startswith("/") or ".." in rows[0]:
            raise FuncHostError(f"{self.url} gave an id that is none: {rows[0]!r}.")
        return rows[0]

    async def site(self, site_id: str) -> SiteResource:
        return read_site({**await self.get(site_id), "id": site_id})

    async def sites(self, subscription: str) -> tuple[SiteResource, ...]:
        path = f"/subscriptions/{quote(subscription, safe='')}/providers/Microsoft.Web/sites"
        return tuple(read_site(entry) for entry in await self._pages(self._web(path)))

    async def slots(self, app_id: str) -> tuple[SiteResource, ...]:
        return tuple(read_site(entry) for entry in await self._pages(self._web(f"{app_id}/slots")))

    async def functions(self, site_id: str) -> tuple[DeployedFunction, ...]:
        return tuple(read_function(entry) for entry in await self._pages(self._web(f"{site_id}/functions")))

    async def settings(self, site_id: str) -> dict[str, str]:
        return text_map(await self.post(f"{site_id}/config/appsettings/list"))

    async def put_settings(self, site_id: str, settings: Mapping[str, str]) -> None:
        """Replace all app settings."""
        await self.put(f"{site_id}/config/appsettings", {"properties": dict(settings)})

    async def get(self, path: str) -> dict[str, Any]:
        return await self._document("GET", path)

    async def post(self, path: str, body: object = None, *, repeatable: bool = True) -> dict[str, Any]:
        """Ask for what must not stand in an address, or make something happen."""
        return await self._document("POST", path, body, repeatable=repeatable)

    async def put(self, path: str, body: object) -> dict[str, Any]:
        return await self._document("PUT", path, body)

    async def patch(self, path: str, body: object) -> dict[str, Any]:
        return await self._document("PATCH", path, body)

    async def delete(self, path: str) -> None:
        await self._wire.call("DELETE", self._web(path))

    async def operation(self, path: str, body: object) -> None:
        """Make something happen that takes a while, and wait for its end.

        Raises:
            RefusedError: it failed.
        """
        url = self._web(path)
        answer = await self._wire.call("POST", url, body=body, repeatable=False)
        place = str(answer.headers.get("Location") or "")
        while answer.status == 202 and origin(place) == origin(url):
            await self._wire.pause(OPERATION_PAUSE)
            answer = await self._wire.call("GET", place)

    async def text(self, path: str, body: object = None) -> str:
        """Return what a POST answers as text."""
        return (await self._wire.call("POST", self._web(path), body=body)).text()

    async def _document(
        self, method: str, path: str, body: object = None, *, repeatable: bool = True
    ) -> dict[str, Any]:
        answer = await self._wire.call(method, self._web(path), body=body, repeatable=repeatable)
        found: object = answer.json()
        if found is None:
            return {}
        if not isinstance(found, dict):
            raise FuncHostError(f"{self.url}{path} answered something else than a document.")
        return found

    async def _pages(self, url: str) -> Sequence[Mapping[str, Any]]:
        entries: list[Mapping[str, Any]] = []
        following = url
        for _ in range(MOST_PAGES):
            found: object = (await self._wire.call("GET", following)).json()
            document: dict[str, Any] = found if isinstance(found, dict) else {"value": found or ()}
            entries += [entry for entry in document.get("value") or () if isinstance(entry, dict)]
            following = str(document.get("nextLink") or "")
            # The token goes nowhere but to the server that it is for.
            if origin(following) != origin(url):
                break
        return entries

    def _web(self, path: str) -> str:
        return f"{self.url}{path}?api-version={WEB}"


def text_map(document: Mapping[str, Any]) -> dict[str, str]:
    """Return the ``properties`` of an answer as texts; a null is an empty one."""
    properties = document.get("properties") or {}
    return {str(name): "" if value is None else str(value) for name, value in properties.items()}
