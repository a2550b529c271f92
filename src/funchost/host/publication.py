"""Whether a newly loaded version may replace the one that serves, and what the console says of it. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from funchost.app.function_app import FunctionApp, FunctionError


def rejection(serving: FunctionApp | None, loaded: FunctionApp, script_file: str) -> Mapping[str, FunctionError]:
    """Return the errors for which `loaded` must not replace `serving`; empty = publish it.

    A function that runs now and no longer loads rejects the new version, and so does an error of the app as a
    whole. A function that is new, or was in error before, does not. At first start nothing is rejected.

    Args:
        script_file: name that errors of the whole app stand under, e.g. ``function_app.py``.
    """
    if serving is None:
        return {}
    running = {f.name for f in serving.functions if f.name not in serving.errors}
    whole = {script_file} - serving.errors.keys()
    return {name: error for name, error in loaded.errors.items() if name in running or name in whole}


def error_lines(errors: Mapping[str, FunctionError]) -> tuple[str, ...]:
    """Return one entry per function in error, as the console and the status show it."""
    return tuple(f"The '{name}' function is in error: {error.message}" for name, error in sorted(errors.items()))
