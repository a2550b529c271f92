"""ServerRooms: all that a server is made of, opened in order and closed in reverse. The only place that wires it."""

from __future__ import annotations

import asyncio
import socket
import traceback
from collections.abc import Sequence
from contextlib import AsyncExitStack, suppress

from funchost.deploy.build.builder import build
from funchost.deploy.dependencies.uv import find_uv
from funchost.deploy.pythons import PythonCatalogue
from funchost.deploy.pythons.download import Download
from funchost.errors import FuncHostError, PortInUseError
from funchost.http.asgi import Receive, Scope, Send
from funchost.http.tls import TlsOptions
from funchost.logs import HostLog, LogLevel
from funchost.platform.api.addresses import LOCALHOST, Addresses, HostHeader, ServerNames
from funchost.platform.api.arm.management import Management
from funchost.platform.api.backend import Backend
from funchost.platform.api.request import header
from funchost.platform.api.scm.scm import Scm
from funchost.platform.api.scm.uploads import UploadRules
from funchost.platform.app_logs import AppLogs
from funchost.platform.apps.apps import Apps, Surroundings
from funchost.platform.certificate import ensure_certificate
from funchost.platform.data_directory import DataDirectory
from funchost.platform.fleet.fleet import Fleet
from funchost.platform.gateway.gateway import Gateway
from funchost.platform.gateway.trusted_proxies import TrustedProxies
from funchost.platform.placement.local import LocalPlacement
from funchost.platform.registry.registry import Registry
from funchost.platform.scale.controller import ScaleController
from funchost.platform.scale.queue_sampler import QueueSampler
from funchost.platform.server_options import ServerOptions
from funchost.platform.site import SiteName
from funchost.platform.storage import PlatformStorage, account_name
from funchost.storage.account import StorageAccount
from funchost.storage.connections import Connection

CATEGORY = "Server"
PYTHONS = "pythons"
"""Folder in the data directory for Pythons that were downloaded."""


class ServerRooms:
    """A server. Use: `open`, `listen`, and at the end `drain` and `close`.

    Args:
        options: see ServerOptions.
        log: the server's own.
    """

    def __init__(self, options: ServerOptions, log: HostLog) -> None:
        self._options = options
        self._log = log
        self._proxies = TrustedProxies(options.trusted_proxies)
        self._open = AsyncExitStack()
        self.certificate: str | None = None
        """Of the server, PEM, if it is self-signed."""
        self.port = 0
        """The real one once `listen` has run."""

    @property
    def registry(self) -> Registry:
        return self._registry

    async def open(self) -> None:
        """Open everything; nothing is served yet.

        Raises:
            FuncHostError: another server uses the data directory, a port is taken, or something in it is damaged.
        """
        try:
            await self._open_rooms()
        except BaseException:
            await self._open.aclose()
            raise

    async def listen(self) -> None:
        """Take requests, and bring up what the last server has left.

        Raises:
            FuncHostError: the port is taken, or the address or certificate cannot be used.
        """
        options = self._options
        self._tls = await asyncio.to_thread(self._tls_options)
        try:
            # Sites say what they are called, and that needs the port; who comes meanwhile waits.
            self.port = await self._gateway.listen(options.address, options.port, self._tls, accepting=False)
        except PortInUseError as error:
            raise PortInUseError(
                error.message.partition(".")[0] + ".",
                hint="End the process that uses it, or choose another with --port (0 = any free one).",
            ) from None
        await self._apps.start_all()
        await self._gateway.accept()
        scaling = asyncio.create_task(self._controller.run(), name="scaling")
        scaling.add_done_callback(self._scaling_ended)
        self._open.push_async_callback(_cancelled, scaling)

    async def drain(self) -> None:
        """Take no more requests and messages, and let what runs come to its end, for as long as the options say."""
        seconds = self._options.drain_seconds
        self._scm.close()
        await asyncio.gather(self._gateway.drain(seconds), self._apps.close())
        await self._fleet.close(seconds)

    async def close(self) -> None:
        """End everything that is left."""
        await self._open.aclose()

    async def _open_rooms(self) -> None:
        options, opened = self._options, self._open
        data = DataDirectory(options.data)
        self._registry = await Registry.open(data)
        opened.push_async_callback(self._registry.close)
        self._logs = AppLogs(data)
        opened.push_async_callback(self._logs.close)
        self._storage = await self._opened_storage(data)
        opened.push_async_callback(self._storage.close)
        pythons = self._pythons(data)
        placement = LocalPlacement(
            data, pythons, self._storage, self._logs, hostname=self._hostname, environ=options.environment
        )
        await placement.start()
        opened.push_async_callback(placement.close)
        domains = (LOCALHOST,) if options.domain is None else (LOCALHOST, options.domain)
        self._gateway = Gateway(
            self._managed, self._asked_scm, self._logs.note, domains=domains, trusted_proxies=options.trusted_proxies
        )
        opened.push_async_callback(self._gateway.close)
        self._fleet = Fleet(placement, self._gateway, self._logs.note)
        sampler = QueueSampler(self._own_account)
        opened.push_async_callback(sampler.close)
        self._controller = ScaleController(self._fleet, self._gateway, sampler, options.scale_rules, self._logs.note)
        self._apps = Apps(
            self._registry,
            data,
            Surroundings(
                fleet=self._fleet,
                storage=self._storage,
                logs=self._logs,
                gateway=_SitePorts(self._gateway, self),
                pythons=pythons,
                build=build,
                urls=self._urls,
                log=self._log,
            ),
            kept_versions=options.kept_versions,
            ports=options.app_ports,
        )
        self._open_apis(data, _Pythons(pythons))

    def _open_apis(self, data: DataDirectory, pythons: _Pythons) -> None:
        options = self._options
        backend = Backend(
            self._apps, self._apps.deployments, pythons, self._logs, self._fleet, self._registry, self._labelled
        )
        rules = UploadRules(data.scratch, options.upload_limit, options.package_hosts)
        self._management = Management(backend, self._names, self._fault)
        self._open.push_async_callback(self._management.close)
        self._scm = Scm(backend, self._names, rules, self._fault)

    async def _opened_storage(self, data: DataDirectory) -> PlatformStorage:
        try:
            return await PlatformStorage.open(
                data.storage,
                ports=self._options.storage_ports,
                say=lambda text: self.note(text, LogLevel.ERROR),
                seal=self._registry.vault,
            )
        except PortInUseError as error:
            raise PortInUseError(
                error.message.partition(".")[0] + ".",
                hint="It is for the apps' storage. End the process that uses it, or choose others with --storage-ports"
                " (0 = any free ones).",
            ) from None

    def _pythons(self, data: DataDirectory) -> PythonCatalogue:
        environ = self._options.environment
        download = None
        if self._options.python_downloads:
            uv = find_uv(environ)
            if uv is None:
                raise FuncHostError(
                    "Python versions cannot be downloaded: there is no uv.",
                    hint="Install it ('pip install uv'), or leave out --allow-python-downloads.",
                )
            download = Download(data.root / PYTHONS, uv, environ)
        return PythonCatalogue(environ, download=download)

    def _tls_options(self) -> TlsOptions | None:
        options = self._options
        if options.tls is None or options.tls.certificate is not None:
            return options.tls
        path = DataDirectory(options.data).certificate
        self.certificate = ensure_certificate(path, options.domain)
        return TlsOptions(path)

    def note(self, text: str, level: LogLevel = LogLevel.INFORMATION) -> None:
        """Write a line about the server itself."""
        self._log.write(level, CATEGORY, text)

    async def listen_site(self, site: SiteName, port: int) -> int:
        """Listen for one site where the server itself listens."""
        return await self._gateway.listen_site(site, port, self._options.address, self._tls)

    async def _managed(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._management(self._proxied(scope), receive, send)

    async def _asked_scm(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._scm(self._proxied(scope), receive, send)

    def _proxied(self, scope: Scope) -> Scope:
        """Return a request's scope with the scheme that the client of an own proxy used."""
        client, scheme = scope.get("client"), header(scope, b"x-forwarded-proto")
        if scheme in ("http", "https") and client is not None and client[0] in self._proxies:
            return {**scope, "scheme": scheme}
        return scope

    def _names(self) -> ServerNames:
        return ServerNames(self.port, self._options.domain, socket.gethostname())

    def _hostname(self, site: SiteName) -> str:
        return self._seen_at(self._options.domain or LOCALHOST).host(site)

    def _urls(self, site: SiteName) -> Sequence[str]:
        places = dict.fromkeys((self._options.domain or LOCALHOST, LOCALHOST))
        return [self._seen_at(place).url(site) for place in places]

    def _seen_at(self, place: str) -> Addresses:
        return self._names().seen_by(HostHeader(place, self.port), self._options.scheme)

    def _own_account(self, site: SiteName, connection: Connection) -> StorageAccount | None:
        own = f":{self._storage.ports['queue']}/"
        is_own = connection.account == account_name(site) and own in f"{connection.endpoints.queue}/"
        return self._storage.account(site) if is_own else None

    async def _labelled(self, label: str) -> SiteName | None:
        return await self._registry.change(lambda registry: registry.owner(label))

    def _fault(self, call: str, error: Exception) -> None:
        trace = "".join(traceback.format_exception(error))
        self.note(f"{call} failed, through a fault of funchost:\n{trace}", LogLevel.ERROR)

    def _scaling_ended(self, task: asyncio.Task[None]) -> None:
        error = None if task.cancelled() else task.exception()
        if error is not None:
            trace = "".join(traceback.format_exception(error))
            self.note(f"Scaling has ended, through a fault of funchost:\n{trace}", LogLevel.ERROR)


class _SitePorts:
    """The gateway as apps see it: ports of sites are on the server's own address, with its certificate."""

    def __init__(self, gateway: Gateway, rooms: ServerRooms) -> None:
        self._gateway = gateway
        self._rooms = rooms

    async def listen_site(self, site: SiteName, port: int) -> int:
        return await self._rooms.listen_site(site, port)

    async def close_site_port(self, site: SiteName) -> None:
        await self._gateway.close_site_port(site)


class _Pythons:
    """The Python versions of this machine, as the APIs list them."""

    def __init__(self, catalogue: PythonCatalogue) -> None:
        self._catalogue = catalogue

    async def versions(self) -> Sequence[str]:
        return [installation.minor for installation in await self._catalogue.installed()]


async def _cancelled(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError, Exception):
        await task
