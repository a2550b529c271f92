"""Filter expressions as a tree."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from funchost.storage.odata.edm import Value


class Property(NamedTuple):
    """The value of a property; alone it selects entities where it is a true Boolean."""

    name: str


class Literal(NamedTuple):
    """A constant."""

    value: Value


class Comparison(NamedTuple):
    """`operator` is one of eq, ne, gt, ge, lt, le."""

    operator: str
    left: Property | Literal
    right: Property | Literal


class Both(NamedTuple):
    """All of two or more expressions."""

    parts: tuple[Expression, ...]


class Either(NamedTuple):
    """At least one of two or more expressions."""

    parts: tuple[Expression, ...]


class Not(NamedTuple):
    """The opposite, also where a property is missing."""

    part: Expression


Expression: TypeAlias = Property | Literal | Comparison | Both | Either | Not

COMPARISONS = ("eq", "ne", "gt", "ge", "lt", "le")
