"""instance: one host instance of an app on a server, as a process that the server starts and ends.

    python -m funchost.host.instance --messages FD

Its order comes on standard input, see instance_order.py; standard output and error are its log. Standard input stays
open: when it closes, the server is gone, and the instance kills its workers and ends at once.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import tempfile
from pathlib import Path

import uvloop

from funchost.app.function_app import FunctionApp
from funchost.console import Console
from funchost.errors import ExitCode, FuncHostError
from funchost.host.identity import Instance
from funchost.host.instance_limits import limit_this_process, resident_bytes
from funchost.host.instance_line import ServerLine, read_order_line
from funchost.host.instance_order import Command, InstanceOrder, Listening, Load, State, decode_order
from funchost.host.instance_report import loaded
from funchost.host.options import HostOptions
from funchost.host.publication import error_lines
from funchost.host.shared_store import SharedStore, StorePlace
from funchost.host.storage import HostStorage
from funchost.host.wiring import HostParts, host_log, wire
from funchost.http.control import HostState
from funchost.http.encrypted_key_files import EncryptedKeyFiles
from funchost.http.keys import KeyStore
from funchost.logs import HostLog, LogLevel
from funchost.settings import load_settings
from funchost.storage.endpoints import SERVICES
from funchost.workers.interpreter import Interpreter

ADDRESS = "127.0.0.1"
DRAIN_SECONDS = 24 * 3600.0
"""The server decides how long a drain may take."""
LOAD_SECONDS = 1.0

_CUT_OFF = 3
_STATES_WITH_REPORT = (HostState.RUNNING, HostState.ERROR, HostState.OFFLINE)


class RunningInstance:
    """One instance from its order to its end.

    Args:
        order: see InstanceOrder.
        console: of the process.
    """

    def __init__(self, order: InstanceOrder, console: Console) -> None:
        self._order = order
        self._console = console
        self._line = ServerLine(self._obey, self._cut_off)
        self._asked = asyncio.Event()
        self._command: Command | None = None
        self._stop = asyncio.Event()
        self._parts: HostParts | None = None
        self._told: object = None
        self._may_listen = order.listening
        self._ended = False

    async def run(self, messages: int, received: bytes) -> int:
        """Run until the server asks for the end; return the exit status.

        Args:
            messages: descriptor that messages go to.
            received: what came behind the order.
        """
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, self._obey, Command.DRAIN)
        options = _options(self._order)
        log = host_log(options, self._console, stamp_all=True)
        await self._line.open(0, messages, received)
        try:
            self._parts = parts = self._wired(options, log)
            parts.server.bind()
        except FuncHostError as error:
            # Whoever started it sees why, and ends it.
            text = f"{error}\n{error.hint}" if error.hint else str(error)
            log.write(LogLevel.ERROR, "Host.Startup", text)
            self._line.send(loaded(None, (text,)))
            await self._asked.wait()
            return ExitCode.OK
        try:
            return await self._serve(parts, log)
        finally:
            self._ended = True
            await parts.close()

    async def _serve(self, parts: HostParts, log: HostLog) -> int:
        await parts.server.start()
        self._line.send(Listening(parts.server.port))
        parts.keeper.start()
        if self._may_listen:
            parts.keeper.listen()
        telling = asyncio.create_task(self._tell_load(parts), name="tell load")
        try:
            await self._asked.wait()
            await self._end(parts, log)
        finally:
            telling.cancel()
        return ExitCode.OK

    def _wired(self, options: HostOptions, log: HostLog) -> HostParts:
        order = self._order
        settings = load_settings(order.environment)
        shared = None
        if order.store_folder is not None:
            ports = dict(zip(SERVICES, order.store_ports, strict=True))
            shared = SharedStore(StorePlace(Path(order.store_folder), ports))
        storage = HostStorage(None, None, log, shared)
        folder = Path(order.keys_folder)
        keys = KeyStore(folder, log, repository=EncryptedKeyFiles(folder, order.keys_secret))

        def published(app: FunctionApp) -> None:
            running = sum(function.name not in app.errors for function in app.functions)
            log.print(f"Loaded {running} function{'' if running == 1 else 's'}.")

        instance = Instance(order.host_id, order.id)
        return wire(options, settings, instance, storage, keys, log, on_publish=published, on_change=self._tell_state)

    def _obey(self, command: Command) -> None:
        if command is Command.LISTEN:
            self._may_listen = True
            if self._parts is not None and self._command is None:
                self._parts.keeper.listen()
            return
        if command is Command.STOP:
            self._stop.set()
        self._command = command
        self._asked.set()

    async def _end(self, parts: HostParts, log: HostLog) -> None:
        """Finish what is under way, until the server has enough of it."""
        self._line.send(State(HostState.STOPPING.value))
        if not self._stop.is_set():
            log.print("Draining: no new work is taken, what is under way goes on.")
            finishing = asyncio.create_task(_finish(parts), name="drain")
            stopped = asyncio.create_task(self._stop.wait(), name="stop")
            await asyncio.wait((finishing, stopped), return_when=asyncio.FIRST_COMPLETED)
            stopped.cancel()
            finishing.cancel()
            await asyncio.wait((finishing,))
        await parts.finish(0.0)

    def _tell_state(self) -> None:
        if self._parts is not None:
            self._tell_report(self._parts)
            self._line.send(State(self._parts.keeper.state.value))

    def _tell_report(self, parts: HostParts) -> None:
        """Tell what became of the app, if that is news."""
        keeper = parts.keeper
        app = parts.host.app
        problems = () if keeper.version is None else tuple(keeper.version.listening.problems.values())
        told = (app, keeper.failures, problems)
        if keeper.state in _STATES_WITH_REPORT and told != self._told and (app is not None or keeper.failures):
            self._told = told
            errors = (*keeper.failures, *(() if app is None else error_lines(app.errors)), *problems)
            self._line.send(loaded(app, errors))

    async def _tell_load(self, parts: HostParts) -> None:
        while True:
            self._tell_report(parts)
            version = parts.keeper.version
            executing, pids = 0, [os.getpid()]
            if version is not None:
                executing = version.dispatcher.outstanding + version.dispatcher.outstanding_retries
                pids += version.pool.pids
            self._line.send(Load(executing, await asyncio.to_thread(resident_bytes, pids)))
            await asyncio.sleep(LOAD_SECONDS)

    def _cut_off(self) -> None:
        """The server is gone: nothing may be left of this instance."""
        if self._ended:
            return
        if self._parts is not None:
            self._parts.keeper.kill()
        os._exit(_CUT_OFF)


async def _finish(parts: HostParts) -> None:
    parts.keeper.stop_listening()
    await asyncio.gather(parts.server.drain(DRAIN_SECONDS), parts.keeper.events_finished(DRAIN_SECONDS))
    await parts.keeper.executions_finished(DRAIN_SECONDS)


def _options(order: InstanceOrder) -> HostOptions:
    return HostOptions(
        root=Path(order.root),
        address=ADDRESS,
        port=0,
        environment=order.environment,
        cors_origins=order.cors_origins,
        cors_credentials=order.cors_credentials,
        enforce_keys=True,
        interpreter=Interpreter(order.interpreter, order.python, "the app's version", virtual_env=False),
        watch_files=False,
        listens=order.listening,
        read_only=True,
        behind_gateway=True,
    )


def run_instance(messages: int) -> int:
    """Wait for the order on standard input and run it; return the exit status."""
    try:
        line, received = read_order_line(0)
    except EOFError:
        return ExitCode.OK  # the server has no use for it any more
    order = decode_order(line)
    os.set_inheritable(messages, False)
    limit_this_process(order.memory_limit)
    tempfile.tempdir = order.temporary
    console = Console(sys.stdout.fileno())
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(_run(order, console, messages, received))
    finally:
        console.close(timeout=2.0)


async def _run(order: InstanceOrder, console: Console, messages: int, received: bytes) -> int:
    return await RunningInstance(order, console).run(messages, received)


def main(arguments: list[str]) -> int:
    """Run with the arguments ``--messages FD``."""
    if len(arguments) != 2 or arguments[0] != "--messages" or not arguments[1].isdecimal():
        sys.stderr.write("This program is started by `func server start`.\n")
        return ExitCode.USAGE
    # Not ignored: programs that the app starts would inherit that.
    if signal.getsignal(signal.SIGHUP) is signal.SIG_DFL:
        signal.signal(signal.SIGHUP, _leave_it_to_the_server)
    return run_instance(int(arguments[1]))


def _leave_it_to_the_server(_number: int, _frame: object) -> None:
    pass


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
