"""Loading: from the files of the app to a version that can execute invocations."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import funchost
from funchost.app.discovery import describe, discover
from funchost.app.function_app import FunctionApp, FunctionError
from funchost.app.host_json import HostConfig, load_host_config
from funchost.app.indexed import LoadError
from funchost.bindings.binder import Bindings
from funchost.bindings.plan import BindingPlans, plan_bindings
from funchost.dispatch.dispatcher import Dispatcher
from funchost.errors import ConfigError
from funchost.host.identity import Instance
from funchost.host.listening import Listening
from funchost.host.options import HostOptions
from funchost.host.storage import HostStorage
from funchost.logs import HostLog
from funchost.settings import WORKER_EXECUTABLE, Settings, load_settings
from funchost.triggers import registry
from funchost.workers.events import WorkerEvents
from funchost.workers.interpreter import Interpreter, choose_interpreter
from funchost.workers.launch import WorkerLaunch
from funchost.workers.pool import WorkerPool

GIVE_BACK_SECONDS = 2.0
"""How long listeners have, once the workers are gone, to give back the events that were cut off."""


@dataclass(frozen=True)
class AppVersion:
    """One loaded version of the app and the workers that run it.

    Args:
        app: what was found; `errors` holds what does not run.
        settings: the app settings it was loaded with.
        pool: its workers.
        bindings: what its functions read and write around their calls.
        dispatcher: executes on the pool.
        listening: its triggers; listens from `start` on.
        library: version of the app's azure-functions package, ``fallback`` without one.
        debugged: its worker waits for a debugger on a port, which no second worker can have.
    """

    app: FunctionApp
    settings: Settings
    pool: WorkerPool
    bindings: Bindings
    dispatcher: Dispatcher
    listening: Listening
    library: str
    debugged: bool = False

    async def retire(self, timeout: float | None) -> None:
        """Let invocations in flight finish for `timeout` seconds (None = as long as they may run), then stop.

        Whoever cancels this has the workers killed.
        """
        limit = timeout if timeout is not None else self._longest_run()
        self.listening.drain()
        try:
            await self.listening.finished(limit)
            await self.dispatcher.drain(limit)
            await self.pool.drain(limit)
            self.dispatcher.close()
            await self.pool.stop(timeout=2.0)
            # What was cut off is given back, so that others need not wait for it.
            await self.listening.finished(GIVE_BACK_SECONDS)
        finally:
            self.pool.kill()
            await self.listening.stop()
            await self.bindings.close()

    def _longest_run(self) -> float:
        day = 24 * 3600.0
        return min(self.app.host.function_timeout or day, day)


class LoadProgress(Protocol):
    """Told of the steps of a load."""

    def configured(self, config: HostConfig, notices: Sequence[str]) -> None:
        """host.json has been read; no worker has started yet. `notices` are sentences about what has no effect."""

    def chose(self, interpreter: Interpreter, passed_over: Sequence[str]) -> None:
        """The interpreter is chosen; `passed_over` are sentences about those that cannot be used."""


async def load_version(
    options: HostOptions,
    log: HostLog,
    events: WorkerEvents,
    progress: LoadProgress,
    storage: HostStorage,
    instance: Instance,
) -> AppVersion:
    """Read the app, start its first worker and load the functions into it.

    Raises:
        FuncHostError: a file or setting is wrong, no interpreter can be used, or no worker comes up.
    """
    if not options.root.is_dir():
        raise ConfigError(options.root, "The app's folder is not there.")
    environment = options.environment if options.read_environment is None else options.read_environment()
    settings = load_settings(environment)
    config = load_host_config(options.root, environment)
    progress.configured(config, (*config.notices, *_no_effect(settings)))
    (interpreter, passed_over), _ = await asyncio.gather(_interpreter(options, settings), storage.prepare(settings))
    progress.chose(interpreter, passed_over)
    launch = _launch(options, settings, interpreter, storage.worker_environment(environment))
    debugged = holds_port(launch.arguments)
    pool = WorkerPool(launch, 1 if debugged else settings.worker_process_count, events)
    try:
        index = await pool.index()
        app, plans = _checked(discover(options.root, config, settings, index), settings)
        runnable = [f for f in app.functions if f.name not in app.errors]
        failures = await pool.load(runnable)
    except BaseException:
        await pool.stop(timeout=0.0)
        raise
    app = replace(app, errors={**app.errors, **_function_errors(failures)})
    bindings = Bindings(plans, storage)
    dispatcher = Dispatcher(pool, log, config.function_timeout, bindings.functions)
    listening = Listening(app, settings, dispatcher, storage, log, instance)
    return AppVersion(app, settings, pool, bindings, dispatcher, listening, index.library, debugged)


async def _interpreter(options: HostOptions, settings: Settings) -> tuple[Interpreter, tuple[str, ...]]:
    """Raises: InterpreterError."""
    if options.interpreter is not None:
        return options.interpreter, ()
    # Probing starts processes and waits for them, so it stays off the loop.
    return await asyncio.to_thread(
        choose_interpreter,
        options.root,
        settings.worker_executable,
        settings.environment,
        setting=settings.names.spelling(WORKER_EXECUTABLE) or WORKER_EXECUTABLE,
    )


def _checked(app: FunctionApp, settings: Settings) -> tuple[FunctionApp, BindingPlans]:
    """Return the app with what is wrong with its triggers and bindings, and the plans of the bindings."""
    app = replace(app, errors={**registry.check(app, settings), **app.errors})
    plans = plan_bindings(app, settings)
    return replace(app, errors={**plans.errors, **app.errors}), plans


def _no_effect(settings: Settings) -> Iterator[str]:
    # The section in host.json says nothing: every generated project has it.
    if settings.application_insights:
        yield "Application Insights is configured; this version of funchost sends nothing there."


def _launch(
    options: HostOptions, settings: Settings, interpreter: Interpreter, environment: Mapping[str, str]
) -> WorkerLaunch:
    return WorkerLaunch(
        interpreter=interpreter,
        arguments=(*settings.worker_arguments, *options.worker_arguments),
        app_root=options.root,
        environment=environment,
        packages=packages_folder(options.root, interpreter, settings.run_from_package),
        log_level="DEBUG" if settings.python_debug_logging else "INFO",
        start_timeout=options.worker_start_timeout,
    )


def holds_port(arguments: Sequence[str]) -> bool:
    """Return whether these interpreter arguments start a debugger that listens on a port."""
    return any(word in argument for argument in arguments for word in ("debugpy", "pydevd"))


def packages_folder(root: Path, interpreter: Interpreter, run_from_package: bool) -> Path | None:
    """Return the app's `.python_packages` folder if it comes before the interpreter's own packages.

    It does when no virtual environment is active or the app runs from a package; Python 3.6 apps may have
    the older folder `lib/python3.6/site-packages` instead.
    """
    if interpreter.virtual_env and not run_from_package:
        return None
    candidates = [root / ".python_packages/lib/site-packages"]
    if interpreter.version[:2] == (3, 6):
        candidates.append(root / ".python_packages/lib/python3.6/site-packages")
    return next((path for path in candidates if path.is_dir()), None)


def _function_errors(failures: Mapping[str, LoadError]) -> dict[str, FunctionError]:
    return {name: describe(name, error) for name, error in failures.items()}


VERSION_DETAILS = f"funchost {funchost.__version__}"
