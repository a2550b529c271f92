"""Failures: an exception as the host is told it, `[type, message, stack]`, and where in the app it happened."""

import importlib
import os
import traceback

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, List, Optional, Set, Tuple

    Failure = List[str]
    LocatedFailure = List[Any]

HERE = os.path.dirname(os.path.abspath(__file__))
UNPRINTABLE = "Unhandled exception in function. Could not serialize original exception message."


class FunctionLoadError(RuntimeError):
    """A function's code and its bindings do not fit together."""

    def __init__(self, function: str, message: str) -> None:
        super().__init__("cannot load the {} function: {}".format(function, message))


def let_go(error: BaseException) -> None:
    """After a MemoryError, free what the function had gathered: the first thing to do, all else needs room.

    The first frame of the traceback is the caller's own; it runs and could not be cleared.
    """
    if isinstance(error, MemoryError) and error.__traceback__ is not None:
        traceback.clear_frames(error.__traceback__.tb_next)


def message_of(error: BaseException) -> str:
    """`str(error)`, or a fixed sentence if that fails."""
    try:
        return str(error)
    except Exception:
        return UNPRINTABLE


def _is_ours(filename: str) -> bool:
    return (os.path.dirname(filename) == HERE or filename == importlib.__file__
            or filename.startswith("<frozen importlib"))


def _fold(told: "Any", seen: "Set[int]") -> None:
    """Take our own frames and the import system's out of a TracebackException and of all it was caused by."""
    if told is None or id(told) in seen:
        return
    seen.add(id(told))
    if told.stack is not None:
        told.stack[:] = [frame for frame in told.stack if not _is_ours(frame.filename)]
    _fold(told.__cause__, seen)
    _fold(told.__context__, seen)
    for member in getattr(told, "exceptions", None) or ():
        _fold(member, seen)


def stack_of(error: BaseException) -> str:
    """The formatted traceback with chained causes, without the frames of the worker."""
    told = traceback.TracebackException(type(error), error, error.__traceback__)
    _fold(told, set())
    return "".join(told.format()).rstrip("\n")


def tell(error: BaseException, note: str = "") -> "Failure":
    """Return `[type, message, stack]`; `note` is appended to the message, which ends the stack as well.

    Never raises: what cannot be formatted any more (memory gone, a hostile exception) is told without its stack.
    """
    name = type(error).__name__
    message = message_of(error)
    if note:
        message = message.rstrip(".") + ". " + note
    try:
        stack = stack_of(error)
        return [name, message, stack.rstrip(".") + ". " + note if note else stack]
    except Exception as trouble:
        return [name, message, "(no traceback: {})".format(type(trouble).__name__)]


def _own_frame(error: BaseException, root: str) -> "Tuple[Optional[str], Optional[int]]":
    path, line = None, None
    step = error.__traceback__
    while step is not None:
        filename = step.tb_frame.f_code.co_filename
        if filename.startswith(root + os.sep) and "site-packages" not in filename:
            path, line = filename, step.tb_lineno
        step = step.tb_next
    return path, line


def tell_with_place(error: BaseException, root: str, note: str = "") -> "LocatedFailure":
    """Return `[type, message, stack, path, line]`: the innermost frame in the app, or the place of a syntax error."""
    path, line = _own_frame(error, root)
    if isinstance(error, SyntaxError) and error.filename:
        path, line = error.filename, error.lineno
    return tell(error, note) + [path, line]
