"""What a worker found when it looked at the app: the answer to INDEX, and why a function did not load."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from funchost.app.function_app import Model


class LoadError(NamedTuple):
    """Why an app or one of its functions could not be loaded.

    Args:
        type: exception class name, e.g. ``ModuleNotFoundError``.
        message: its text.
        stack: formatted traceback with the worker's own frames removed, empty if there is none.
        path: file of the innermost frame that belongs to the app, None if no file is to blame.
        line: 1-based line in that file.
    """

    type: str
    message: str
    stack: str = ""
    path: str | None = None
    line: int | None = None


class IndexedFunction(NamedTuple):
    """One function that a worker found in a decorator app.

    Args:
        bindings: raw binding objects as the library wrote them (enum members by name, e.g. ``"direction": "IN"``).
        retry: settings of `@app.retry` with the library's key names, None without one.
        error: set if this function alone could not be built; then `bindings` may be empty.
    """

    name: str
    directory: str
    script_file: str
    bindings: tuple[Mapping[str, object], ...]
    retry: Mapping[str, object] | None = None
    error: LoadError | None = None


class AppIndex(NamedTuple):
    """What the worker says of the whole app.

    Args:
        model: FUNCTION_JSON means that there is no function_app.py and the host reads the function.json files.
        functions: empty in the function.json model.
        error: indexing failed as a whole; `functions` is empty.
        library: version of the app's `azure-functions`, or ``fallback`` if it has none.
        python: the worker's interpreter version, e.g. ``3.11.7``.
    """

    model: Model
    functions: tuple[IndexedFunction, ...]
    error: LoadError | None
    library: str
    python: str
