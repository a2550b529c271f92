"""Attribution: which invocation the running code belongs to, on the loop, in threads and in tasks."""

import asyncio
import threading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, Optional, Tuple

try:
    import contextvars  # novm
except ImportError:  # Python 3.6
    contextvars = None  # type: ignore[assignment]

STORAGE = threading.local()
"""`context.thread_local_storage` of every invocation. A thread of the app's own sets `invocation_id` on it."""


class Call:
    """One invocation while it runs here."""

    __slots__ = ("cancelled", "function", "id", "number", "task")

    def __init__(self, number: int, function: str, id: str) -> None:
        self.number = number
        self.function = function
        self.id = id
        self.cancelled = False
        self.task: "Optional[asyncio.Future[None]]" = None


class ContextCalls:
    """The current call in a context variable: tasks inherit it by themselves."""

    def __init__(self) -> None:
        self._current: "Any" = contextvars.ContextVar("funchost_call", default=None)  # novm

    def get(self) -> "Optional[Call]":
        found: "Optional[Call]" = self._current.get()
        return found

    def set(self, call: "Optional[Call]") -> None:
        self._current.set(call)

    def carried(self, function: "Callable[..., Any]") -> "Callable[..., Any]":
        """`function`, to be run in another thread with a copy of the caller's context."""
        run = contextvars.copy_context().run  # novm

        def with_context(*args: "Any", **kwargs: "Any") -> "Any":
            return run(function, *args, **kwargs)

        return with_context


class TaskCalls:
    """The same for Python 3.6, which has no context variables: an attribute of tasks and of threads."""

    def __init__(self) -> None:
        self._thread = threading.local()

    def _task(self) -> "Any":
        loop = asyncio._get_running_loop()
        return None if loop is None else getattr(asyncio.Task, "current_task")(loop)  # noqa: B009 - gone in 3.9

    def get(self) -> "Optional[Call]":
        found: "Optional[Call]" = getattr(self._task(), "funchost_call", None)
        return found or getattr(self._thread, "call", None)

    def set(self, call: "Optional[Call]") -> None:
        task = self._task()
        if task is None:
            self._thread.call = call
        else:
            task.funchost_call = call

    def carried(self, function: "Callable[..., Any]") -> "Callable[..., Any]":
        call = self.get()

        def with_call(*args: "Any", **kwargs: "Any") -> "Any":
            before = getattr(self._thread, "call", None)
            self._thread.call = call
            try:
                return function(*args, **kwargs)
            finally:
                self._thread.call = before

        return with_call

    def task_factory(self, loop: "asyncio.AbstractEventLoop", coroutine: "Any") -> "asyncio.Task[Any]":
        task: "asyncio.Task[Any]" = asyncio.Task(coroutine, loop=loop)
        task.funchost_call = self.get()  # type: ignore[attr-defined]
        return task


CALLS = TaskCalls() if contextvars is None else ContextCalls()
RUNNING: "Dict[str, str]" = {}
"""Function names by the ids of the invocations that run now."""
_LOOP_THREAD = threading.get_ident()


def attribute() -> "Tuple[Optional[str], Optional[str]]":
    """Return function name and invocation id of the running code, (None, None) outside of invocations.

    In threads the id that the app's code put into `thread_local_storage` goes first: it is explicit.
    """
    call = CALLS.get()
    if threading.get_ident() != _LOOP_THREAD:
        chosen = getattr(STORAGE, "invocation_id", None)
        if chosen and (call is None or chosen != call.id):
            return RUNNING.get(chosen), chosen
    return (None, None) if call is None else (call.function, call.id)
