"""serve: runs one host instance in this process until a signal ends it.

Order at start: console, port (a port in use ends it at once), HTTP front, app. Order at stop: port closed,
requests in flight finish, workers stop, console is written out. A second signal kills instead of waiting.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import uvloop

from funchost.app.function_app import FunctionApp
from funchost.console import Console
from funchost.errors import ExitCode
from funchost.host.functions_list import render_functions
from funchost.host.identity import Instance, host_id, instance_id
from funchost.host.options import HostOptions
from funchost.host.stop_signals import StopSignals, announcement
from funchost.host.storage import HostStorage, storage_folder
from funchost.host.wiring import HostParts, host_log, wire
from funchost.http.keys import KeyStore
from funchost.logs import HostLog, LogLevel
from funchost.settings import Settings, load_settings

DRAIN_SECONDS = 10.0
"""How long requests in flight may go on after the first signal; the existing host's limit."""

KILLED = 130

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
    log = host_log(options, console)
    settings = load_settings(options.environment)
    read = options.read_environment

    def environment() -> Mapping[str, str]:
        return {HOSTNAME: f"localhost:{server.port}", **(options.environment if read is None else read())}

    def published(app: FunctionApp) -> None:
        base_url = _base_url(options, server.port)
        log.print(render_functions(app, base_url, colour=options.colour, verbose=options.verbose))

    instance = Instance(host_id(options.root, settings.host_id), instance_id())
    storage = HostStorage(storage_folder(options.root, settings), settings.storage_ports, log)
    keys = KeyStore(secrets_folder(options.root, settings), log)
    options = replace(options, read_environment=environment)
    parts = wire(options, settings, instance, storage, keys, log, on_publish=published)
    server = parts.server
    server.bind()
    for notice in options.notices:
        log.write(LogLevel.WARNING, "Host.Startup", notice)
    await server.start()
    scheme = "https" if options.tls else "http"
    log.print(f"Listening on {scheme}://{_bracketed(options.address)}:{server.port}")
    parts.keeper.start()
    try:
        return await _until_signal(parts, log)
    finally:
        await parts.close()


async def _until_signal(parts: HostParts, log: HostLog) -> int:
    signals = StopSignals()
    log.print(announcement(await signals.first()))
    stopping = asyncio.create_task(parts.finish(DRAIN_SECONDS), name="stop")
    second = asyncio.create_task(signals.once_more(), name="second signal")
    await asyncio.wait((stopping, second), return_when=asyncio.FIRST_COMPLETED)
    second.cancel()
    if not stopping.done():
        parts.keeper.kill()
        stopping.cancel()
        log.print("Killed.")
        return KILLED
    stopping.result()
    return ExitCode.OK


def secrets_folder(root: Path, settings: Settings) -> Path:
    """Return where key files live: FUNCTIONS_SECRETS_PATH, else `.funchost/secrets` in the app."""
    return Path(settings.secrets_path) if settings.secrets_path else root / ".funchost" / "secrets"


def _base_url(options: HostOptions, port: int) -> str:
    return f"{'https' if options.tls else 'http'}://localhost:{port}"


def _bracketed(address: str) -> str:
    return f"[{address}]" if ":" in address else address
