"""AppKeeper: keeps the best version of the app loaded that there is.

It loads a version, publishes it, and waits for a reason to load again: a changed file, a restart request, or the
delay after a failed load. A failed first load leaves the state Error; a failed reload leaves the last good version
serving. A version that is replaced finishes its invocations on its own workers.
"""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Callable, Coroutine, Sequence

from funchost.app.function_app import FunctionApp
from funchost.app.host_json import HostConfig
from funchost.errors import FuncHostError
from funchost.host.backoff import load_delay
from funchost.host.bytecode import forget_bytecode
from funchost.host.identity import Instance
from funchost.host.listener_group import ListenerGroup
from funchost.host.loading import AppVersion, load_version
from funchost.host.options import HostOptions
from funchost.host.primary import PrimaryHost
from funchost.host.publication import error_lines, rejection
from funchost.host.storage import HostStorage
from funchost.host.watched_files import WatchRules
from funchost.host.watcher import AppWatcher
from funchost.host.worker_reports import WorkerReports
from funchost.http.control import HostState
from funchost.http.pages import OFFLINE_FILE
from funchost.logs import HostLog, LogFilter, LogLevel
from funchost.workers.events import PoolCondition, PoolState
from funchost.workers.interpreter import Interpreter

STARTUP = "Host.Startup"

RELEASE_SECONDS = 1.0
"""How long a host that stops tries to give back the primary host's lock, so that the next one need not wait for it."""

DEBUGGED_DRAIN = 2.0
"""Seconds for calls in flight at a reload under a debugger; one that stands at a breakpoint would never end."""


class AppKeeper:
    """Owner of the loaded version.

    Args:
        options: see HostOptions.
        log: the console; its filter follows host.json.
        on_publish: called with each version's app before it takes requests.
        storage: opens the stores of each version; closed by whoever made it.
        instance: this host process.
        on_change: called when the state changes, and after each attempt to load the app.
    """

    def __init__(
        self,
        options: HostOptions,
        log: HostLog,
        on_publish: Callable[[FunctionApp], None],
        storage: HostStorage,
        instance: Instance,
        on_change: Callable[[], None] | None = None,
    ) -> None:
        self._options = options
        self._log = log
        self._on_publish = on_publish
        self._storage = storage
        self._instance = instance
        self._on_change = on_change or (lambda: None)
        self._listens = options.listens
        self._competing = False
        self._primary: ListenerGroup | None = None
        self._wanted = asyncio.Event()
        self._changed = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._watcher = AppWatcher(options.root, log, self._on_files_changed) if options.watch_files else None
        self._reported: tuple[str, ...] = ()
        self._keeps_version = True
        self._lacks_worker = False
        """Whether no worker has all functions of the version that serves, as far as the pool has told."""
        self._serving: WorkerReports | None = None
        self._interpreter_lines: tuple[str, ...] = ()
        self._said: set[str] = set()
        self.version: AppVersion | None = None
        self.state = HostState.DEFAULT
        self.failures: tuple[str, ...] = ()
        """Why the last load failed or was rejected; empty after a good one."""
        self.pool_trouble: str | None = None
        """Why no worker is there just now; None while one is."""

    def start(self) -> None:
        """Begin loading and watching; returns at once."""
        self._set_state(HostState.STARTING)
        if self._watcher is not None:
            self.spawn(self._watcher.run(), "watch")
        self.spawn(self._keep_loaded(), "load")

    def request_reload(self) -> None:
        """Load the app again as soon as possible."""
        self._wanted.set()

    async def wait_until_running(self, timeout: float) -> bool:
        """Return True once the state is Running, False after `timeout` seconds or as soon as it is not starting."""
        loop = asyncio.get_running_loop()
        end = loop.time() + timeout
        while self.state in (HostState.DEFAULT, HostState.STARTING, HostState.INITIALIZED):
            self._changed.clear()
            try:
                async with asyncio.timeout_at(end):
                    await self._changed.wait()
            except TimeoutError:
                break
        return self.state is HostState.RUNNING

    async def _compete(self, version: AppVersion) -> None:
        """Become the primary host, or wait for that, from the first version on until the host stops."""
        context = await version.listening.context()
        if self._primary is None:
            self._primary = ListenerGroup((PrimaryHost(context.locks, self._instance.id, self._log),), self._log)

    async def stop(self, drain_timeout: float) -> None:
        """Let invocations finish for `drain_timeout` seconds, then stop the workers; idempotent."""
        self._set_state(HostState.STOPPING)
        primary, self._primary = self._primary, None
        if primary is not None:
            primary.drain()
        version, self.version = self.version, None
        for task in self._tasks:
            task.cancel()
        if version is not None:
            await version.retire(drain_timeout)
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if primary is not None:
            await primary.finished(RELEASE_SECONDS)
            await primary.stop()
        self._set_state(HostState.STOPPED)

    def stop_listening(self) -> None:
        """Take no more events, in versions to come either; what is under way goes on."""
        self._listens = False
        if self.version is not None:
            self.version.listening.drain()

    def listen(self) -> None:
        """Undo `stop_listening`."""
        if not self._listens:
            self._listens = True
            if self.version is not None:
                self._start_listening(self.version)

    async def events_finished(self, timeout: float) -> None:
        """Wait, after `stop_listening`, until the events taken have been dealt with, at most `timeout` seconds."""
        if self.version is not None:
            await self.version.listening.finished(timeout)

    async def executions_finished(self, timeout: float) -> None:
        """Wait until nothing runs, not even what nobody waits for, at most `timeout` seconds."""
        if self.version is not None:
            await self.version.dispatcher.drain(timeout)
            await self.version.pool.drain(timeout)

    def kill(self) -> None:
        """Kill the workers without waiting for anything."""
        if self.version is not None:
            self.version.pool.kill()

    def spawn(self, work: Coroutine[object, object, None], name: str) -> None:
        """Run `work` in a task that the keeper owns; its failure is logged."""
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._task_done)

    def _task_done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self._log.write(LogLevel.CRITICAL, "Host.General", f"Task '{task.get_name()}' failed: {task.exception()!r}")

    async def _keep_loaded(self) -> None:
        failed = 0
        while True:
            self._wanted.clear()
            if self._watcher is not None:
                self._watcher.mark_loaded()
            loaded = await self._load_unless_changed()
            if loaded is None:
                continue
            self._on_change()
            failed = 0 if loaded else failed + 1
            # A rejected reload waits for the files to change; a failed first load also tries again by itself.
            retry = failed > 0 and self.version is None and self.state is not HostState.OFFLINE
            try:
                async with asyncio.timeout(load_delay(failed) if retry else None):
                    await self._wanted.wait()
            except TimeoutError:
                continue

    async def _load_unless_changed(self) -> bool | None:
        """Return what `_load` returns, None if the files changed meanwhile: then that load is given up."""
        load = asyncio.create_task(self._load(), name="load version")
        changed = asyncio.create_task(self._wanted.wait(), name="wait for changes")
        try:
            await asyncio.wait((load, changed), return_when=asyncio.FIRST_COMPLETED)
        finally:
            changed.cancel()
            if not load.done():
                load.cancel()
                await asyncio.wait((load,))
        return None if load.cancelled() else load.result()

    async def _load(self) -> bool:
        """Return whether the newest version is published afterwards; why not stands in `failures`."""
        try:
            return await self._load_newest()
        except FuncHostError as error:
            self._fail((f"{error}\n{error.hint}" if error.hint else str(error),))
        except Exception:
            # A fault of the host's own must neither end the watch over the app nor take down what serves.
            self._fail((f"The app could not be loaded, through a fault of funchost:\n{traceback.format_exc()}",))
        return False

    async def _load_newest(self) -> bool:
        """Raises: FuncHostError."""
        if (self._options.root / OFFLINE_FILE).exists():
            await self._go_offline()
            return True
        if self.version is None and self.state is not HostState.ERROR:
            self._set_state(HostState.STARTING)
        if self.version is not None and self.version.debugged:
            await self._give_up_port()
        reports = WorkerReports(self._log, lambda state: self._on_pool_state(reports, state))
        loaded = await load_version(self._options, self._log, reports, self, self._storage, self._instance)
        kept = self.version.app if self.version is not None and self._keeps_version else None
        rejected = rejection(kept, loaded.app, loaded.settings.script_file)
        if rejected:
            self._fail(error_lines(rejected))
            self.spawn(loaded.retire(0.0), "retire")
            return False
        self._publish(loaded, reports)
        return True

    async def _give_up_port(self) -> None:
        """Stop the version that serves before the next one loads: two debuggers cannot listen on one port."""
        version, self.version = self.version, None
        self._serving = None
        self._set_state(HostState.STARTING)
        if version is not None:
            await version.retire(DEBUGGED_DRAIN)

    def _publish(self, loaded: AppVersion, reports: WorkerReports) -> None:
        replaced, self.version = self.version, loaded
        self._serving = reports
        self._keeps_version = True
        self._lacks_worker = False
        self.pool_trouble = None
        self.failures = ()
        self._reported = ()
        self._log.filter = self._filter(loaded.app.host)
        for line in loaded.app.warnings:
            self._log.write(LogLevel.WARNING, STARTUP, line)
        for line in error_lines(loaded.app.errors):
            self._log.write(LogLevel.ERROR, STARTUP, line)
        if loaded.library == "fallback" and loaded.app.functions:
            self._say_once(
                "The app's environment has no azure-functions package (it is not in requirements.txt, or not "
                "installed); funchost's own fallback serves azure.functions."
            )
        self._on_publish(loaded.app)
        self._set_state(HostState.RUNNING)
        if replaced is not None:
            replaced.listening.drain()
            self.spawn(replaced.retire(None), "retire")
        if self._listens:
            self._start_listening(loaded)

    def _start_listening(self, version: AppVersion) -> None:
        version.listening.start()
        if not self._competing:
            self._competing = True
            self.spawn(self._compete(version), "compete for the primary host's lock")

    def _fail(self, failures: tuple[str, ...]) -> None:
        self.failures = failures
        if self.version is None:
            self._set_state(HostState.ERROR)
        if failures == self._reported:
            return
        self._reported = failures
        for text in failures:
            self._log.write(LogLevel.ERROR, STARTUP, text)
        if self.version is None and self._watcher is not None:
            self._log.write(LogLevel.WARNING, STARTUP, "The app is loaded again when one of its files changes.")
        if self.version is not None and self._keeps_version:
            self._log.write(
                LogLevel.ERROR, STARTUP, "The new version does not load; the last good version keeps serving."
            )
        self._give_up_unloadable()

    def _give_up_unloadable(self) -> bool:
        """Whether the version that serves is past keeping: its files are gone, and so is the worker that had them.

        Then the app is what its files hold now, as after a start: what loads serves, and the rest says why not.
        """
        if not (self.failures and self._lacks_worker):
            return False
        if self.version is not None and self._keeps_version:
            self._keeps_version = False
            self._log.write(
                LogLevel.ERROR,
                STARTUP,
                "No worker is left that has the last good version loaded. From here on the app is what its files hold.",
            )
            self._wanted.set()
        return True

    async def _go_offline(self) -> None:
        version, self.version = self.version, None
        self._serving = self.pool_trouble = None
        self.failures = ()
        self._set_state(HostState.OFFLINE)
        self._log.write(LogLevel.WARNING, STARTUP, f"The app is offline: {OFFLINE_FILE} is in its folder.")
        if version is not None:
            self.spawn(version.retire(None), "retire")

    def chose(self, interpreter: Interpreter, passed_over: Sequence[str]) -> None:
        """Print the interpreter and why it was chosen, unless that is what was printed last."""
        version = ".".join(map(str, interpreter.version))
        lines = (*passed_over, f"Python {version} runs the app: {interpreter.path} ({interpreter.reason})")
        if lines != self._interpreter_lines:
            self._interpreter_lines = lines
            for line in lines:
                self._log.print(line)

    def configured(self, config: HostConfig, notices: Sequence[str]) -> None:
        """Watch and log as host.json says; while an older version serves, its log levels stay until it is replaced."""
        for notice in notices:
            self._say_once(notice)
        if self._watcher is not None:
            files, folders = frozenset(config.watch_files), frozenset(config.watch_directories)
            self._watcher.use(WatchRules(files, folders, enabled=config.file_watching))
        if self.version is None:
            self._log.filter = self._filter(config)

    def _say_once(self, notice: str) -> None:
        if notice not in self._said:
            self._said.add(notice)
            self._log.write(LogLevel.WARNING, STARTUP, notice)

    def _filter(self, config: HostConfig) -> LogFilter:
        return LogFilter(config.logging.levels, verbose=self._options.verbose, user_level=self._options.user_log_level)

    def _on_files_changed(self, changes: list[tuple[str, str]]) -> None:
        forget_bytecode(path for _, path in changes)
        for kind, path in changes[:10]:
            self._log.write(LogLevel.INFORMATION, STARTUP, f"File change of type '{kind}' detected for '{path}'")
        self._log.write(LogLevel.INFORMATION, STARTUP, "The app has changed. Loading it again.")
        self._wanted.set()

    def _on_pool_state(self, reports: WorkerReports, state: PoolState) -> None:
        """Follow the workers of the version that serves; those of a version being loaded or retired do not count."""
        if reports is not self._serving or self.state in (HostState.STOPPING, HostState.STOPPED):
            return
        gate = self.version.listening.gate if self.version is not None else None
        self._lacks_worker = bool(state.unloaded) or state.condition is PoolCondition.FAILED
        given_up = self._give_up_unloadable()
        if state.condition is PoolCondition.READY:
            self.pool_trouble = None
            self._set_state(HostState.RUNNING)
            if gate is not None and not given_up:
                gate.open()
            return
        if gate is not None:
            gate.close()
        self.pool_trouble = f"No Python worker takes calls: {state.reason}"
        if state.condition is PoolCondition.FAILED:
            self._log.write(LogLevel.ERROR, "Host.General", f"{self.pool_trouble} Next start in {state.retry_in:g} s.")
            self._set_state(HostState.ERROR)

    def _set_state(self, state: HostState) -> None:
        if state is self.state:
            return
        self._log.write(LogLevel.DEBUG, "Host.General", f"Host state changed from {self.state.value} to {state.value}.")
        self.state = state
        self._changed.set()
        self._on_change()
