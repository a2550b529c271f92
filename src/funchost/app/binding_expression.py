"""Binding expressions: ``{name}`` in the properties of a binding, parsed once when the app is read. Pure.

The forms are those of the existing host: names of binding data in any case, dotted paths into objects, a .NET format
behind a colon, and the system's own ``rand-guid``, ``datetime`` and ``sys.*``. ``{{`` and ``}}`` are literal braces.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import NamedTuple

from funchost.app.binding_expression_format import FormatProblem, formatted, guid_text, plain_text

DEFAULT_DATE = "yyyy-MM-ddTHH-mm-ssK"
"""How a date goes into a name when no format is given: without colons."""

_SYSTEM_MEMBERS = ("randguid", "utcnow", "methodname")


class ExpressionProblem(ValueError):
    """An expression is malformed, or has no value; the message is a sentence for the author."""


class Token(NamedTuple):
    """One ``{path:format}``; `format` is None without a colon."""

    path: tuple[str, ...]
    format: str | None

    @property
    def name(self) -> str:
        return ".".join(self.path)


@dataclass(frozen=True)
class Moment:
    """What the system's own expressions stand for during one invocation.

    Args:
        function: name of the function, for ``{sys.methodname}``.
        now: aware, UTC.
        new_guid: makes a GUID for each place that asks for one.
    """

    function: str
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    new_guid: Callable[[], uuid.UUID] = uuid.uuid4


@dataclass(frozen=True)
class Template:
    """A text with expressions in it.

    Args:
        text: as written, settings replaced.
        parts: literal texts and tokens in order.
    """

    text: str
    parts: tuple[str | Token, ...]

    @cached_property
    def constant(self) -> str | None:
        """The text that it always stands for, None if it has expressions."""
        return None if self.tokens else "".join(part for part in self.parts if isinstance(part, str))

    @cached_property
    def tokens(self) -> tuple[Token, ...]:
        return tuple(part for part in self.parts if isinstance(part, Token))

    @cached_property
    def needs_data(self) -> bool:
        """Whether it asks for something that only the trigger's event knows."""
        return any(not is_system(token) or token.path[0].lower() == "datetime" for token in self.tokens)

    def render(self, data: Mapping[str, object], moment: Moment, escape: Callable[[str], str] = str) -> str:
        """Return the text with every expression replaced.

        Args:
            data: binding data by lower-cased name, see binding_expression_data.py.
            escape: applied to every inserted value, e.g. for a query language.

        Raises:
            ExpressionProblem: a value is missing or cannot be text.
        """
        return "".join(part if isinstance(part, str) else escape(_value(part, data, moment)) for part in self.parts)


def parse_template(text: str) -> Template:
    """Return the template for a property.

    Raises:
        ExpressionProblem: a bracket has no partner, or nothing stands between two.
    """
    parts: list[str | Token] = []
    literal = ""
    position = 0
    while position < len(text):
        character = text[position]
        if character in "{}" and text[position + 1 : position + 2] == character:
            literal += character
            position += 2
        elif character == "}":
            raise ExpressionProblem(f"Invalid template '{text}'. Missing opening bracket at position {position + 1}.")
        elif character == "{":
            end = text.find("}", position)
            inner = text[position + 1 : end]
            if end < 0 or "{" in inner:
                raise ExpressionProblem(
                    f"Invalid template '{text}'. Missing closing bracket at position {position + 1}."
                )
            parts += [literal, _token(text, inner)] if literal else [_token(text, inner)]
            literal = ""
            position = end + 1
        else:
            literal += character
            position += 1
    return Template(text, (*parts, literal) if literal or not parts else tuple(parts))


def _token(text: str, inner: str) -> Token:
    name, colon, form = inner.partition(":")
    path = tuple(step.strip() for step in name.split("."))
    if not all(path):
        raise ExpressionProblem(
            f"Invalid template '{text}'. The parameter name '{name}' is empty or has an empty part."
        )
    return Token(path, form if colon else None)


def is_system(token: Token) -> bool:
    """Return whether the host itself provides the value."""
    first = token.path[0].lower()
    return (len(token.path) == 1 and first in ("rand-guid", "datetime")) or first == "sys"


def check_names(template: Template, known: frozenset[str] | None) -> None:
    """Check the names of a template against what a trigger provides.

    Args:
        known: lower-cased first names; None = only an event tells.

    Raises:
        ExpressionProblem: a name that no event can provide.
    """
    for token in template.tokens:
        first = token.path[0].lower()
        if first == "sys":
            unknown = len(token.path) != 2 or token.path[1].lower() not in _SYSTEM_MEMBERS
        else:
            unknown = not is_system(token) and known is not None and first not in known
        if unknown:
            raise ExpressionProblem(
                f"Unable to resolve binding parameter '{token.name}'. Binding expressions must map to either a value "
                "provided by the trigger or a property of the value the trigger is bound to, or must be a system "
                "binding expression (e.g. sys.randguid, sys.utcnow, etc.)."
            )
        _check_format(token)


def _check_format(token: Token) -> None:
    """A format of a system value is checked when the app is read: it will not get better."""
    if is_system(token) and not (token.path[0].lower() == "sys" and token.path[1].lower() == "methodname"):
        try:
            _system(token, Moment("", lambda: datetime.fromtimestamp(0, UTC), lambda: uuid.UUID(int=0)))
        except FormatProblem as problem:
            raise ExpressionProblem(
                f"The expression '{{{token.name}:{token.format}}}' is wrong: {problem}"
            ) from problem


def _value(token: Token, data: Mapping[str, object], moment: Moment) -> str:
    try:
        if is_system(token) and not (token.path[0].lower() == "datetime" and "datetime" in data):
            return _system(token, moment)
        value = _found(token, data)
        if isinstance(value, datetime):
            return formatted(value, DEFAULT_DATE if token.format is None else token.format)
        return plain_text(value) if token.format is None else formatted(value, token.format)
    except FormatProblem as problem:
        raise ExpressionProblem(f"Error while accessing '{token.name}': {problem}") from problem


def _system(token: Token, moment: Moment) -> str:
    """Raises: FormatProblem."""
    name = token.path[-1].lower()
    if name in ("rand-guid", "randguid"):
        return guid_text(moment.new_guid(), token.format or "D")
    if name in ("datetime", "utcnow"):
        return formatted(moment.now(), DEFAULT_DATE if token.format is None else token.format)
    return moment.function


def _found(token: Token, data: Mapping[str, object]) -> object:
    first, *rest = token.path
    value = data.get(first.lower())
    if value is None:
        raise ExpressionProblem(f"No value for named parameter '{first}'.")
    for step in rest:
        if not isinstance(value, Mapping):
            raise ExpressionProblem(
                f"Error while accessing '{step}': '{token.name}' leads into a value, not an object."
            )
        value = _member(value, step)
        if value is None:
            raise ExpressionProblem(f"Error while accessing '{step}': property doesn't exist.")
    return value


def _member(value: Mapping[str, object], name: str) -> object:
    """The exact name first: JSON may hold names that differ in case only."""
    if name in value:
        return value[name]
    wanted = name.lower()
    return next((member for key, member in value.items() if key.lower() == wanted), None)
