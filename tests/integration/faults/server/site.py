"""TestedSite: a site on a server, as its owner and its users see it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Self

from funchost.settings import SettingNames
from funchost.storage.connections import Connection, resolve_connection
from funchost.testing import Response, ServerProcess, eventually

SITES = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/funchost/providers/Microsoft.Web/sites"
VERSION = "?api-version=2022-03-01"
FAILED, SUCCESS = 3, 4
WAIT = 60.0
"""Seconds: far more than anything takes on a busy machine, unless it hangs."""


class TestedSite:
    """A site.

    Args:
        server: that it is on.
        app: name of the function app.
        slot: None = the app itself.
    """

    __test__ = False

    def __init__(self, server: ServerProcess, app: str, slot: str | None = None) -> None:
        self.server = server
        self.app = app
        self.label = app if slot is None else f"{app}-{slot}"
        self._path = f"{SITES}/{app}" if slot is None else f"{SITES}/{app}/slots/{slot}"

    # The owner

    def create(self, **settings: str) -> Self:
        listed = [{"name": name, "value": value} for name, value in settings.items()]
        config = {"siteConfig": {"appSettings": listed}}
        self.manage("PUT", "", {"location": "local", "kind": "functionapp,linux", "properties": config})
        return self

    def delete(self) -> None:
        self.manage("DELETE", "")

    def manage(self, method: str, path: str, body: object = None) -> Any:
        """Make a management call, which must succeed; returns its JSON."""
        answer = self.managed(method, path, body)
        assert answer.status < 300, f"{method} {path}: {answer.status} {answer.text}"
        return json.loads(answer.text) if answer.text else None

    def managed(self, method: str, path: str, body: object = None) -> Response:
        """Make a management call."""
        text = "" if body is None else json.dumps(body)
        return self.server.manage(method, f"{self._path}{path}{VERSION}", text, timeout=WAIT)

    def scm(self, method: str, path: str, body: bytes | None = None) -> Response:
        return self.server.manage(method, f"/api/{path}", body, host=f"{self.label}.scm.localhost", timeout=WAIT)

    def begin(self, package: bytes) -> None:
        """Upload a package; its deployment goes on."""
        answer = self.scm("POST", "zipdeploy?isAsync=true", package)
        assert answer.status == 202, f"{answer.status} {answer.text}"

    def deploy(self, package: bytes) -> Any:
        """Deploy a package and return the deployment, which must have succeeded."""
        self.begin(package)
        return self.succeeded()

    def latest(self) -> Any:
        """Return the deployment that was begun last."""
        return json.loads(self.scm("GET", "deployments/latest").text)

    def ended(self) -> Any:
        """Wait for the end of the last deployment and return it."""
        return eventually(lambda: found if (found := self.latest())["complete"] else None, WAIT)

    def succeeded(self) -> Any:
        deployment = self.ended()
        assert deployment["status"] == SUCCESS, deployment["status_text"]
        return deployment

    def roll_back(self, id: str) -> None:
        answer = self.scm("PUT", f"deployments/{id}")
        assert answer.status < 300, answer.text
        self.succeeded()

    def settings(self) -> dict[str, str]:
        found: dict[str, str] = self.manage("POST", "/config/appsettings/list")["properties"]
        return found

    def set(self, **settings: str) -> Response:
        """Add settings to those that there are."""
        return self.managed("PUT", "/config/appsettings", {"properties": {**self.settings(), **settings}})

    def slot(self, name: str, settings: Mapping[str, str]) -> TestedSite:
        """Create a slot and return it."""
        return TestedSite(self.server, self.app, name).create(**settings)

    def swap(self, slot: str) -> None:
        """Swap the app with a slot, to the end."""
        answer = self.managed("POST", "/slotsswap", {"targetSlot": slot})
        assert answer.status == 202, answer.text
        place = str(answer.headers["location"]).removeprefix(self.server.url)

        def outcome() -> int:
            asked = self.server.manage("GET", place)
            assert asked.status in (200, 202), asked.text
            return asked.status

        eventually(lambda: outcome() == 200, WAIT)

    def scale(self, minimum: int, maximum: int) -> None:
        limits = {"minimumElasticInstanceCount": minimum, "functionAppScaleLimit": maximum}
        self.manage("PATCH", "/config/web", {"properties": limits})

    def instances(self) -> dict[str, str]:
        """Return the state of each instance by its id."""
        listed = self.manage("GET", "/instances")["value"]
        return {one["name"]: one["properties"]["state"] for one in listed}

    def storage(self) -> Connection:
        """Return how clients reach the site's own storage account."""
        return resolve_connection(SettingNames(self.settings()), None)

    # The users

    def get(self, path: str, timeout: float = WAIT) -> Response:
        return self.server.request("GET", f"/api/{path}", host=f"{self.label}.localhost", timeout=timeout)

    def version(self) -> str:
        """Return the version and mark that answer, or the failure."""
        answer = self.get("echo?id=version")
        return answer.text.split()[0] if answer.status == 200 else f"{answer.status} {answer.text}"

    def who(self) -> tuple[int, int, str]:
        """Return the ids of worker process, host process and instance that answer."""
        answer = self.get("who")
        assert answer.status == 200, f"{answer.status} {answer.text}"
        worker, host, instance = answer.text.split()
        return int(worker), int(host), instance
