"""Wiring: puts one host instance together. The only place that names concrete classes.

Who runs the instance, in which process and until when, is serve.py's and instance.py's.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from funchost.app.function_app import FunctionApp
from funchost.console import Console
from funchost.host.app_keeper import AppKeeper
from funchost.host.host import Host
from funchost.host.identity import Instance
from funchost.host.options import HostOptions
from funchost.host.storage import HostStorage
from funchost.http.forwarded import BehindGateway
from funchost.http.front import FrontOptions, HttpFront
from funchost.http.keys import KeyStore
from funchost.http.server import HttpServer
from funchost.logs import HostLog, LogFilter, LogLevel
from funchost.settings import Settings

CLOSE_SECONDS = 5.0
"""How long stores may take to close; what they have acknowledged is safe in any case."""

_COLLECT_AFTER = 10_000
"""Objects that come without going before the collector looks for cycles; requests make none."""


@dataclass(frozen=True, slots=True)
class HostParts:
    """The parts of one host instance.

    Args:
        host: what the front knows of the app.
        keeper: keeps the app loaded.
        storage: the stores in use.
        server: takes the requests.
    """

    host: Host
    keeper: AppKeeper
    storage: HostStorage
    server: HttpServer

    async def finish(self, seconds: float) -> None:
        """Take nothing new, let what is under way finish for `seconds` at most, then stop the workers."""
        self.keeper.stop_listening()
        await asyncio.gather(self.server.drain(seconds), self.keeper.events_finished(seconds))
        await self.keeper.stop(drain_timeout=0.0)
        await self.server.stop()

    async def close(self) -> None:
        """Kill what is left of the workers and close the stores; idempotent."""
        self.keeper.kill()
        with suppress(TimeoutError):
            await asyncio.wait_for(self.storage.close(), CLOSE_SECONDS)


def wire(
    options: HostOptions,
    settings: Settings,
    instance: Instance,
    storage: HostStorage,
    keys: KeyStore,
    log: HostLog,
    *,
    on_publish: Callable[[FunctionApp], None],
    on_change: Callable[[], None] | None = None,
) -> HostParts:
    """Return a host instance that has not started.

    Args:
        settings: what the front goes by.
        on_publish: called with each version of the app as soon as it takes requests.
        on_change: see AppKeeper.

    Raises:
        SettingError: a setting that the HTTP front needs is wrong.
    """

    def published(app: FunctionApp) -> None:
        front.publish(app)
        on_publish(app)
        _spare_collector()

    keeper = AppKeeper(options, log, published, storage, instance, on_change)
    host = Host(instance, keeper, storage, log)
    front = HttpFront(host, front_options(options, settings), keys, log)
    app = BehindGateway(front) if options.behind_gateway else front
    return HostParts(host, keeper, storage, HttpServer(app, options.address, options.port, options.tls))


def host_log(options: HostOptions, console: Console, *, stamp_all: bool = False) -> HostLog:
    """Return the log of this process, which faults that nobody catches go to as well; needs a running loop."""
    log = HostLog(
        console,
        LogFilter({}, verbose=options.verbose, user_level=options.user_log_level),
        verbose=options.verbose,
        colour=options.colour,
        json_output=options.json_output,
        json_output_file=options.json_output_file,
        stamp_all=stamp_all,
    )
    asyncio.get_running_loop().set_exception_handler(
        lambda _, context: log.write(LogLevel.ERROR, "Host.General", f"Unhandled in the host: {_describe(context)}")
    )
    return log


def front_options(options: HostOptions, settings: Settings) -> FrontOptions:
    """Return the HTTP front's options: keys are enforced on request and outside development."""
    return FrontOptions(
        cors_origins=options.cors_origins,
        cors_credentials=options.cors_credentials,
        enforce_keys=options.enforce_keys or not settings.development,
        body_limit=settings.body_limit,
        homepage=not settings.homepage_disabled,
        root=options.root,
        read_only=options.read_only or settings.run_from_package,
    )


def _spare_collector() -> None:
    """Keep the collector from walking through modules and the app's description, again and again, under load."""
    if not gc.get_freeze_count():
        gc.freeze()
        gc.set_threshold(_COLLECT_AFTER, *gc.get_threshold()[1:])


def _describe(context: dict[str, object]) -> str:
    error = context.get("exception")
    return f"{context.get('message')}: {error!r}" if error else str(context.get("message"))
