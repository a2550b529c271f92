"""serve: runs a server of function apps in this process until a signal ends it.

Order at stop: no more requests, requests and builds in flight come to their end, instances drain. A second signal does
not wait: instances and builds end with this process, however it ends.
"""

from __future__ import annotations

import asyncio
import gc
import os
import sys
from collections.abc import Callable

import uvloop

from funchost.console import Console
from funchost.deploy.client.servers_file import load, normal_url, remember
from funchost.errors import ExitCode, FuncHostError
from funchost.host.stop_signals import StopSignals, announcement
from funchost.logs import HostLog, LogFilter, LogLevel
from funchost.platform.registry.tokens import ADMIN
from funchost.platform.server_options import ServerOptions
from funchost.platform.server_rooms import CATEGORY, ServerRooms

KILLED = 130
COLLECT_AFTER = 10_000
"""Objects that come without going before the collector looks for cycles; requests make none."""

Say = Callable[[str], None]


def serve(options: ServerOptions, say: Say) -> int:
    """Run the server; return the process's exit status.

    Args:
        options: see ServerOptions.
        say: prints a line on stdout; the log goes to stderr.

    Raises:
        FuncHostError: another server uses the data directory, a port is taken, or the data is damaged.
    """
    console = Console(sys.stderr.fileno())
    log = HostLog(console, LogFilter({}))
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(_run(options, log, console, say))
    finally:
        console.close(timeout=2.0)


async def _run(options: ServerOptions, log: HostLog, console: Console, say: Say) -> int:
    asyncio.get_running_loop().set_exception_handler(
        lambda _, context: log.write(LogLevel.ERROR, CATEGORY, f"Unhandled in the server: {_described(context)}")
    )
    signals = StopSignals()
    rooms = ServerRooms(options, log)
    await rooms.open()
    try:
        await rooms.listen()
        # The collector shall not walk through modules and routes, again and again, while requests pass.
        gc.freeze()
        gc.set_threshold(COLLECT_AFTER, *gc.get_threshold()[1:])
        url = options.url(rooms.port)
        if options.new_admin_token:
            await rooms.registry.delete_token(ADMIN)
            token: str | None = await rooms.registry.create_token(ADMIN)
        else:
            token = await rooms.registry.ensure_admin_token()
        await asyncio.to_thread(_note_server, options, rooms, url, token, log)
        for warning in options.warnings():
            log.write(LogLevel.WARNING, CATEGORY, warning)
        if token is not None:
            say(f"Admin token, shown this once: {token}")
        say(f"Serving on {url}")
        return await _until_signal(rooms, signals, log, console)
    finally:
        await rooms.close()


async def _until_signal(rooms: ServerRooms, signals: StopSignals, log: HostLog, console: Console) -> int:
    log.print(announcement(await signals.first()))
    stopping = asyncio.create_task(rooms.drain(), name="stop")
    second = asyncio.create_task(signals.once_more(), name="second signal")
    await asyncio.wait((stopping, second), return_when=asyncio.FIRST_COMPLETED)
    if not stopping.done():
        log.print("Killed.")
        console.close(timeout=1.0)
        os._exit(KILLED)  # what was acknowledged is on disk, and instances and builds notice
    second.cancel()
    stopping.result()
    return ExitCode.OK


def _note_server(options: ServerOptions, rooms: ServerRooms, url: str, token: str | None, log: HostLog) -> None:
    """Write the server into the file of this user's commands: when it is new, and when it has moved.

    Of a server that is not new, nobody but that file knows the token.
    """
    folder = options.config_folder
    try:
        known = load(folder)
        if token is None:
            tokens = [server.token for server in known.servers.values()]
            token = next((text for text in tokens if rooms.registry.verify_token(text)), None)
        entry = known.servers.get(normal_url(url))
        current = entry is not None and entry.token == token and entry.certificate == rooms.certificate
        if token is not None and not current:
            remember(folder, url, token, certificate=rooms.certificate)
    except (FuncHostError, OSError) as error:
        log.write(
            LogLevel.WARNING,
            CATEGORY,
            f"The token is not noted for the commands of this user: {error} Give it to them with --access-token-stdin.",
        )


def _described(context: dict[str, object]) -> str:
    error = context.get("exception")
    return f"{context.get('message')}: {error!r}" if error else str(context.get("message"))
