"""Segments of a route template: how each kind matches the text between two slashes."""

from __future__ import annotations

from dataclasses import dataclass

from funchost.app.route_constraints import Check

LITERAL, MIXED, CONSTRAINED, FREE, CONSTRAINED_REST, REST = range(6)
"""Kinds of segment from the most to the least specific."""


@dataclass(frozen=True, slots=True)
class Literal:
    """Fixed text, compared without case."""

    text: str

    @property
    def rank(self) -> int:
        return LITERAL

    def match(self, value: str, values: dict[str, str]) -> bool:
        return value.lower() == self.text

    def absent(self, values: dict[str, str]) -> bool:
        return False


@dataclass(frozen=True, slots=True)
class Parameter:
    """`{name}` and its variants.

    Args:
        default: value when the path ends before it, None = no default.
        optional: the path may end before it.
        catch_all: takes all the rest of the path.
    """

    name: str
    checks: tuple[Check, ...] = ()
    default: str | None = None
    optional: bool = False
    catch_all: bool = False

    @property
    def rank(self) -> int:
        if self.catch_all:
            return CONSTRAINED_REST if self.checks else REST
        return CONSTRAINED if self.checks else FREE

    def match(self, value: str, values: dict[str, str]) -> bool:
        if not value:
            return False
        for check in self.checks:
            if not check(value):
                return False
        values[self.name] = value
        return True

    def absent(self, values: dict[str, str]) -> bool:
        """Return whether the path may end before this segment; a default value is put into `values`."""
        if self.default is not None:
            values[self.name] = self.default
            return True
        return self.optional or self.catch_all


@dataclass(frozen=True, slots=True)
class Mixed:
    """Parameters and fixed text in one segment, e.g. `{file}.{ext?}`.

    Matched from the right: of several ways the one that gives the leftmost parameters the most text is taken, in
    one pass without going back, so that no path costs more than its length.
    """

    parts: tuple[Literal | Parameter, ...]

    @property
    def rank(self) -> int:
        return MIXED

    def match(self, value: str, values: dict[str, str]) -> bool:
        if self._match_parts(self.parts, value, values):
            return True
        last = self.parts[-1]
        if isinstance(last, Parameter) and last.optional and not value.endswith("."):
            return self._match_parts(self.parts[:-2], value, values)
        return False

    def absent(self, values: dict[str, str]) -> bool:
        return False

    @staticmethod
    def _match_parts(parts: tuple[Literal | Parameter, ...], value: str, values: dict[str, str]) -> bool:
        lowered = value.lower()
        if len(lowered) != len(value):  # a few letters change their length; then positions would not fit
            lowered = value
        found: dict[str, str] = {}
        end = len(value)
        waiting: Parameter | None = None
        for index in range(len(parts) - 1, -1, -1):
            part = parts[index]
            if isinstance(part, Parameter):
                waiting = part
                continue
            start = _find(lowered, part.text, end, first=index == 0, touching=waiting is None)
            if start < 0:
                return False
            if waiting is not None and not waiting.match(value[start + len(part.text) : end], found):
                return False
            waiting, end = None, start
        if waiting is not None:
            if not waiting.match(value[:end], found):
                return False
        elif end != 0:
            return False
        values.update(found)
        return True


def _find(text: str, literal: str, end: int, *, first: bool, touching: bool) -> int:
    """Return where `literal` stands in `text[:end]`, seen from the right, -1 if nowhere it may stand.

    Args:
        first: it must stand at the very start.
        touching: it must end at `end`; otherwise at least one character must be left between.
    """
    if touching:
        start = end - len(literal)
        return start if start >= 0 and text.startswith(literal, start) and (not first or start == 0) else -1
    if first:
        return 0 if text.startswith(literal) and len(literal) < end else -1
    return text.rfind(literal, 0, max(end - 1, 0))


Segment = Literal | Parameter | Mixed
