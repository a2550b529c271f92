"""Filters of table inputs: values of binding expressions cannot change what a filter means. Pure."""

from __future__ import annotations

from collections.abc import Callable

from funchost.app.binding_expression import Template
from funchost.bindings.failure import BindingFailure
from funchost.errors import StorageError
from funchost.storage.odata.edm import Kind
from funchost.storage.odata.lexer import tokens_of
from funchost.storage.odata.literals import string_literal


def filter_escape(template: Template) -> Callable[[str], str]:
    """Return what makes each value of a filter fit its place, in the order of the template.

    Inside quotes, a value's quotes are doubled. Elsewhere a value must be one number, Boolean or typed literal.
    """
    places = iter(_in_quotes(template))

    def escape(value: str) -> str:
        return value.replace("'", "''") if next(places) else _bare(value)

    return escape


def query_filter(partition: str | None, filter: str) -> str:
    """Return the filter for both: the partition alone, or both of them."""
    if partition is None:
        return filter
    own = f"PartitionKey eq {string_literal(partition)}"
    return f"{own} and ({filter})" if filter.strip() else own


def _in_quotes(template: Template) -> list[bool]:
    places: list[bool] = []
    quotes = 0
    for part in template.parts:
        if isinstance(part, str):
            quotes += part.count("'")
        else:
            places.append(quotes % 2 == 1)
    return places


def _bare(value: str) -> str:
    """Raises: BindingFailure: the value is more, or less, than one literal."""
    text = value.lower() if value in ("True", "False") else value
    try:
        token, *rest = tokens_of(text)
    except StorageError:
        token, rest = None, []
    if token is None or token.value is None or token.value.kind is Kind.STRING or len(rest) != 1:
        raise BindingFailure(
            f"the value {value!r} cannot stand in the filter outside of quotes: it is no number, Boolean or literal. "
            "Write quotes around the expression if a text is meant."
        )
    return text
