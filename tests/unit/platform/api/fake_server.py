"""A server that remembers what the APIs asked of it; nothing runs, and a deployment ends when a test says so."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from funchost.errors import RefusedError
from funchost.http.asgi import Message
from funchost.http.keys import KeyStore
from funchost.logs import HostLog, LogFilter
from funchost.platform.api.addresses import ServerNames
from funchost.platform.api.arm.management import Management
from funchost.platform.api.backend import Backend
from funchost.platform.api.scm.log_stream import StreamTimes
from funchost.platform.api.scm.scm import Scm
from funchost.platform.api.scm.uploads import UploadRules
from funchost.platform.connection_string import ConnectionString
from funchost.platform.deployment import BuildKind, Deployment, DeploymentStatus, LogLine, Origin
from funchost.platform.gateway.app_request import SITE_LABEL
from funchost.platform.placement.placement import Instance, InstanceState
from funchost.platform.site import CorsRules, FunctionInfo, Revision, ScaleLimits, Site, SiteName

TOKEN = "right-token"
PASSWORD = "right-password"
SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"
WEB = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/funchost/providers/Microsoft.Web"
SHOP, STAGING = SiteName("shop"), SiteName("shop", "staging")
HELLO = FunctionInfo(
    "Hello", "httpTrigger", ({"type": "httpTrigger", "name": "req"},), "api/hello", ("GET",), "function"
)


class FakeCredentials(NamedTuple):
    user: str
    password: str


class _Silent:
    def write(self, text: str, droppable: bool = False) -> None:
        pass


class FakeApps:
    """Sites in memory."""

    def __init__(self, folder: Path) -> None:
        self.calls: list[tuple[object, ...]] = []
        self.known: dict[SiteName, Site] = {}
        self.settings_of: dict[SiteName, dict[str, str]] = {}
        self.strings_of: dict[SiteName, dict[str, ConnectionString]] = {}
        self.sticky_names: tuple[str, ...] = ()
        self.functions_of: dict[SiteName, list[FunctionInfo]] = {}
        self.errors_of: dict[SiteName, tuple[str, ...]] = {}
        self.swap_refusal: RefusedError | None = None
        self._folder = folder
        self._log = HostLog(_Silent(), LogFilter({}))
        self._keys: dict[SiteName, KeyStore] = {}

    async def create(self, name: SiteName, *, python: str | None, settings: Mapping[str, str]) -> Site:
        site = Site(
            name=name,
            python=python or "3.11",
            functions_version="4",
            running=True,
            created=1_700_000_000.0,
            port=20000,
        )
        self.known[name] = site
        self.settings_of[name] = {"AzureWebJobsStorage": "own", **settings}
        self.functions_of[name] = [HELLO]
        return site

    async def sites(self) -> Sequence[Site]:
        return tuple(self.known.values())

    async def labelled(self, label: str) -> SiteName | None:
        return next((name for name in self.known if name.label == label), None)

    async def site(self, name: SiteName) -> Site:
        if name not in self.known:
            raise RefusedError("ResourceNotFound", f"There is no {name}.", 404, hint="List them.")
        return self.known[name]

    async def delete(self, name: SiteName) -> None:
        del self.known[name]

    async def start(self, name: SiteName) -> None:
        self.known[name] = replace(await self.site(name), running=True)

    async def stop(self, name: SiteName) -> None:
        self.known[name] = replace(await self.site(name), running=False)

    async def restart(self, name: SiteName) -> None:
        self.calls.append(("restart", (await self.site(name)).name))

    async def settings(self, name: SiteName) -> Mapping[str, str]:
        return self.settings_of[(await self.site(name)).name]

    async def set_settings(self, name: SiteName, settings: Mapping[str, str]) -> None:
        self.settings_of[name] = dict(settings)

    async def connection_strings(self, name: SiteName) -> Mapping[str, ConnectionString]:
        return self.strings_of.get(name, {})

    async def set_connection_strings(self, name: SiteName, strings: Mapping[str, ConnectionString]) -> None:
        self.strings_of[name] = dict(strings)

    async def sticky(self, app: SiteName) -> tuple[str, ...]:
        return self.sticky_names

    async def set_sticky(self, app: SiteName, names: Sequence[str]) -> None:
        self.sticky_names = tuple(names)

    async def set_cors(self, name: SiteName, rules: CorsRules) -> None:
        self.known[name] = replace(self.known[name], cors=rules)

    async def set_scale(self, name: SiteName, limits: ScaleLimits) -> None:
        self.known[name] = replace(self.known[name], scale=limits)

    async def set_memory_limit(self, name: SiteName, limit: int | None) -> None:
        self.known[name] = replace(self.known[name], memory_limit=limit)

    async def swap(self, app: SiteName, source: str | None, target: str | None) -> None:
        self.calls.append(("swap", app, source, target))
        if self.swap_refusal is not None:
            raise self.swap_refusal

    async def functions(self, name: SiteName) -> Sequence[FunctionInfo]:
        return self.functions_of[name]

    async def errors(self, name: SiteName) -> tuple[str, ...]:
        return self.errors_of.get(name, ())

    async def keys(self, name: SiteName) -> KeyStore:
        if name not in self._keys:
            self._keys[name] = KeyStore(self._folder / name.label, self._log)
        return self._keys[name]

    async def credentials(self, name: SiteName) -> FakeCredentials:
        await self.site(name)
        return FakeCredentials(f"${name.label}", f"{PASSWORD}-{name.label}")

    async def reset_credentials(self, name: SiteName) -> None:
        self.calls.append(("reset", name))


class FakeDeployments:
    """Deployments that succeed as soon as somebody waits for them."""

    def __init__(self) -> None:
        self.known: list[Deployment] = []
        self.packages: list[bytes] = []
        self.builds: list[BuildKind | None] = []
        self.outcome = DeploymentStatus.SUCCESS
        self.busy = False
        self.lines = [LogLine(1.0, "Building."), LogLine(1.0, "Done."), LogLine(2.0, "It failed.", True)]

    async def begin(self, name: SiteName, package: Path, build: BuildKind | None, origin: Origin) -> Deployment:
        if self.busy:
            raise RefusedError("Conflict", "Another one runs.", 409)
        self.packages.append(package.read_bytes())
        self.builds.append(build)
        deployment = Deployment(
            id=f"d{len(self.known) + 1}",
            site=name,
            status=DeploymentStatus.PENDING,
            status_text="",
            progress="waiting",
            origin=origin,
            build=build or BuildKind.NONE,
            package="ab" * 32,
            version=None,
            received=1_700_000_000.5,
            started=None,
            ended=None,
            active=False,
        )
        self.known.insert(0, deployment)
        return deployment

    async def wait(self, id: str) -> Deployment:
        for at, one in enumerate(self.known):
            if one.id == id:
                text = "it broke" if self.outcome is DeploymentStatus.FAILED else ""
                self.known[at] = replace(one, status=self.outcome, status_text=text, ended=1_700_000_003.0)
                return self.known[at]
        raise AssertionError(id)

    async def deployments(self, name: SiteName) -> Sequence[Deployment]:
        return [one for one in self.known if one.site == name]

    async def deployment(self, name: SiteName, id: str) -> Deployment:
        for one in self.known:
            if one.site == name and id in (one.id, "latest"):
                return one
        raise RefusedError("ResourceNotFound", "There is no such deployment.", 404)

    async def log(self, id: str, after: int = 0) -> Sequence[LogLine]:
        return self.lines[after:]

    async def redeploy(self, name: SiteName, id: str) -> Deployment:
        again = replace(await self.deployment(name, id), id=f"d{len(self.known) + 1}", status=DeploymentStatus.PENDING)
        self.known.insert(0, again)
        return again

    async def delete(self, name: SiteName, id: str) -> None:
        if (await self.deployment(name, id)).active:
            raise RefusedError("Conflict", "It serves.", 409)
        self.known = [one for one in self.known if one.id != id]

    async def deploying(self, name: SiteName) -> bool:
        return self.busy


class FakeSurroundings:
    """Python versions, logs and instances."""

    def __init__(self) -> None:
        self.lines: list[bytes] = []

    async def versions(self) -> Sequence[str]:
        return ("3.8", "3.12")

    async def follow(self, site: SiteName, backlog_lines: int) -> AsyncIterator[bytes]:
        for line in self.lines:
            yield line

    def instances(self, site: SiteName) -> Sequence[Instance]:
        revision = Revision(site=site, number=3, version="v3", python="3.11")
        return [Instance("i1", revision, InstanceState.READY, 1_700_000_000.0)]


class FakeToken(NamedTuple):
    name: str
    created: float = 0.0


class FakeTokens:
    """Tokens, of which one is right."""

    def __init__(self) -> None:
        self.names = ["admin"]

    def verify_token(self, text: str) -> bool:
        return text == TOKEN

    def tokens(self) -> Sequence[FakeToken]:
        return [FakeToken(name) for name in self.names]

    async def create_token(self, name: str) -> str:
        if len(name) > 64 or not (name.isascii() and name.isalnum()):
            raise RefusedError("BadRequest", "That cannot be its name.", 400)
        self.names.append(name)
        return f"token-of-{name}"

    async def delete_token(self, name: str) -> bool:
        if name not in self.names:
            return False
        self.names.remove(name)
        return True


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> object:
        return json.loads(self.body)

    @property
    def document(self) -> dict[str, object]:
        found = self.json()
        assert isinstance(found, dict)
        return found

    @property
    def properties(self) -> dict[str, object]:
        found = self.document["properties"]
        assert isinstance(found, dict)
        return found

    @property
    def message(self) -> str:
        error = self.document["error"]
        assert isinstance(error, dict)
        return str(error["message"])


class FakeServer:
    """Both APIs over the fakes.

    Args:
        folder: for uploads and keys.
        limit: of an upload, bytes.
        hosts: from which packages may be fetched.
        held_seconds: see Api.
    """

    def __init__(
        self, folder: Path, limit: int = 1000, hosts: frozenset[str] = frozenset(), held_seconds: float = 0.0
    ) -> None:
        self.apps = FakeApps(folder / "keys")
        self.deployments = FakeDeployments()
        self.surroundings = FakeSurroundings()
        self.uploads = folder / "uploads"
        self.faults: list[Exception] = []
        other = self.surroundings
        self.tokens = FakeTokens()
        backend = Backend(self.apps, self.deployments, other, other, other, self.tokens, self.apps.labelled)
        names = ServerNames(7070, "example.org", "box")

        def fault(_: str, error: Exception) -> None:
            self.faults.append(error)

        self.management = Management(backend, lambda: names, fault, held_seconds=held_seconds)
        rules, times = UploadRules(self.uploads, limit, hosts), StreamTimes(0.01, 0.03)
        self.scm = Scm(backend, lambda: names, rules, fault, times, held_seconds=held_seconds)

    async def shop(self) -> None:
        """Make the app shop with a slot."""
        for name in (SHOP, STAGING):
            await self.apps.create(name, python="3.11", settings={})

    async def manage(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        host: str = "localhost:7070",
        authorization: str = f"Bearer {TOKEN}",
        headers: Mapping[str, str] = MappingProxyType({}),
    ) -> Answer:
        """Make a management call, with the right token unless told otherwise; empty headers are left out."""
        sent = {"host": host, "authorization": authorization, **headers}
        return await self._call(self.management, method, path, body, sent)

    async def call_scm(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        site: str = "shop",
        chunks: Sequence[bytes] = (),
        kind: str = "",
        authorization: str = f"Bearer {TOKEN}",
        headers: Mapping[str, str] = MappingProxyType({}),
    ) -> Answer:
        """Make an SCM call, with the right token unless told otherwise; empty headers are left out."""
        host = {"host": f"{site}.scm.localhost:7070", "authorization": authorization, "content-type": kind, **headers}
        return await self._call(self.scm, method, path, body, host, chunks)

    async def _call(
        self,
        app: Management | Scm,
        method: str,
        path: str,
        body: object,
        headers: Mapping[str, str],
        chunks: Sequence[bytes] = (),
    ) -> Answer:
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        sent = dict(headers)
        if chunks:
            sent["transfer-encoding"] = "chunked"
        elif raw:
            sent.setdefault("content-length", str(len(raw)))
        place, _, query = path.partition("?")
        scope = {
            "type": "http",
            "method": method,
            "scheme": "http",
            "path": place,
            "raw_path": place.encode(),
            "query_string": query.encode(),
            "headers": [(name.encode(), text.encode()) for name, text in sent.items() if text],
            "client": ("127.0.0.1", 5),
            SITE_LABEL: headers.get("host", "").partition(".scm.")[0],
        }
        waiting: list[Message] = [
            {"type": "http.request", "body": chunk, "more_body": at + 1 < len(chunks or [raw])}
            for at, chunk in enumerate(chunks or [raw])
        ]
        if len(raw) < int(sent.get("content-length", 0)):
            waiting[-1]["more_body"] = True  # cut off

        async def receive() -> Message:
            return waiting.pop(0) if waiting else {"type": "http.disconnect"}

        answers: list[Message] = []

        async def send(message: Message) -> None:
            answers.append(message)

        await app(scope, receive, send)
        if not answers:
            return Answer(0, {}, b"")
        got = {name.decode(): value.decode() for name, value in answers[0]["headers"]}
        return Answer(answers[0]["status"], got, b"".join(part["body"] for part in answers[1:]))


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
