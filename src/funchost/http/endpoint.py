"""Endpoint: an HTTP function as the front needs it, worked out once when the app is published."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum

from funchost.app.function_app import RETURN_NAME, Function, FunctionError
from funchost.app.route import RouteTemplate, parse_template


class AuthLevel(IntEnum):
    """What a caller must prove, and what a key proves; a higher level does not include a lower one but ADMIN does."""

    ANONYMOUS = 0
    FUNCTION = 1
    SYSTEM = 2
    ADMIN = 3


_LEVELS = {
    "anonymous": AuthLevel.ANONYMOUS,
    "user": AuthLevel.ANONYMOUS,  # the platform's sign-in would check it; keys do not
    "function": AuthLevel.FUNCTION,
    "system": AuthLevel.SYSTEM,
    "admin": AuthLevel.ADMIN,
}


class Endpoint:
    """What answers at a route.

    Args:
        name: the function's name.
        function: None if the function is in error before it could be described.
        template: its whole route with the prefix.
        error: why it cannot run, None if it can.
    """

    __slots__ = (
        "binding",
        "error",
        "function",
        "level",
        "methods",
        "name",
        "output",
        "returns_response",
        "template",
        "warned",
    )

    def __init__(
        self, name: str, function: Function | None, template: RouteTemplate, error: FunctionError | None = None
    ) -> None:
        properties: Mapping[str, object] = function.trigger.properties if function else {}
        methods = properties.get("methods")
        self.name = name
        self.function = function
        self.template = template
        self.error = error
        self.binding = function.trigger.name if function else ""
        self.methods = frozenset(str(m).upper() for m in methods) if isinstance(methods, (list, tuple)) else None
        """Verbs in upper case; None = any, empty = none at all."""
        self.level = _LEVELS.get(str(properties.get("authlevel", "function")).lower(), AuthLevel.FUNCTION)
        self.output = function.http_output if function else None
        """Name of the `http` binding; without one the return value goes to the caller, whatever else it feeds."""
        self.returns_response = self.output == RETURN_NAME
        """The return value is the response; then returning nothing is probably an oversight."""
        self.warned = False
        """Whether the console has said so."""


def make_endpoint(function: Function, prefix: str, error: FunctionError | None) -> Endpoint:
    """Return the endpoint of an HTTP function.

    Raises:
        ValueError: its route cannot be parsed.
    """
    own = function.trigger.properties.get("route")
    route = own if isinstance(own, str) and own else function.name
    return Endpoint(function.name, function, parse_template(_joined(prefix, route)), error)


def broken_endpoint(error: FunctionError, prefix: str) -> Endpoint:
    """Return the endpoint of a function that could not even be described: at its default route, for any verb.

    Raises:
        ValueError: its name cannot be part of a route.
    """
    return Endpoint(error.function, None, parse_template(_joined(prefix, error.function)), error)


def _joined(prefix: str, route: str) -> str:
    return "/".join(part for part in (prefix.strip("/"), route.strip("/")) if part)
