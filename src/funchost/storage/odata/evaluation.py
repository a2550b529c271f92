"""Evaluation of a filter on one entity, by the service's rules of types.

A comparison with a property that is missing, or of another kind than the value, is false, `ne` included. Numbers of all
types compare with each other; strings compare by code point; `not` turns whatever came out.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from funchost.storage.odata.edm import Value, comparable
from funchost.storage.odata.expression import Both, Comparison, Either, Expression, Literal, Not, Property

Predicate: TypeAlias = Callable[[Mapping[str, Any]], bool]
"""Tells whether a stored entity (its JSON form, with both keys and Timestamp) is selected."""

_OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    name: getattr(operator, name) for name in ("eq", "ne", "gt", "ge", "lt", "le")
}


def predicate_of(expression: Expression) -> Predicate:
    """Return what evaluates `expression`."""
    match expression:
        case Property(name):
            return lambda entity: entity.get(name) is True
        case Literal(value):
            return lambda _: value.value is True
        case Comparison():
            return _comparison(expression)
        case Not(part):
            inner = predicate_of(part)
            return lambda entity: not inner(entity)
        case Both(parts):
            all_of = [predicate_of(part) for part in parts]
            return lambda entity: all(test(entity) for test in all_of)
        case Either(parts):
            any_of = [predicate_of(part) for part in parts]
            return lambda entity: any(test(entity) for test in any_of)


def _comparison(comparison: Comparison) -> Predicate:
    test = _OPERATORS[comparison.operator]
    left, right = comparison.left, comparison.right
    if isinstance(left, Property) and isinstance(right, Literal):
        return _with_literal(left.name, test, right.value)
    left_value, right_value = _value(left), _value(right)

    def compare(entity: Mapping[str, Any]) -> bool:
        first, second = left_value(entity), right_value(entity)
        if first is None or second is None or first.kind is not second.kind:
            return False
        return test(first.value, second.value)

    return compare


def _with_literal(name: str, test: Callable[[Any, Any], bool], literal: Value) -> Predicate:
    kind, constant = literal

    def compare(entity: Mapping[str, Any]) -> bool:
        found = comparable(entity, name)
        return found is not None and found.kind is kind and test(found.value, constant)

    return compare


def _value(node: Property | Literal) -> Callable[[Mapping[str, Any]], Value | None]:
    if isinstance(node, Literal):
        constant = node.value
        return lambda _: constant
    name = node.name
    return lambda entity: comparable(entity, name)


def property_names(expression: Expression) -> frozenset[str]:
    """Return the properties that a filter looks at."""
    match expression:
        case Property(name):
            return frozenset({name})
        case Literal():
            return frozenset()
        case Comparison(_, left, right):
            return property_names(left) | property_names(right)
        case Not(part):
            return property_names(part)
        case Both(parts) | Either(parts):
            return frozenset().union(*map(property_names, parts))
