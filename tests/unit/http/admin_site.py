"""An admin API over a host that records what it is asked for, called without a socket."""

from __future__ import annotations

import json
from pathlib import Path

from funchost.app.function_app import Binding, Direction, Function, FunctionApp, FunctionError, Model
from funchost.app.host_json import HostConfig
from funchost.http.admin import AdminApi
from funchost.http.asgi import Message
from funchost.http.control import DrainState, DrainStatus, HostState, HostStatus
from funchost.http.keys import KeyStore
from funchost.logs import HostLog, LogFilter
from tests.unit.http.apps import Answer, FakeControl, Lines, request_scope


def function_of(root: Path, name: str, trigger: str = "httpTrigger", **properties: object) -> Function:
    """A function.json function with one trigger; keys of `properties` in lower case."""
    raw = {"name": "req", "type": trigger, "direction": "in", **properties}
    binding = Binding("req", trigger, Direction.IN, properties=properties, raw=raw)
    folder = root / name
    return Function(
        name,
        folder,
        folder / "__init__.py",
        None,
        (binding,),
        Model.FUNCTION_JSON,
        folder / "function.json",
        config={"scriptFile": "__init__.py", "bindings": [raw]},
    )


class RecordingControl(FakeControl):
    """A host that knows its functions and notes what it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[str] = []
        self.errors: tuple[str, ...] = ()
        self.draining = False

    def status(self) -> HostStatus:
        return HostStatus(
            "host-id", self.state, "1.2", "1.2+abc", "i1", "pc", 1234, self.errors, ("Bundle", "[4.*, 5)")
        )

    def function_errors(self, name: str) -> tuple[str, ...] | None:
        if self.app is None:
            return None
        error = self.app.errors.get(name)
        if error is not None:
            return (error.message,)
        return () if name.lower() in self.app.by_name else None

    async def warm_up(self) -> None:
        self.told.append("warm up")

    def restart(self) -> None:
        self.told.append("restart")

    def drain(self) -> None:
        self.draining = True

    async def resume(self) -> HostState:
        self.draining = False
        return self.state

    def drain_status(self) -> DrainStatus:
        return DrainStatus(DrainState.IN_PROGRESS if self.draining else DrainState.DISABLED, 2, 1)


class AdminSite:
    """The admin API of an app in `root`."""

    def __init__(
        self,
        root: Path,
        *functions: Function,
        errors: tuple[FunctionError, ...] = (),
        enforce_keys: bool = False,
        read_only: bool = False,
        host: HostConfig | None = None,
        model: Model = Model.FUNCTION_JSON,
    ) -> None:
        self.console = Lines()
        log = HostLog(self.console, LogFilter({"default": "Information"}))
        self.control = RecordingControl()
        self.control.app = FunctionApp(
            root, host or HostConfig(), functions, {error.function: error for error in errors}, model
        )
        self.keys = KeyStore(root / ".funchost" / "secrets", log)
        self.api = AdminApi(self.control, self.keys, enforce_keys=enforce_keys, log=log, root=root, read_only=read_only)

    async def call(
        self,
        method: str,
        target: str,
        value: object = None,
        *,
        body: bytes | None = None,
        headers: tuple[tuple[bytes, bytes], ...] = (),
        client: str = "127.0.0.1",
    ) -> Answer:
        """Send one request; `value` becomes its JSON body, `body` goes as it is."""
        content = json.dumps(value).encode() if body is None and value is not None else body or b""
        scope = request_scope(method, target, ((b"content-length", b"%d" % len(content)), *headers), client=client)
        scope["path"] = scope["raw_path"].decode()
        events: list[Message] = []

        async def receive() -> Message:
            return {"type": "http.request", "body": content, "more_body": False}

        async def send(event: Message) -> None:
            events.append(event)

        await self.api(scope, receive, send)
        return Answer(events)


def json_of(answer: Answer) -> object:
    """The JSON body of an answer."""
    assert answer.header(b"content-type") == [b"application/json; charset=utf-8"]
    return json.loads(answer.body)
