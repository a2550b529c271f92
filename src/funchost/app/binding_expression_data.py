"""Binding data: the names that binding expressions of one invocation can use. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from funchost.app.binding_expression import Template, is_system, parse_template
from funchost.app.foreign_json import read_foreign
from funchost.app.function_app import Function
from funchost.app.invocation import Datum, HttpRequestData, Invocation

_BLOB_TRIGGER = frozenset({"blobtrigger", "uri", "properties", "metadata"})
_NOTHING: frozenset[str] = frozenset()
_NOT_DATA = ("code",)
"""Query parameters that are the caller's key, not data."""


def known_names(function: Function) -> frozenset[str] | None:
    """Return the lower-cased names that events of a function's trigger provide, None if only an event tells."""
    match function.trigger.kind:
        case "timertrigger" | "warmuptrigger":
            return _NOTHING
        case "blobtrigger":
            path = function.trigger.properties.get("path")
            if not isinstance(path, str):
                return None
            try:
                captures = parse_template(path).tokens
            except ValueError:
                return None  # the trigger itself is reported
            return _BLOB_TRIGGER | {token.name.lower() for token in captures}
    return None


def binding_data(invocation: Invocation, *, with_body: bool = True) -> dict[str, object]:
    """Return values by lower-cased name, in the existing host's order of precedence.

    Members of a JSON payload go over the trigger's metadata; of an HTTP request the route values go over the query,
    and that over members of the body. A body that is still a stream has none: see `needs_body`.

    Args:
        with_body: look for members in an HTTP body, which may be long.
    """
    data: dict[str, object] = {}
    for name, datum in invocation.metadata.items():
        data[name.lower()] = _plain(datum)
    trigger = invocation.function.trigger.name
    for name, datum in invocation.inputs:
        if name == trigger:
            data.update(_payload(datum, with_body))
    return {name: value for name, value in data.items() if value is not None}


def needs_body(template: Template, invocation: Invocation) -> bool:
    """Return whether a template may ask for a member of an HTTP body."""
    trigger = invocation.function.trigger.name
    request = next((datum.value for name, datum in invocation.inputs if name == trigger), None)
    if not isinstance(request, HttpRequestData):
        return False
    there = {name.lower() for name in (*request.query, *request.params)} | {"query", "headers"}
    return any(not is_system(token) and token.path[0].lower() not in there for token in template.tokens)


def _payload(datum: Datum, with_body: bool) -> dict[str, object]:
    value = datum.value
    if isinstance(value, HttpRequestData):
        data = dict(_members(value.body)) if with_body else {}
        data.update((name.lower(), text) for name, text in value.query.items() if name.lower() not in _NOT_DATA)
        data.update((name.lower(), text) for name, text in value.params.items())
        return data | {"query": value.query, "headers": value.headers}
    return dict(_members(value)) if datum.kind in ("string", "json", "bytes") else {}


def _members(payload: object) -> Iterator[tuple[str, object]]:
    """Yield the members of a JSON object that can be binding data; lists and null cannot."""
    if not isinstance(payload, (str, bytes)) or payload.lstrip()[:1] not in ("{", b"{"):
        return
    try:
        document = read_foreign(payload)
    except ValueError:
        return
    if isinstance(document, dict):
        for name, value in document.items():
            if value is not None and not isinstance(value, list) and name.lower() != "sys":
                yield name.lower(), value


def _plain(datum: Datum) -> object:
    if datum.kind == "json" and isinstance(datum.value, str):
        try:
            return read_foreign(datum.value)
        except ValueError:
            return datum.value
    if datum.kind in ("string", "int", "double"):
        return datum.value
    return datum.value if isinstance(datum.value, Mapping) else None
