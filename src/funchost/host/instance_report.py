"""What an instance tells its server of the app that it has loaded. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from funchost.app.function_app import Binding, Function, FunctionApp
from funchost.host.instance_order import Loaded, LoadedFunction
from funchost.http.endpoint import make_endpoint

MOST_ERRORS = 100
LONGEST_ERROR = 32 * 1024
"""Characters; the end of a traceback says most, so the middle is left out."""


def loaded(app: FunctionApp | None, errors: Sequence[str]) -> Loaded:
    """Return the message about an attempt to load.

    Args:
        app: what serves, None = nothing does.
        errors: as ``/admin/host/status`` shows them.
    """
    functions = () if app is None else tuple(_functions(app))
    shown = tuple(_shortened(error) for error in errors[:MOST_ERRORS])
    if len(errors) > MOST_ERRORS:
        shown += (f"({len(errors) - MOST_ERRORS} more errors)",)
    return Loaded(functions, shown)


def _functions(app: FunctionApp) -> Iterable[LoadedFunction]:
    for function in app.functions:
        if function.name not in app.errors:
            route, methods, level = _http(app, function)
            yield LoadedFunction(
                name=function.name,
                trigger=function.trigger.type,
                bindings=tuple(_binding(binding) for binding in function.bindings),
                route=route,
                methods=methods,
                auth_level=level,
                disabled=function.disabled,
            )


def _http(app: FunctionApp, function: Function) -> tuple[str | None, tuple[str, ...], str | None]:
    if not function.is_http:
        return None, (), None
    try:
        endpoint = make_endpoint(function, app.host.http.route_prefix, None)
    except ValueError:  # the front has said so, and serves the others
        return None, (), None
    level = str(function.trigger.properties.get("authlevel", "function")).lower()
    return endpoint.template.text, tuple(sorted(endpoint.methods or ())), level


def _binding(binding: Binding) -> dict[str, object]:
    """Return the binding as the app wrote it; settings are named there, not resolved."""
    raw: Mapping[str, object] = binding.raw
    return dict(raw)


def _shortened(error: str) -> str:
    if len(error) <= LONGEST_ERROR:
        return error
    half = LONGEST_ERROR // 2
    return f"{error[:half]}\n... ({len(error) - 2 * half} characters) ...\n{error[-half:]}"
