"""serve: runs one host instance in this process until a signal ends it. The only place that wires concrete classes.

Order at start: console, port (a port in use ends it at once), HTTP front, app. Order at stop: port closed,
requests in flight finish, workers stop, console is written out. A second signal kills instead of waiting.
"""

from __future__ import annotations

import asyncio
import gc
import signal
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import uvloop

from funchost.app.function_app import FunctionApp
from funchost.console import Console
from funchost.errors import ExitCode
from funchost.host.app_keeper import AppKeeper
from funchost.host.functions_list import render_functions
from funchost.host.host import Host
from funchost.host.identity import Instance, host_id, instance_id
from funchost.host.options import HostOptions
from funchost.host.storage import HostStorage, storage_folder
from funchost.http.front import FrontOptions, HttpFront
from funchost.http.keys import KeyStore
from funchost.http.server import HttpServer
from funchost.logs import HostLog, LogFilter, LogLevel
from funchost.settings import Settings, load_settings

DRAIN_SECONDS = 10.0
"""How long requests in flight may go on after the first signal; the existing host's limit."""

CLOSE_SECONDS = 5.0
"""How long stores may take to close; what they have acknowledged is safe in any case."""

KILLED = 130

_COLLECT_AFTER = 10_000
"""Objects that come without going before the collector looks for cycles; requests make none."""

HOSTNAME = "WEBSITE_HOSTNAME"


def serve(options: HostOptions) -> int:
    """Run the host; return the process's exit status.

    Raises:
        PortInUseError: the address is taken.
        SettingError: a setting that the HTTP front needs is wrong.
    """
    console = Console(sys.stdout.fileno())
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(_run(options, console))
    finally:
        console.close(timeout=2.0)


async def _run(options: HostOptions, console: Console) -> int:
    log = HostLog(
        console,
        LogFilter({}, verbose=options.verbose, user_level=options.user_log_level),
        verbose=options.verbose,
        colour=options.colour,
        json_output=options.json_output,
        json_output_file=options.json_output_file,
    )
    asyncio.get_running_loop().set_exception_handler(
        lambda _, context: log.write(LogLevel.ERROR, "Host.General", f"Unhandled in the host: {_describe(context)}")
    )
    settings = load_settings(options.environment)

    def environment() -> Mapping[str, str]:
        read = options.read_environment
        return {HOSTNAME: f"localhost:{server.port}", **(options.environment if read is None else read())}

    def published(app: FunctionApp) -> None:
        front.publish(app)
        base_url = _base_url(options, server.port)
        log.print(render_functions(app, base_url, colour=options.colour, verbose=options.verbose))
        _spare_collector()

    instance = Instance(host_id(options.root, settings.host_id), instance_id())
    storage = HostStorage(storage_folder(options.root, settings), settings.storage_ports, log)
    keeper = AppKeeper(replace(options, read_environment=environment), log, published, storage, instance)
    host = Host(instance, keeper, storage, log)
    keys = KeyStore(secrets_folder(options.root, settings), log)
    front = HttpFront(host, front_options(options, settings), keys, log)
    server = HttpServer(front, options.address, options.port, options.tls)
    server.bind()
    for notice in options.notices:
        log.write(LogLevel.WARNING, "Host.Startup", notice)
    await server.start()
    scheme = "https" if options.tls else "http"
    log.print(f"Listening on {scheme}://{_bracketed(options.address)}:{server.port}")
    keeper.start()
    try:
        return await _until_signal(keeper, server, log)
    finally:
        keeper.kill()
        with suppress(TimeoutError):
            await asyncio.wait_for(storage.close(), CLOSE_SECONDS)


async def _until_signal(keeper: AppKeeper, server: HttpServer, log: HostLog) -> int:
    loop = asyncio.get_running_loop()
    signals: asyncio.Queue[signal.Signals] = asyncio.Queue()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, signals.put_nowait, number)
    first = await signals.get()
    log.print(f"{first.name} received: finishing requests, then stopping. Once more kills.")
    stopping = asyncio.create_task(_stop(keeper, server), name="stop")
    second = asyncio.create_task(signals.get(), name="second signal")
    await asyncio.wait((stopping, second), return_when=asyncio.FIRST_COMPLETED)
    second.cancel()
    if not stopping.done():
        keeper.kill()
        stopping.cancel()
        log.print("Killed.")
        return KILLED
    stopping.result()
    return ExitCode.OK


async def _stop(keeper: AppKeeper, server: HttpServer) -> None:
    keeper.stop_listening()
    await asyncio.gather(server.drain(DRAIN_SECONDS), keeper.events_finished(DRAIN_SECONDS))
    await keeper.stop(drain_timeout=0.0)
    await server.stop()


def _spare_collector() -> None:
    """Keep the collector from walking through modules and the app's description, again and again, under load."""
    if not gc.get_freeze_count():
        gc.freeze()
        gc.set_threshold(_COLLECT_AFTER, *gc.get_threshold()[1:])


def secrets_folder(root: Path, settings: Settings) -> Path:
    """Return where key files live: FUNCTIONS_SECRETS_PATH, else `.funchost/secrets` in the app."""
    return Path(settings.secrets_path) if settings.secrets_path else root / ".funchost" / "secrets"


def front_options(options: HostOptions, settings: Settings) -> FrontOptions:
    """Return the HTTP front's options: keys are enforced on request and outside development."""
    return FrontOptions(
        cors_origins=options.cors_origins,
        cors_credentials=options.cors_credentials,
        enforce_keys=options.enforce_keys or not settings.development,
        body_limit=settings.body_limit,
        homepage=not settings.homepage_disabled,
        root=options.root,
        read_only=settings.run_from_package,
    )


def _base_url(options: HostOptions, port: int) -> str:
    return f"{'https' if options.tls else 'http'}://localhost:{port}"


def _bracketed(address: str) -> str:
    return f"[{address}]" if ":" in address else address


def _describe(context: dict[str, object]) -> str:
    error = context.get("exception")
    return f"{context.get('message')}: {error!r}" if error else str(context.get("message"))
