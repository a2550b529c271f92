"""What the existing command line tool calls when it publishes, in its order, against a real server.

Written from reference texts about the tool; the tool itself is not run. It speaks HTTPS and retries what fails.
"""

from __future__ import annotations

import json
import socket
from typing import Any

import pytest

from funchost.testing import Response, ServerProcess, eventually
from tests.integration.platform.api.conftest import create_app
from tests.integration.platform.api.packages import decorated_package, hello_package

AGENT = "functions-core-tools/4.6.0"
BUILD_SETTINGS = {
    "ENABLE_ORYX_BUILD": "true",
    "SCM_DO_BUILD_DURING_DEPLOYMENT": "1",
    "BUILD_FLAGS": "UseExpressBuild",
    "XDG_CACHE_HOME": "/tmp/.cache",  # noqa: S108 - what it sets
}


class Tool:
    """The tool's calls about one app.

    Args:
        server: to call.
        app: its name, any case.
        slot: None = the app itself.
    """

    def __init__(self, server: ServerProcess, app: str, slot: str | None = None) -> None:
        self._server = server
        self.site_id = self._find(app, slot)
        self.site = self.manage("GET", f"{self.site_id}?api-version=2015-08-01")
        names = self.site["properties"]["enabledHostNames"]
        self.scm_host = next(name for name in names if ".scm." in name).partition(":")[0]

    def _find(self, app: str, slot: str | None) -> str:
        subscriptions = self.manage("GET", "/subscriptions?api-version=2018-09-01")["value"]
        kind = "Microsoft.Web/sites" if slot is None else "Microsoft.Web/sites/slots"
        name = app if slot is None else f"{app}/{slot}"
        query = {
            "subscriptions": [one["subscriptionId"] for one in subscriptions],
            "query": f"where type =~ '{kind}' and name =~ '{name}' | project id",
        }
        found = self.manage("POST", "/providers/Microsoft.ResourceGraph/resources?api-version=2019-04-01", query)
        assert found["count"] == 1, f"Can't find app with name {name}"
        column = next(at for at, one in enumerate(found["data"]["columns"]) if one["name"] == "id")
        return str(found["data"]["rows"][0][column])

    def manage(self, method: str, path: str, body: object = None) -> Any:
        answer = self._server.request(
            method,
            path,
            headers={
                "Authorization": f"Bearer {self._server.token}",
                "User-Agent": AGENT,
                "x-ms-request-id": "0",
                "Accept": "application/json",
                "Content-Type": "application/json",
            },
            body=None if body is None else json.dumps(body),
        )
        assert 200 <= answer.status < 300, f"{method} {path}: {answer.status} {answer.text}"
        return json.loads(answer.body) if answer.body else None

    def scm(self, method: str, path: str, body: bytes | None = None) -> Response:
        headers = {"Authorization": f"Bearer {self._server.token}", "User-Agent": AGENT}
        if body is not None:
            headers |= {"Content-Type": "application/zip", "If-Match": "*"}
        return self._server.request(method, path, host=self.scm_host, headers=headers, body=body)

    def look(self) -> dict[str, str]:
        """Read all that it reads before it decides; returns the app settings."""
        site = self.site_id
        credentials = self.manage("POST", f"{site}/config/PublishingCredentials/list?api-version=2015-08-01")
        assert credentials["properties"]["publishingPassword"]
        web = self.manage("GET", f"{site}/config/web?api-version=2015-08-01")["properties"]
        assert web["linuxFxVersion"].upper().startswith("PYTHON|")
        assert "scmType" in web
        assert "netFrameworkVersion" in web
        settings: dict[str, str] = self.manage("POST", f"{site}/config/AppSettings/list?api-version=2015-08-01")[
            "properties"
        ]
        self.manage("POST", f"{site}/config/ConnectionStrings/list?api-version=2015-08-01")
        stacks = self.manage("GET", "/providers/Microsoft.Web/functionAppStacks?api-version=2020-10-01")
        python = next(one for one in stacks["value"] if one["name"] == "python")
        assert python["properties"]["majorVersions"][0]["minorVersions"]
        assert any(name.startswith("AzureWebJobsStorage") for name in settings)
        assert settings["FUNCTIONS_WORKER_RUNTIME"] == "python"
        assert self.site["properties"].get("functionAppConfig") is None
        assert self.site["properties"]["sku"] not in ("Dynamic", "ElasticPremium", "FlexConsumption")
        return settings

    def put_settings(self, settings: dict[str, str]) -> None:
        path = f"{self.site_id}/config/AppSettings?api-version=2015-08-01"
        assert self.manage("PUT", path, {"properties": settings})["properties"] == settings

    def await_settings(self, wanted: dict[str, str], absent: str) -> None:
        def visible() -> bool:
            seen = self.scm("GET", "/api/settings").json()
            assert isinstance(seen, dict)
            return wanted.items() <= seen.items() and absent not in seen

        eventually(visible, 30)

    def publish_remote(self, content: bytes) -> tuple[int, list[str]]:
        """Publish with a build on the server; returns the deployment's status and what its log said."""
        settings = self.look()
        settings.pop("WEBSITE_RUN_FROM_PACKAGE", None)
        self.put_settings(settings | BUILD_SETTINGS)
        self.await_settings(BUILD_SETTINGS, "WEBSITE_RUN_FROM_PACKAGE")
        begun = self.scm("POST", f"/api/zipdeploy?isAsync=true&author={socket.gethostname()}", content)
        assert begun.status in (200, 202), begun.text
        eventually(self._past_pending, 30)
        return self._follow(self._newest()["id"])

    def publish_local(self, content: bytes) -> None:
        """Publish what was built before."""
        settings = self.look()
        settings = {name: value for name, value in settings.items() if name not in BUILD_SETTINGS}
        self.put_settings(settings | {"WEBSITE_RUN_FROM_PACKAGE": "1"})
        self.await_settings({"WEBSITE_RUN_FROM_PACKAGE": "1"}, "ENABLE_ORYX_BUILD")
        answer = self.scm("POST", "/api/zipdeploy", content)
        assert answer.status == 200, answer.text

    def listed(self) -> dict[str, tuple[str, str | None]]:
        """Return trigger and URL of each function, after a sync, as the tool prints them."""
        self.manage("POST", f"{self.site_id}/host/default/sync?api-version=2022-03-01")
        functions = self.manage("GET", f"{self.site_id}/functions?api-version=2018-11-01")["value"]
        found = {}
        for one in functions:
            properties = one["properties"]
            binding = next(b for b in properties["config"]["bindings"] if b["type"].endswith("Trigger"))
            found[properties["name"]] = binding["type"], properties["invoke_url_template"]
        return found

    def _newest(self) -> dict[str, Any]:
        found = json.loads(self.scm("GET", "/deployments").body)
        newest: dict[str, Any] = max(found, key=lambda one: str(one["received_time"]))
        return newest

    def _past_pending(self) -> bool:
        return bool(self._newest()["status"] != 0)

    def _follow(self, id: str) -> tuple[int, list[str]]:
        shown: list[str] = []
        last = ""

        def ended() -> int:
            nonlocal last
            status = int(json.loads(self.scm("GET", f"/deployments/{id}").body)["status"])
            for entry in json.loads(self.scm("GET", f"/deployments/{id}/log").body):
                if entry["log_time"] > last:
                    shown.append(entry["message"])
                    last = entry["log_time"]
            assert status in (3, 4)
            return status

        return eventually(ended, 90), shown


def test_publishing_with_a_build_on_the_server(server: ServerProcess) -> None:
    create_app(server, "remote")
    tool = Tool(server, "Remote")
    status, log = tool.publish_remote(decorated_package())
    assert status == 4, log
    text = "\n".join(log)
    assert "azure-functions" in text
    assert "hello" in text  # the tool prints no list after this build
    code = tool.manage("POST", f"{tool.site_id}/functions/hello/listKeys?api-version=2018-02-01")["default"]
    answer = server.request("GET", f"/api/hello?name=Ada&code={code}", host="remote.localhost")
    assert (answer.status, answer.text) == (200, "Hello Ada")
    assert server.request("GET", "/api/hello", host="remote.localhost").status == 401


def test_a_build_that_fails_tells_why_and_what_served_goes_on(server: ServerProcess) -> None:
    create_app(server, "failing")
    tool = Tool(server, "failing")
    tool.publish_local(hello_package())
    status, log = tool.publish_remote(decorated_package("no-such-package-4711==1.0"))
    assert status == 3
    assert "no-such-package-4711" in "\n".join(log)
    assert server.request("GET", "/api/hello?name=Ada", host="failing.localhost").text == "Hello Ada"


def test_publishing_what_was_built_before(server: ServerProcess) -> None:
    create_app(server, "local")
    tool = Tool(server, "LOCAL")
    tool.publish_local(hello_package())
    assert tool.listed() == {"hello": ("httpTrigger", f"https://local.localhost:{server.port}/api/hello")}
    assert server.request("GET", "/api/hello?name=Ada", host="local.localhost").text == "Hello Ada"
    master = tool.manage("POST", f"{tool.site_id}/host/default/listKeys?api-version=2018-02-01")["masterKey"]
    status = server.request("GET", "/admin/host/status", host="local.localhost", headers={"x-functions-key": master})
    assert status.status == 200


def test_publishing_to_a_slot(server: ServerProcess) -> None:
    path = create_app(server, "slotted")
    Tool(server, "slotted").publish_local(hello_package("Production says hello"))
    assert server.manage("PUT", f"{path}/slots/staging", "{}").status == 200
    tool = Tool(server, "slotted", "staging")
    assert tool.scm_host == "slotted-staging.scm.localhost"
    tool.publish_local(hello_package("Staging says hello"))
    for label, side in (("slotted", "Production"), ("slotted-staging", "Staging")):
        answer = server.request("GET", "/api/hello?name=Ada", host=f"{label}.localhost")
        assert answer.text == f"{side} says hello Ada"


def test_an_app_that_is_not_there_is_not_found(server: ServerProcess) -> None:
    with pytest.raises(AssertionError, match="Can't find app with name nowhere"):
        Tool(server, "nowhere")


def test_the_log_stream_shows_lines_as_they_are_written(server: ServerProcess) -> None:
    import http.client
    import ssl

    create_app(server, "streamed")
    tool = Tool(server, "streamed")
    tool.publish_local(hello_package())
    policy = tool.manage("GET", f"{tool.site_id}/basicPublishingCredentialsPolicies/scm?api-version=2022-03-01")
    assert policy["properties"]["allow"] is True
    context = ssl._create_unverified_context()  # noqa: S323 - the test's own server
    connection = http.client.HTTPSConnection("127.0.0.1", server.port, context=context, timeout=30)
    host = f"streamed.scm.localhost:{server.port}"
    connection.request(
        "GET",
        "/api/logstream/application",
        headers={"Host": host, "Authorization": f"Bearer {server.token}"},
    )
    answer = connection.getresponse()
    assert b"Welcome" in answer.readline()
    assert server.request("GET", "/api/hello?name=Ada", host="streamed.localhost").status == 200
    while b"Executed 'Functions.hello'" not in (line := answer.readline()):
        assert line, "the stream ended"
    connection.close()
