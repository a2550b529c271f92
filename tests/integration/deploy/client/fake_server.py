"""A server with one app that speaks the management calls and the SCM API, and remembers what it was asked."""

from __future__ import annotations

import asyncio
import ssl
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from aiohttp import web

from funchost.deploy.client.credentials import Basic

TOKEN = "the-token"
PASSWORD = "the-password"
SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"
SITE = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/funchost/providers/Microsoft.Web/sites/shop"
BODY_LIMIT = 64 * 1024 * 1024


@dataclass
class FakeServer:
    """See the module.

    Args:
        settings: app settings of the app.
        log: lines of the deployment's log; one more is seen with every look.
        outcome: status that the deployment ends with.
        status_text: why it failed.
        hold_settings: how many looks at the SCM API's settings show the old ones.
        refuse_upload: status that an upload gets, 0 = it is taken.
        cut_upload: close the connection in the middle of an upload.
        silent_upload: close the connection after an upload.
        hold_upload: take the head of an upload and nothing more of it.
        hold_answer: take an upload and do not answer.
        sku: plan of the app.
        scheme: of its addresses.
    """

    settings: dict[str, str] = field(default_factory=lambda: {"AzureWebJobsStorage": "x"})
    log: list[str] = field(default_factory=lambda: ["Installing requests", "Loading the app", "Done"])
    outcome: int = 4
    status_text: str = ""
    hold_settings: int = 0
    refuse_upload: int = 0
    cut_upload: bool = False
    silent_upload: bool = False
    hold_upload: bool = False
    hold_answer: bool = False
    sku: str = "Standard"
    scheme: str = "http"
    functions: list[dict[str, Any]] = field(default_factory=list)
    config: dict[str, Any] = field(default_factory=lambda: {"linuxFxVersion": "PYTHON|3.11", "cors": None})
    sticky: list[str] = field(default_factory=list)
    busy: bool = False
    faults: list[int] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    puts: list[tuple[str, Any]] = field(default_factory=list)
    packages: list[dict[str, bytes]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    port: int = 0
    looks: int = 0
    _seen_settings: list[dict[str, str]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}"

    @property
    def host(self) -> str:
        return f"shop.localhost:{self.port}"

    @property
    def scm_host(self) -> str:
        return f"shop.scm.localhost:{self.port}"

    def changes(self) -> list[str]:
        """Return the calls that change something."""
        return [
            call
            for call in self.calls
            if call.startswith(("PUT ", "DELETE ", "PATCH ")) or "zipdeploy" in call or "publish?" in call
        ]

    async def answer(self, request: web.Request) -> web.StreamResponse:
        scm = ".scm." in request.host
        path = request.path.replace(SITE, "{site}")
        asked = f"?{request.query_string}" if scm and request.query_string else ""
        self.calls.append(f"{request.method} {'scm' if scm else ''}{path}{asked}")
        self.headers.append(dict(request.headers))
        if not self._admitted(request, scm):
            return _error("AuthenticationFailed", "The token is not known.", 401)
        if self.faults and (fault := self.faults.pop(0)):
            return web.Response(status=fault, text="fault")
        try:
            return await (self._scm(request) if scm else self._management(request, path))
        except KeyError:
            return _error("ResourceNotFound", f"There is no {request.path}.", 404)

    def _admitted(self, request: web.Request, scm: bool) -> bool:
        given = request.headers.get("Authorization", "")
        basic = Basic("$shop", PASSWORD).header()
        return given == f"Bearer {TOKEN}" or (scm and given == basic)

    async def _management(self, request: web.Request, path: str) -> web.StreamResponse:
        call = f"{request.method} {path}"
        body: Any = await request.json() if request.can_read_body else None
        if request.method in ("PUT", "PATCH"):
            self.puts.append((path, body))
        if call == "POST /providers/Microsoft.ResourceGraph/resources":
            found = "name =~ 'shop' " in body["query"]
            rows = [[SITE]] if found else []
            return web.json_response({"count": len(rows), "data": {"columns": [{"name": "id"}], "rows": rows}})
        if call == "PUT {site}/config/appsettings":
            self._seen_settings = [dict(self.settings)] * self.hold_settings
            self.settings = body["properties"]
            return web.json_response(body)
        if call == "PATCH {site}/config/web":
            self.config |= body["properties"]
        if call == "PUT {site}/config/slotConfigNames":
            self.sticky = body["properties"]["appSettingNames"]
        if request.method in ("DELETE", "PATCH") or call.endswith(("/start", "/stop", "/restart", "/sync")):
            return web.Response(status=200)
        if call.startswith("PUT {site}/host/default/"):
            name = path.rpartition("/")[2]
            return web.json_response({"properties": {"name": name, "value": body["properties"].get("value", "made")}})
        return web.json_response(self._documents()[call])

    def _documents(self) -> dict[str, Any]:
        return {
            "GET /subscriptions": {"value": [{"subscriptionId": SUBSCRIPTION}]},
            f"GET /subscriptions/{SUBSCRIPTION}/providers/Microsoft.Web/sites": {"value": [self._site()]},
            "GET {site}": self._site(),
            "GET {site}/config/web": {"properties": self.config},
            "GET {site}/config/slotConfigNames": {"properties": {"appSettingNames": self.sticky}},
            "PUT {site}/config/slotConfigNames": {"properties": {"appSettingNames": self.sticky}},
            "POST {site}/config/appsettings/list": {"properties": self.settings},
            "POST {site}/config/connectionstrings/list": {
                "properties": {"Orders": {"value": "Server=db", "type": "Custom"}}
            },
            "GET {site}/functions": {"value": self.functions},
            "GET {site}/instances": {"value": [{"name": "i1", "properties": {"state": "READY"}}]},
            "POST {site}/host/default/listKeys": {"masterKey": "m", "functionKeys": {"default": "f"}, "systemKeys": {}},
            "POST {site}/functions/Hello/listKeys": {"default": "own key/+"},
            "POST {site}/publishxml": {},
        }

    def _site(self) -> dict[str, Any]:
        return {
            "id": SITE,
            "name": "shop",
            "kind": "functionapp,linux",
            "location": "local",
            "properties": {
                "state": "Running",
                "defaultHostName": self.host,
                "enabledHostNames": [self.host, self.scm_host],
                "sku": self.sku,
                "funchost": {"urls": [f"{self.scheme}://{self.host}", "http://localhost:20000"]},
            },
        }

    async def _scm(self, request: web.Request) -> web.StreamResponse:
        path = request.path
        if path.startswith("/api/settings"):
            return await self._scm_settings(request)
        if path in ("/api/zipdeploy", "/api/publish"):
            return await self._upload(request)
        if path == "/api/isdeploying":
            return web.json_response({"value": str(self.busy)})
        if path == "/api/deployments":
            older = {"id": "d0", "status": 4, "received_time": "2026-01-01T00:00:00Z"}
            return web.json_response([older, self._deployment()])
        if path == "/api/deployments/d1" or path == "/api/deployments/d0":
            self.looks += 1
            return web.json_response(self._deployment(), status=202 if self.looks < len(self.log) else 200)
        if path.endswith("/log"):
            lines = enumerate(self.log[: self.looks])
            return web.json_response(
                [{"id": str(at), "message": line, "log_time": "", "type": 0} for at, line in lines]
            )
        if path == "/api/functions":
            return web.json_response([one["properties"] for one in self.functions])
        if path == "/api/logstream/application":
            return await self._stream(request)
        raise KeyError(path)

    async def _scm_settings(self, request: web.Request) -> web.StreamResponse:
        if request.method == "GET":
            return web.json_response(self._seen_settings.pop() if self._seen_settings else self.settings)
        if request.method == "DELETE":
            del self.settings[request.path.rpartition("/")[2]]
        else:
            self.settings |= await request.json()
        return web.Response(status=204)

    def _deployment(self) -> dict[str, Any]:
        ended = self.looks >= len(self.log)
        return {
            "id": "d1",
            "status": self.outcome if ended else 1,
            "status_text": self.status_text,
            "complete": ended,
            "active": ended and self.outcome == 4,
            "received_time": "2026-01-02T00:00:00Z",
        }

    async def _upload(self, request: web.Request) -> web.StreamResponse:
        if self.refuse_upload:
            return _error("Conflict", "Another deployment is in progress.", self.refuse_upload)
        if self.cut_upload:
            await request.content.read(1024)
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        if self.hold_upload:
            await asyncio.Event().wait()
        data = await request.read()
        if self.silent_upload:
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        with zipfile.ZipFile(BytesIO(data)) as package:
            self.packages.append({name: package.read(name) for name in package.namelist()})
        if self.hold_answer:
            await asyncio.Event().wait()
        tracked = "trackDeploymentProgress" in request.query
        return web.Response(status=202, headers={"SCM-DEPLOYMENT-ID": "d1"} if tracked else {})

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for line in (b"Welcome\n", b"hello\n"):
            await response.write(line)
        return response


@contextmanager
def serving(server: FakeServer, tls: ssl.SSLContext | None = None) -> Iterator[FakeServer]:
    """Serve on a free port, in a thread."""
    loop = asyncio.new_event_loop()
    ready = threading.Event()

    async def start() -> None:
        app = web.Application(client_max_size=BODY_LIMIT)
        app.router.add_route("*", "/{tail:.*}", server.answer)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
        await site.start()
        server.port = runner.addresses[0][1]
        ready.set()
        await stopping.wait()
        await runner.cleanup()
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    stopping = asyncio.Event()
    thread = threading.Thread(target=loop.run_until_complete, args=(start(),))
    thread.start()
    try:
        assert ready.wait(10)
        yield server
    finally:
        loop.call_soon_threadsafe(stopping.set)
        thread.join(10)
        loop.close()


def http_function(name: str, host: str, *, level: str = "function", route: str | None = None) -> dict[str, Any]:
    """A function as the management calls show it."""
    binding = {"type": "httpTrigger", "name": "req", "authLevel": level}
    return _function(name, binding, f"http://{host}/api/{route or name}")


def queue_function(name: str) -> dict[str, Any]:
    return _function(name, {"type": "queueTrigger", "name": "message", "queueName": "q"}, None)


def _function(name: str, binding: dict[str, Any], url: str | None) -> dict[str, Any]:
    properties = {"name": name, "config": {"bindings": [binding]}, "invoke_url_template": url, "isDisabled": False}
    return {"name": f"shop/{name}", "properties": properties}


def _error(code: str, message: str, status: int) -> web.Response:
    return web.json_response({"error": {"code": code, "message": message}}, status=status)
