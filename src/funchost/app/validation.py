"""Checks on names and routes, which concern the app as a whole."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from funchost.app.function_app import Function
from funchost.app.problem import DeclarationProblem
from funchost.app.route import parse_template

_NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9_\-]{0,127}", re.ASCII)
_RESERVED = ("admin", "runtime")


def check_name(name: str) -> None:
    """Raise DeclarationProblem unless `name` can be a function's name."""
    if name.lower() == "host" or not _NAME.fullmatch(name):
        rule = "'host' is taken" if name.lower() == "host" else "a letter, then up to 127 letters, digits, '_' and '-'"
        raise DeclarationProblem(f"'{name}' is not a valid function name. ({rule[:1].upper()}{rule[1:]}.)")


def check_routes(
    functions: Iterable[Function], route_prefix: str, broken: Collection[str]
) -> Mapping[str, DeclarationProblem]:
    """Return what is wrong with routes, by function name. Of two functions with one route the later is in error.

    Args:
        functions: sorted by name; only HTTP functions count.
        route_prefix: from host.json.
        broken: names of functions that cannot run; a sound function never yields its route to one of them.
    """
    problems: dict[str, DeclarationProblem] = {}
    taken: dict[str, list[_Taken]] = {}
    for function in sorted((f for f in functions if f.is_http), key=lambda f: f.name in broken):
        own = route_of(function)
        trimmed = own.strip("/").lower()
        methods = _methods(function)
        other = next(
            (t.function for t in taken.get(trimmed, ()) if t.methods is None or not methods or t.methods & methods),
            None,
        )
        message = _own_problem(trimmed, own, route_prefix)
        if message is None and other is not None:
            message = f"The route specified conflicts with the route defined by function '{other}'."
        if message is None:
            taken.setdefault(trimmed, []).append(_Taken(function.name, methods))
        else:
            problems[function.name] = DeclarationProblem(message, _route_keys(function))
    return problems


def route_of(function: Function) -> str:
    """Return the route of an HTTP function: its own, or its name."""
    route = function.trigger.properties.get("route")
    return route if isinstance(route, str) and route else function.name


def function_url(function: Function, route_prefix: str, base_url: str) -> str:
    """Return the URL of an HTTP function; constraints and parameters of the route appear as written."""
    parts = (base_url.rstrip("/"), route_prefix.strip("/"), route_of(function).strip("/"))
    return "/".join(part for part in parts if part)


class _Taken(NamedTuple):
    function: str
    methods: frozenset[str] | None


def _methods(function: Function) -> frozenset[str] | None:
    methods = function.trigger.properties.get("methods")
    return frozenset(map(str, methods)) if isinstance(methods, list) and methods else None


def _own_problem(trimmed: str, route: str, route_prefix: str) -> str | None:
    if trimmed.startswith(_RESERVED):
        return (
            "The specified route conflicts with one or more built in routes. "
            f"'{route}' begins with 'admin' or 'runtime'; give the function another \"route\"."
        )
    try:
        parse_template("/".join(filter(None, (route_prefix, route.strip("/")))))
    except ValueError as error:
        return f"The route is not valid: {error}."
    return None


def _route_keys(function: Function) -> tuple[str | int, ...]:
    index = next(i for i, binding in enumerate(function.bindings) if binding is function.trigger)
    return ("bindings", index, next((key for key in function.trigger.raw if key.lower() == "route"), "route"))
