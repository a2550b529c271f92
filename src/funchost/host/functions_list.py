"""The Functions list that the console shows once the app runs, in the layout that scripts and editors know."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from funchost.app.function_app import Function, FunctionApp, FunctionError
from funchost.app.validation import function_url

VERBOSE_HINT = "For detailed output, run func with --verbose flag."

_YELLOW, _GREEN, _CYAN, _RED = "33", "32", "36", "31"


def render_functions(app: FunctionApp, base_url: str, *, colour: bool, verbose: bool = False) -> str:
    """Return the list: HTTP functions with methods and URL, then the others with their type, then what does not run.

    Args:
        base_url: e.g. ``http://localhost:7071``, with or without a final slash.
        colour: whether the text may carry colour codes.
        verbose: leave out the sentence about ``--verbose``.
    """
    if not app.functions and not app.errors:
        return _no_functions(app)
    usable = [f for f in app.functions if f.name not in app.errors]
    running = [f for f in usable if not f.disabled]
    entries = [_http_entry(f, app.host.http.route_prefix, base_url, colour) for f in running if f.is_http]
    entries += [f"\t{_name(f.name, colour)} {f.trigger.type}" for f in running if not f.is_http]
    entries += [_error_entry(name, error, app.root, colour) for name, error in sorted(app.errors.items())]
    if entries:
        entries.insert(0, "\nFunctions:")
    disabled = [f for f in usable if f.disabled]
    entries += [_paint(_YELLOW, f"Function {f.name} is disabled.", colour) for f in disabled]
    if not verbose:
        entries.append(_paint(_CYAN, VERBOSE_HINT, colour))
    return "\n\n".join(entries)


def error_summary(message: str) -> str:
    """Return the line of an error message that says most: of a traceback the exception, else the first line."""
    lines = [line for line in message.splitlines() if line.strip()]
    if not lines:
        return "unknown error"
    starts = [number for number, line in enumerate(lines) if line.startswith("Traceback ")]
    after = lines[starts[-1] + 1 :] if starts else lines
    return next((line for line in after if not line[0].isspace()), lines[0]).strip()


def _http_entry(function: Function, route_prefix: str, base_url: str, colour: bool) -> str:
    methods = function.trigger.properties.get("methods")
    if isinstance(methods, str) or not isinstance(methods, Sequence):
        methods = [methods] if methods else []
    shown = f"[{','.join(str(m).upper() for m in methods)}]" if methods else ""
    url = _paint(_GREEN, function_url(function, route_prefix, base_url), colour)
    return f"\t{_name(function.name, colour)} {shown} {url}"


def _error_entry(name: str, error: FunctionError, root: Path, colour: bool) -> str:
    place = ""
    if error.path is not None:
        path = error.path.relative_to(root) if error.path.is_relative_to(root) else error.path
        place = f" ({path}:{error.line})" if error.line else f" ({path})"
    text = f"in error: {error_summary(error.message)}{place}"
    return f"\t{_name(name, colour)} {_paint(_RED, text, colour)}"


def _no_functions(app: FunctionApp) -> str:
    return (
        f"\nNo functions found in {app.root}.\n"
        "A function app has a function_app.py, or a folder with a function.json for each function."
    )


def _name(name: str, colour: bool) -> str:
    return _paint(_YELLOW, f"{name}:", colour)


def _paint(code: str, text: str, colour: bool) -> str:
    return f"\x1b[{code}m{text}\x1b[0m" if colour else text
