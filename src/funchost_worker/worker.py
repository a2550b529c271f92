"""Worker: the process as a whole. Answers the host's messages; see wire.py for what travels."""

import asyncio
import atexit
import faulthandler
import gc
import logging
import os
import selectors
import signal
import socket
import sys
import threading
import traceback

from funchost_worker import app_paths, attribution, carrying, departure, extensions, fork, lifeline, signature, wire
from funchost_worker.channel import Channel
from funchost_worker.failure import let_go, tell_with_place
from funchost_worker.import_hint import import_hint
from funchost_worker.index import Index, InvalidFileNameError, script_name
from funchost_worker.library import Library
from funchost_worker.loader import load_entry_point
from funchost_worker.log_handler import LogHandler, RootHandler
from funchost_worker.runner import Runner
from funchost_worker.stdio import Stdio
from funchost_worker.thread_pool import ThreadPool, thread_count

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, Optional

    from funchost_worker.failure import LocatedFailure

SWITCH_INTERVAL = 0.0005
"""Seconds a thread may keep the GIL: CPU-bound functions then delay an async call by 3 ms, not 30."""
ATEXIT_TIME = 1.0
"""Seconds that the app's atexit callbacks get."""
WIRE_BROKEN = 70
LOOP_BROKEN = 71


class Worker:
    """State and message handling. Everything here runs on the loop, in the main thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop, stdio: Stdio) -> None:
        self._loop = loop
        self._stdio = stdio
        self._library = Library()
        self._root = ""
        self._index: "Optional[Index]" = None
        self._index_error: "Optional[LocatedFailure]" = None
        self._handlers: "Dict[int, Callable[[int, memoryview], None]]" = {
            wire.Kind.INIT: self._init,
            wire.Kind.INDEX: self._answer_index,
            wire.Kind.LOAD: self._load,
            wire.Kind.INVOKE: lambda call, payload: self.runner.invoke(call, payload),
            wire.Kind.CANCEL: lambda call, payload: self.runner.cancel(call),
            wire.Kind.BODY: lambda call, payload: self.runner.incoming.add(call, payload),
            wire.Kind.BODY_END: lambda call, payload: self.runner.end_of_body(call, bytes(payload).decode("utf-8")),
            wire.Kind.CREDIT: lambda call, payload: self.runner.outgoing.credit(call, payload),
            wire.Kind.PING: lambda call, payload: self.channel.send(wire.frame(wire.Kind.PONG, call)),
            wire.Kind.STOP: lambda call, payload: self._stop(),
        }

    def start(self, channel: Channel) -> None:
        self.channel = channel
        channel.start()
        self._send_json(wire.Kind.HELLO, 0, {
            "wire": wire.VERSION,
            "python": "{}.{}.{}".format(*sys.version_info[:3]),
            "implementation": sys.implementation.name,
            "pid": os.getpid(),
        })

    def handle(self, kind: int, call: int, payload: memoryview) -> None:
        self._handlers[kind](call, payload)

    def host_gone(self, reason: str = "") -> None:
        """The one exit for every way in which the host can be lost. Any thread."""
        if reason:
            sys.stderr.write("funchost worker: {}\n".format(reason))
        departure.leave(WIRE_BROKEN if reason else 0, self._stdio.flush, kill_group=True)

    def _send_json(self, kind: int, call: int, value: "Any") -> None:
        self.channel.send(wire.json_frame(kind, call, wire.dump(value)))

    def _init(self, call: int, payload: memoryview) -> None:
        message: "Any" = wire.load(wire.split(payload)[0])
        self._root = message["app"]
        root_handler = RootHandler(LogHandler(self.channel), message["level"])
        if message["packages"]:
            app_paths.add_packages(message["packages"])
        app_paths.install_app_package(self._root)
        if not app_paths.is_true(os.environ, app_paths.STRICT_SETTING) or self._has_entry_file():
            app_paths.add_app_root(self._root)
        self._library.prepare()
        size, warning = thread_count(os.environ)
        if warning:
            logging.getLogger("funchost").warning(warning)
        pool = ThreadPool(size, departure.give_up)
        self.runner = Runner(self.channel, self._loop, pool, self._stdio, root_handler, self._root)
        if extensions.are_enabled(os.environ):
            self.runner.extensions = extensions.Extensions(self._library)

    def _script(self) -> "Optional[str]":
        """The entry file of a decorator app, None if the app has none. Raises InvalidFileNameError."""
        name = script_name(os.environ)
        return name if os.path.isfile(os.path.join(self._root, name)) else None

    def _has_entry_file(self) -> bool:
        try:
            return self._script() is not None
        except InvalidFileNameError:
            return False

    def _answer_index(self, call: int, payload: memoryview) -> None:
        if self._index is None and self._index_error is None:
            self._build_index()
        functions = [declared.told() for declared in self._index.functions.values()] if self._index else []
        is_decorators = self._index is not None or self._index_error is not None
        self._send_json(wire.Kind.INDEXED, call, {
            "model": "decorators" if is_decorators else "function.json",
            "functions": functions,
            "error": self._index_error,
            "library": self._library.version(),
        })

    def _build_index(self) -> None:
        try:
            name = self._script()
            if name is not None:
                index = Index(self._root, self._library)
                index.build(name)
                self._index = index
        except BaseException as error:
            fork.leave_child(error, self._stdio.flush)
            self._index_error = self._located(error)
        fork.leave_child(None, self._stdio.flush)
        self._stdio.flush()

    def _load(self, call: int, payload: memoryview) -> None:
        message: "Any" = wire.load(wire.split(payload)[0])
        errors: "Dict[str, LocatedFailure]" = {}
        for function in message["functions"]:
            try:
                plan = self._plan(function)
            except BaseException as error:
                fork.leave_child(error, self._stdio.flush)
                errors[function["name"]] = self.runner.unloaded[function["name"]] = self._located(error)
            else:
                self.runner.plans[plan.name] = plan
                if self.runner.extensions is not None:
                    self.runner.extensions.loaded(plan.name, plan.directory)
        fork.leave_child(None, self._stdio.flush)
        self._stdio.flush()
        if hasattr(gc, "freeze"):  # Python 3.7
            gc.freeze()  # novm - what is loaded stays; collections need not look at it again
        self._send_json(wire.Kind.LOADED, call, {"errors": errors})

    def _plan(self, function: "Dict[str, Any]") -> "Any":
        name = function["name"]
        if self._index is not None:
            declared = self._index.functions[name]
            assert declared.function is not None  # noqa: S101 - set for every function of the index
            return signature.Signature(name, declared.directory, declared.function, function["bindings"],
                                       self._library, signature.DECORATORS).plan()
        entry = load_entry_point(name, self._root, function["script_file"], function["entry_point"])
        return signature.Signature(name, function["directory"], entry, function["bindings"],
                                   self._library, signature.FUNCTION_JSON).plan()

    def _located(self, error: BaseException) -> "LocatedFailure":
        let_go(error)
        return tell_with_place(error, self._root, import_hint(error, self._root))

    def _stop(self) -> None:
        """Finish: what the app registered with atexit runs, for a bounded time, then the process ends."""
        self.channel.stop_reading()
        ending = threading.Timer(ATEXIT_TIME, departure.leave, (0, self._stdio.flush, False))
        ending.daemon = True
        ending.start()
        try:
            atexit._run_exitfuncs()
        except BaseException:
            logging.exception("An atexit callback failed.")
        self.channel.send_now()  # with nothing of its own: waits for what is still in the outbox
        departure.leave(0, self._stdio.flush, kill_group=False)


def run(wire_descriptor: int, lifeline_descriptor: int) -> None:
    """Serve the host until it says STOP or is gone; does not return.

    Args:
        wire_descriptor: our end of a connected stream socket pair.
        lifeline_descriptor: read end of a pipe whose write end only the host holds.
    """
    for descriptor in (wire_descriptor, lifeline_descriptor):
        os.set_inheritable(descriptor, False)
    faulthandler.enable()
    sys.setswitchinterval(SWITCH_INTERVAL)
    # KeyboardInterrupt could come in the middle of our own code, and frames would be lost.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    stdio = Stdio()
    selector = selectors.DefaultSelector()
    loop = asyncio.SelectorEventLoop(selector)
    asyncio.set_event_loop(loop)
    if isinstance(attribution.CALLS, attribution.TaskCalls):
        loop.set_task_factory(attribution.CALLS.task_factory)
    worker = Worker(loop, stdio)
    lifeline.arm(lifeline_descriptor)
    lifeline.watch(lifeline_descriptor, wire_descriptor, worker.host_gone)
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM, 0, wire_descriptor)
    channel = Channel(sock, loop, worker.handle, worker.host_gone)
    fork.FORKS.watch()
    fork.FORKS.on_child(channel.abandon)
    main_thread = threading.get_ident()

    def detach_loop() -> None:
        if threading.get_ident() == main_thread:
            fork.detach_loop(loop, selector)

    fork.FORKS.on_child(detach_loop)
    fork.FORKS.on_child(lambda: fork.replace_by_null([wire_descriptor, lifeline_descriptor] + stdio.descriptors))
    carrying.carry()
    worker.start(channel)
    while True:  # a function may stop the loop, or let SystemExit out of a task of its own
        try:
            loop.run_forever()
        except (KeyboardInterrupt, SystemExit):
            logging.exception("A task of the app tried to end the process.")
        except Exception:  # a function broke the loop itself, e.g. by closing its descriptors
            traceback.print_exc()
            departure.leave(LOOP_BROKEN, stdio.flush, kill_group=False)
