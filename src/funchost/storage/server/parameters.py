"""Query parameters that are numbers, checked. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from funchost.storage.server.refusal import out_of_range, refusal, wrong_query

MAX_PAGE = 5000


def whole_number(query: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    """Return a parameter's number, `default` if it is not there or empty.

    Raises:
        StorageError: InvalidQueryParameterValue, OutOfRangeQueryParameterValue.
    """
    text = query.get(name)
    if not text:
        return default
    if len(text) > 20 or not (text.isascii() and text.removeprefix("-").isdecimal()):
        raise wrong_query(name, text[:100])
    number = int(text)
    if not low <= number <= high:
        raise out_of_range(name, text, low, high)
    return number


def required(query: Mapping[str, str], name: str) -> str:
    """Return a parameter that must be there.

    Raises:
        StorageError: MissingRequiredQueryParameter.
    """
    value = query.get(name)
    if not value:
        raise refusal("MissingRequiredQueryParameter", QueryParameterName=name)
    return value


def page_size(query: Mapping[str, str]) -> int:
    """Return ``maxresults``: 1 or more, and at most MAX_PAGE whatever is asked for.

    Raises:
        StorageError: InvalidQueryParameterValue, OutOfRangeQueryParameterValue.
    """
    return min(whole_number(query, "maxresults", MAX_PAGE, 1, 2**31 - 1), MAX_PAGE)
