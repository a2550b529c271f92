"""Apps and requests for the tests of the front."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from funchost.app.function_app import Binding, Direction, Function, FunctionApp, FunctionError, Model
from funchost.app.host_json import HostConfig
from funchost.app.http_options import HttpOptions
from funchost.app.invocation import Datum, HttpResponseData, Invocation, InvocationResult, Status
from funchost.app.webhook import Webhook
from funchost.http.asgi import Message, Scope
from funchost.http.control import DrainState, DrainStatus, HostState, HostStatus
from funchost.http.front import FrontOptions, HttpFront
from funchost.http.keys import KeyStore
from funchost.logs import HostLog, LogFilter

ROOT = Path("/app")


def http_function(name: str, *, output: str | None = "$return", disabled: bool = False, **trigger: object) -> Function:
    """An anonymous HTTP function; `trigger` are further properties, keys in lower case."""
    properties = {"authlevel": "anonymous", **trigger}
    bindings = [Binding("req", "httpTrigger", Direction.IN, properties=properties)]
    if output is not None:
        bindings.append(Binding(output, "http", Direction.OUT))
    return Function(
        name, ROOT, ROOT / "f.py", None, tuple(bindings), Model.DECORATORS, ROOT / "f.py", disabled=disabled
    )


def app_of(
    *functions: Function, http: HttpOptions | None = None, errors: tuple[FunctionError, ...] = ()
) -> FunctionApp:
    return FunctionApp(
        ROOT, HostConfig(http=http or HttpOptions()), functions, {error.function: error for error in errors}
    )


def answer(
    body: bytes = b"hello", status: int = 200, headers: tuple[tuple[str, str], ...] = (), cookies: tuple[str, ...] = ()
) -> InvocationResult:
    response = HttpResponseData(status, list(headers), list(cookies), body)
    return InvocationResult(Status.SUCCEEDED, Datum("http", response))


class FakeControl:
    """A host whose functions answer what `respond` says."""

    def __init__(self, respond: Callable[[Invocation], InvocationResult] = lambda _: answer()) -> None:
        self.respond = respond
        self.state = HostState.RUNNING
        self.app: FunctionApp | None = None
        self.becomes = HostState.RUNNING
        self.waited: list[float] = []
        self.invoked: list[Invocation] = []
        self.webhooks: dict[str, Webhook] = {}

    async def invoke(self, invocation: Invocation) -> InvocationResult:
        self.invoked.append(invocation)
        return self.respond(invocation)

    def invoke_in_background(self, invocation: Invocation) -> None:
        self.invoked.append(invocation)

    async def manual_invocation(self, function: Function, text: str) -> Invocation | None:
        return None

    @property
    def webhook_names(self) -> tuple[str, ...]:
        return tuple(self.webhooks)

    async def webhook(self, extension: str) -> Webhook | None:
        return self.webhooks.get(extension)

    async def wait_until_running(self, timeout: float) -> bool:
        self.waited.append(timeout)
        self.state = self.becomes
        return self.state is HostState.RUNNING

    def status(self) -> HostStatus:
        return HostStatus("id", self.state, "1", "1", "instance", "computer", 1)

    def function_errors(self, name: str) -> tuple[str, ...] | None:
        return None

    async def warm_up(self) -> None:
        pass

    def restart(self) -> None:
        pass

    def drain(self) -> None:
        pass

    async def resume(self) -> HostState:
        return self.state

    def drain_status(self) -> DrainStatus:
        return DrainStatus(DrainState.DISABLED, 0, 0)


class Lines:
    """A console that keeps what is written."""

    def __init__(self) -> None:
        self.text = ""

    def write(self, text: str, droppable: bool = False) -> None:
        self.text += text


class Answer:
    """What came back through ASGI."""

    def __init__(self, events: list[Message]) -> None:
        self.status: int = events[0]["status"]
        self.headers: list[tuple[bytes, bytes]] = list(events[0]["headers"])
        self.body = b"".join(event["body"] for event in events[1:])

    def header(self, name: bytes) -> list[bytes]:
        return [value for own, value in self.headers if own == name]


def request_scope(
    method: str,
    target: str,
    headers: tuple[tuple[bytes, bytes], ...] = (),
    *,
    scheme: str = "http",
    client: str = "127.0.0.1",
) -> Scope:
    path, _, query = target.partition("?")
    return {
        "type": "http",
        "method": method,
        "scheme": scheme,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [(b"host", b"localhost:7071"), *headers],
        "client": (client, 1234),
    }


class Site:
    """A front with an app, called without a socket."""

    def __init__(
        self, *functions: Function, app: FunctionApp | None = None, folder: Path = Path("/nowhere"), **options: Any
    ) -> None:
        self.console = Lines()
        self.control = FakeControl()
        log = HostLog(self.console, LogFilter({}))
        self.keys = KeyStore(folder, log)
        self.front = HttpFront(
            self.control,
            FrontOptions(**{"root": ROOT, "enforce_keys": False, **options}),
            self.keys,
            log,
        )
        self.control.app = app or app_of(*functions)
        self.front.publish(self.control.app)

    async def call(
        self,
        method: str,
        target: str,
        headers: tuple[tuple[bytes, bytes], ...] = (),
        *,
        body: tuple[bytes, ...] = (),
        scheme: str = "http",
        client: str = "127.0.0.1",
    ) -> Answer:
        events: list[Message] = []
        pieces = list(body)

        async def receive() -> Message:
            if not pieces:
                return {"type": "http.disconnect"}
            piece = pieces.pop(0)
            return {"type": "http.request", "body": piece, "more_body": bool(pieces)}

        async def send(event: Message) -> None:
            events.append(event)

        await self.front(request_scope(method, target, headers, scheme=scheme, client=client), receive, send)
        return Answer(events)
