"""Route templates of HTTP triggers: parsed when the app loads, matched against paths.

The syntax is that of ASP.NET Core's conventional routes, as the existing host has it:

    items/{id}            one segment            {id:int:min(1)}    with constraints
    items/{id?}           may be missing         {id=5}             with a default
    files/{*path}         all the rest           {file}.{ext?}      parameters and text in one segment
    {{ and }}             a brace

Unlike there, a `/` at either end of a template is ignored.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from funchost.app.route_constraints import Check, make_constraint
from funchost.app.route_parts import Literal, Mixed, Parameter, Segment

_AFTER = ("", ":", "=")
_NAME = re.compile(r"[^{}/?*:=()\s][^{}/?*:=()]*")


class RouteTemplate:
    """A parsed template.

    Args:
        text: the template as written, without slashes at its ends.
        segments: what stands between the slashes.
    """

    __slots__ = ("_catch_all", "_needed", "literal", "precedence", "segments", "text")

    def __init__(self, text: str, segments: tuple[Segment, ...]) -> None:
        self.text = text
        self.segments = segments
        literals = [s.text for s in segments if isinstance(s, Literal)]
        self.literal = "/".join(literals) if len(literals) == len(segments) else None
        """The whole template in lower case if it has no parameter, else None."""
        self.precedence = tuple(s.rank for s in segments)
        """Sorts templates: literals first, constrained before free parameters, the rest of a path last."""
        last = segments[-1] if segments else None
        self._catch_all = isinstance(last, Parameter) and last.catch_all
        needed = len(segments)
        while needed and segments[needed - 1].absent({}):
            needed -= 1
        self._needed = needed

    def match(self, path: Sequence[str], *, trailing_slash: bool = False) -> dict[str, str] | None:
        """Return the parameters' values, None if the path does not match.

        Args:
            path: decoded segments, without an empty one for a slash at the end.
            trailing_slash: the path ends with a slash; only a catch-all parameter sees it.
        """
        given = len(path)
        segments = self.segments
        if given < self._needed or (given > len(segments) and not self._catch_all):
            return None
        values: dict[str, str] = {}
        for index, segment in enumerate(segments):
            if index >= given:
                segment.absent(values)
            elif isinstance(segment, Parameter) and segment.catch_all:
                rest = "/".join(path[index:])
                if not segment.match(rest + "/" if trailing_slash else rest, values):
                    return None
            elif not segment.match(path[index], values):
                return None
        return values


def parse_template(text: str) -> RouteTemplate:
    """Return the parsed template.

    Raises:
        ValueError: the template is wrong; the message says where and what to write.
    """
    stripped = text.strip("/")
    pieces = _split(stripped) if stripped else []
    segments = tuple(_segment(piece, stripped) for piece in pieces)
    names: set[str] = set()
    for index, segment in enumerate(segments):
        for part in segment.parts if isinstance(segment, Mixed) else (segment,):
            if not isinstance(part, Parameter):
                continue
            if part.name.lower() in names:
                raise ValueError(f"the route '{stripped}' has two parameters called '{part.name}'")
            names.add(part.name.lower())
            if part.catch_all and (index + 1 < len(segments) or isinstance(segment, Mixed)):
                raise ValueError(
                    f"the parameter '*{part.name}' of route '{stripped}' takes the rest of the path, "
                    "so it must be a segment of its own at the end"
                )
    return RouteTemplate(stripped, segments)


_Token = tuple[bool, str]
"""Whether it is a parameter, and its text without the outer braces."""


def _split(text: str) -> list[list[_Token]]:
    """Cut a template at its slashes into tokens; slashes inside braces belong to the parameter."""
    segments: list[list[_Token]] = [[]]
    literal: list[str] = []
    at = 0

    def end_literal() -> None:
        if literal:
            segments[-1].append((False, "".join(literal)))
            literal.clear()

    while at < len(text):
        here = text[at]
        if here in "{}" and text[at + 1 : at + 2] == here:
            literal.append(here)
            at += 2
        elif here == "{":
            end_literal()
            content, at = _read_parameter(text, at + 1)
            segments[-1].append((True, content))
        elif here == "}":
            raise ValueError(f"the route '{text}' has a '}}' without a '{{' before it; write '}}}}' for a brace")
        elif here == "/":
            end_literal()
            segments.append([])
            at += 1
        elif here == "?":
            raise ValueError(f"the route '{text}' has a '?' outside of braces; the query is not part of a route")
        else:
            literal.append(here)
            at += 1
    end_literal()
    if not all(segments):
        raise ValueError(f"the route '{text}' has two slashes in a row")
    return segments


def _read_parameter(text: str, at: int) -> tuple[str, int]:
    content: list[str] = []
    while at < len(text):
        here = text[at]
        if here in "{}":
            if text[at + 1 : at + 2] == here:
                at += 1
            elif here == "}":
                return "".join(content), at + 1
            else:
                break
        content.append(here)
        at += 1
    raise ValueError(f"the route '{text}' has a parameter without a closing '}}'; inside one, braces are doubled")


def _segment(tokens: list[_Token], text: str) -> Segment:
    parts = [
        _parameter(content, text) if is_parameter else Literal(content.lower()) for is_parameter, content in tokens
    ]
    if len(parts) == 1:
        return parts[0]
    for left, right in zip(parts, parts[1:], strict=False):
        if not isinstance(left, Parameter):
            continue
        if isinstance(right, Parameter):
            raise ValueError(  # noqa: TRY004 - the author's text is wrong, not a caller's type
                f"the route '{text}' has two parameters in a row: put a '/' or a text between them"
            )
        if left.optional:
            raise ValueError(f"the optional parameter '{left.name}' of route '{text}' must end its segment")
    last = parts[-1]
    if isinstance(last, Parameter) and last.optional and parts[-2] != Literal("."):
        raise ValueError(f"only a period can stand before the optional parameter '{last.name}' of route '{text}'")
    return Mixed(tuple(parts))


def _parameter(content: str, text: str) -> Parameter:
    body = content.strip()
    catch_all = body.startswith("*")
    if catch_all:
        body = body.removeprefix("*").removeprefix("*")
    optional = body.endswith("?")
    if optional:
        body = body[:-1]
    name = body[: min((body.find(c) for c in ":=" if c in body), default=len(body))]
    if not _NAME.fullmatch(name):
        raise ValueError(f"the route '{text}' has a parameter with a bad name: '{{{content}}}'")
    try:
        checks, default = _rules(body[len(name) :])
    except ValueError as error:
        raise ValueError(f"parameter '{name}' of route '{text}': {error}") from error
    if optional and catch_all:
        raise ValueError(f"the parameter '*{name}' of route '{text}' may be empty anyway: leave out the '?'")
    if optional and default is not None:
        raise ValueError(f"the parameter '{name}' of route '{text}' has a default, so it cannot be optional as well")
    return Parameter(name, checks, default, optional, catch_all)


def _rules(text: str) -> tuple[tuple[Check, ...], str | None]:
    """Read `:constraint:constraint(argument)=default`."""
    checks: list[Check] = []
    while text.startswith(":"):
        rule, text = _cut_rule(text[1:])
        name, bracket, argument = rule.partition("(")
        checks.append(make_constraint(name.strip(), argument[:-1] if bracket else None))
    return tuple(checks), text[1:] if text.startswith("=") else None


def _cut_rule(text: str) -> tuple[str, str]:
    """Return the first constraint and what follows it.

    An argument ends at a `)` before `:`, `=` or the end; one that leaves no bracket open is preferred.
    """
    bracket = text.find("(")
    ends = [text.find(c) for c in ":=" if c in text]
    end = min(ends, default=len(text))
    if bracket < 0 or bracket > end:
        return text[:end], text[end:]
    closings = [
        index + 1
        for index, c in enumerate(text)
        if c == ")" and index > bracket and text[index + 1 : index + 2] in _AFTER
    ]
    if not closings:
        raise ValueError(f"the constraint '{text}' has no closing parenthesis")
    end = next((at for at in closings if text.count("(", 0, at) == text.count(")", 0, at)), closings[0])
    return text[:end], text[end:]
