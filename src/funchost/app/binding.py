"""One entry of `bindings`: from its JSON to a Binding. Names and enum values are case-insensitive."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TypeVar

from funchost.app import values
from funchost.app.function_app import RETURN_NAME, Binding, Direction
from funchost.app.json_positions import Key
from funchost.app.problem import DeclarationProblem

AUTH_LEVELS = ("anonymous", "user", "function", "system", "admin")
"""In the order of the existing host's enum, so that its numbers mean the same."""

CARDINALITIES = ("one", "many")
DATA_TYPES = ("string", "binary", "stream")

_GENERAL = {"name": "name", "type": "type", "direction": "direction", "datatype": "dataType"}
_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]{0,127}", re.ASCII)
_METHOD = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", re.ASCII)

T = TypeVar("T")


def read_binding(raw: object, keys: tuple[Key, ...] = (), prefix: str = "") -> Binding:
    """Return the binding for one entry. References to settings are left as they are.

    `authlevel` becomes one of AUTH_LEVELS, `methods` a list in upper case; both absent unless given.
    `raw` keeps the entry, with name, type, direction and dataType under these spellings.

    Args:
        raw: the entry.
        keys: its way inside the declaration, for problems.
        prefix: in front of messages about a value of the wrong kind.

    Raises:
        DeclarationProblem: the entry cannot be a binding.
    """
    if not isinstance(raw, Mapping):
        raise DeclarationProblem(f"{prefix}A binding must be an object, not {values.shown(raw)}.", keys)
    entry = _Entry(raw, keys, prefix)
    name = entry.read("name", values.text, "type String") or ""
    kind = (entry.read("type", values.text, "type String") or "").strip()
    if not kind:
        raise entry.problem(f"Binding '{name}' is invalid. Bindings must specify a Type.", "type")
    direction = _direction(entry)
    _check_name(entry, name)
    _check_direction(entry, name, kind.lower(), direction)
    data_type = str(entry.get("dataType")).lower()
    properties = _properties(entry, kind.lower())
    return Binding(
        name=name,
        type=kind,
        direction=direction,
        data_type=data_type if data_type in DATA_TYPES else None,
        properties=MappingProxyType(properties),
        raw=MappingProxyType(_respelt(raw, direction)),
    )


class _Entry:
    def __init__(self, raw: Mapping[str, object], keys: tuple[Key, ...], prefix: str) -> None:
        self.keys = keys
        self.prefix = prefix
        self._own: dict[str, str] = {}
        for name in raw:
            other = self._own.setdefault(name.lower(), name)
            if other != name:
                raise DeclarationProblem(
                    f"{prefix}The binding has both '{other}' and '{name}'; case does not count.", (*keys, name)
                )
        self._raw = raw

    def items(self) -> list[tuple[str, object]]:
        return [(name, self._raw[own]) for name, own in self._own.items()]

    def get(self, name: str) -> object:
        return self._raw.get(self._own.get(name.lower(), name))

    def problem(self, message: str, name: str) -> DeclarationProblem:
        return DeclarationProblem(message, (*self.keys, self._own.get(name.lower(), name)))

    def read(self, name: str, convert: Callable[[object], T], wanted: str) -> T | None:
        value = self.get(name)
        if value is None:
            return None
        try:
            return convert(value)
        except ValueError as error:
            raise self.problem(
                f"{self.prefix}Invalid value specified for binding property '{name}' of {wanted}. "
                f"{str(error)[:1].upper()}{str(error)[1:]}",
                name,
            ) from error


def _direction(entry: _Entry) -> Direction:
    value = entry.get("direction")
    if value is None:
        return Direction.IN
    text = str(value).strip().lower()
    for index, direction in enumerate(Direction):
        if text in (direction.value, str(index)):
            return direction
    found = value if isinstance(value, str) else values.shown(value)
    raise entry.problem(f"'{found}' is not a valid binding direction. Use in, out or inout.", "direction")


def _check_name(entry: _Entry, name: str) -> None:
    if name != RETURN_NAME and not _NAME.fullmatch(name):
        why = "It has none." if not name else "Use letters, digits and underscores, no digit first, or $return."
        raise entry.problem(
            f"The binding name {name} is invalid. Please assign a valid name to the binding. {why}", "name"
        )


def _check_direction(entry: _Entry, name: str, kind: str, direction: Direction) -> None:
    if name == RETURN_NAME and direction is not Direction.OUT:
        raise entry.problem("$return bindings must specify a direction of 'out'.", "direction")
    if kind == "http" and direction is not Direction.OUT:
        raise entry.problem("Http binding can only be used for output. Give it the direction 'out'.", "direction")
    if kind.endswith("trigger") and direction is not Direction.IN:
        raise entry.problem(f"The trigger binding '{name}' must have the direction 'in'.", "direction")


def _properties(entry: _Entry, kind: str) -> dict[str, object]:
    properties = {name: value for name, value in entry.items() if name not in _GENERAL and value is not None}
    entry.read("connection", values.text, "type String")
    cardinality = entry.read("cardinality", values.choice(CARDINALITIES), "enum type Cardinality")
    if cardinality is not None:
        properties["cardinality"] = cardinality
    if kind == "httptrigger":
        route = entry.read("route", values.text, "type String")
        level = entry.read("authLevel", values.choice(AUTH_LEVELS), "enum type AuthorizationLevel")
        methods = entry.read("methods", _methods, "type String[]")
        given = {"route": route, "authlevel": level, "methods": methods}
        properties |= {name: value for name, value in given.items() if value is not None}
    return properties


def _methods(value: object) -> list[str]:
    if not isinstance(value, (list, tuple)):
        raise ValueError(  # noqa: TRY004 - a wrong value of a file, not a wrong call
            f'{values.shown(value)} is not a list of HTTP methods, e.g. ["get", "post"].'
        )
    methods = [values.text(method).strip().upper() for method in value]
    for method in methods:
        if not _METHOD.fullmatch(method):
            raise ValueError(f"'{method}' is not an HTTP method.")
    return methods


def _respelt(raw: Mapping[str, object], direction: Direction) -> dict[str, object]:
    respelt = {_GENERAL.get(name.lower(), name): value for name, value in raw.items()}
    return respelt | {"direction": direction.value}
