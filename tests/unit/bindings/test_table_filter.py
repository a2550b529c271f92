"""Values of expressions inside a filter."""

from __future__ import annotations

import uuid

import pytest

from funchost.app.binding_expression import Moment, parse_template
from funchost.bindings.failure import BindingFailure
from funchost.bindings.table_filter import filter_escape, query_filter


def rendered(text: str, **data: object) -> str:
    template = parse_template(text)
    return template.render(data, Moment("f"), filter_escape(template))


def test_inside_quotes_a_value_stays_inside() -> None:
    assert rendered("Name eq '{name}' or X eq 'it''s {name}'", name="' or 1 eq 1 or '") == (
        "Name eq ''' or 1 eq 1 or ''' or X eq 'it''s '' or 1 eq 1 or '''"
    )


@pytest.mark.parametrize(
    ("value", "expected"),
    [(5, "5"), (-2.5, "-2.5"), (True, "true"), ("false", "false"), ("7L", "7L"), (f"guid'{uuid.UUID(int=0)}'", None)],
)
def test_outside_of_quotes_a_value_is_one_literal(value: object, expected: str | None) -> None:
    assert rendered("Age gt {age}", age=value) == f"Age gt {expected or value}"


@pytest.mark.parametrize("value", ["5 or true", "Age", "", "(5)", "'text'", "x'", "5)"])
def test_outside_of_quotes_anything_else_is_refused(value: str) -> None:
    with pytest.raises(BindingFailure, match="cannot stand in the filter outside of quotes"):
        rendered("Age gt {age}", age=value)


def test_several_values_each_in_its_place() -> None:
    assert rendered("A eq '{x}' and B eq {y} and C eq '{x}'", x="a'b", y=1) == "A eq 'a''b' and B eq 1 and C eq 'a''b'"


@pytest.mark.parametrize(
    ("partition", "filter", "expected"),
    [
        (None, "", ""),
        (None, "A eq 1 or B eq 2", "A eq 1 or B eq 2"),
        ("it's", "", "PartitionKey eq 'it''s'"),
        ("p", "A eq 1 or B eq 2", "PartitionKey eq 'p' and (A eq 1 or B eq 2)"),
    ],
)
def test_partition_and_filter_together(partition: str | None, filter: str, expected: str) -> None:
    assert query_filter(partition, filter) == expected
