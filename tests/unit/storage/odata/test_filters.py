"""Which entities a filter selects."""

from typing import Any

import pytest

from funchost.errors import StorageError
from funchost.storage.odata.evaluation import predicate_of
from funchost.storage.odata.literals import string_literal
from funchost.storage.odata.parser import parse_filter

ENTITY: dict[str, Any] = {
    "PartitionKey": "p",
    "RowKey": "r",
    "Name": "O'Neil",
    "Age": 41,
    "Half": 0.5,
    "Active": True,
    "Retired": False,
    "Big": "5000000000",
    "Big@odata.type": "Edm.Int64",
    "None": "NaN",
    "None@odata.type": "Edm.Double",
    "Far": "-Infinity",
    "Far@odata.type": "Edm.Double",
    "Born": "1969-07-20T20:17:40.1234567Z",
    "Born@odata.type": "Edm.DateTime",
    "Id": "c9da6455-213d-42c9-9a79-3e9149a57833",
    "Id@odata.type": "Edm.Guid",
    "Data": "AP8=",
    "Data@odata.type": "Edm.Binary",
    "Größe": 3,
}


def selects(text: str) -> bool:
    expression = parse_filter(text)
    assert expression is not None
    return predicate_of(expression)(ENTITY)


@pytest.mark.parametrize(
    "text",
    [
        "Name eq 'O''Neil'",
        "Name gt 'O'",
        "'P' gt Name",
        "Age eq 41",
        "Age eq 41L",
        "Age lt 41.5",
        "Age ge +41",
        "-1 lt Age",
        "Half eq 5e-1",
        "Half le .5",
        "Big gt 4999999999",
        "Big eq 5000000000L",
        "Big ne 5",
        "Far lt -1e300",
        "None ne 1",
        "Active",
        "Active eq true",
        "not Retired",
        "not (Retired or Age lt 5)",
        "not Age lt 5",
        "not not Active",
        "true",
        "Born lt datetime'1970-01-01T00:00:00Z'",
        "Born eq datetime'1969-07-20T20:17:40.1234567Z'",
        "Born gt datetime'1969-07-20T20:17:40.1234566Z'",
        "Born eq datetime'1969-07-20T22:17:40.1234567+02:00'",
        "Id eq guid'C9DA6455-213D-42C9-9A79-3E9149A57833'",
        "Data eq X'00ff'",
        "Data gt binary'00fe'",
        "Größe eq 3",
        "Name eq 'x' or Age eq 41 and Active",
        "(Name eq 'x' or Age eq 41) and Active",
        "  ( ( Age ) eq ( 41 ) )  ",
    ],
)
def test_what_a_filter_selects(text: str) -> None:
    assert selects(text)


@pytest.mark.parametrize(
    "text",
    [
        "Name eq 'o''neil'",
        "Name",
        "Age",
        "Retired",
        "false",
        "None eq 1",
        "Age gt 41 and Active",
        "Active and (Age gt 41 or Name lt 'A')",
        "Born lt datetime'1969-07-20T20:17:40.1234567Z'",
    ],
)
def test_what_a_filter_passes_over(text: str) -> None:
    assert not selects(text)


@pytest.mark.parametrize(
    "text", ["Missing eq 1", "Missing ne 1", "Missing lt 'a'", "Missing", "Name eq 5", "Name ne 5", "Age eq '41'"]
)
def test_a_missing_property_or_one_of_another_kind_is_never_selected_by_a_comparison(text: str) -> None:
    assert not selects(text)
    assert selects(f"not ({text})")


@pytest.mark.parametrize(
    ("text", "place", "part"),
    [
        ("Age eq", 7, "missing"),
        ("Age eq 5 Name", 10, "'Name'"),
        ("(Age eq 5", 10, "closing"),
        ("Age eq 'x", 8, "not expected"),
        ("5", 2, "compared with nothing"),
        ("Age eq and", 8, "before 'and'"),
        ("Age = 5", 5, "not expected"),
        ("(Age eq 5) eq true", 15, "only properties and values"),
        ("Age eq datetime'yesterday'", 8, "not a date"),
        ("Age eq guid'x'", 8, "UUID"),
        ("Age eq X'0'", 8, "hexadecimal"),
        ("Age eq 99999999999999999999", 8, "64 bits"),
        ("Age eq 1.5L", 8, "Int64"),
        ("Age eq null", 8, "before 'null'"),
        ("Age EQ 5", 5, "'EQ'"),
    ],
)
def test_a_filter_that_is_not_understood_says_where(text: str, place: int, part: str) -> None:
    with pytest.raises(StorageError) as caught:
        parse_filter(text)
    assert (caught.value.code, caught.value.status) == ("InvalidInput", 400)
    assert f"character {place}:" in caught.value.reason
    assert part in caught.value.reason


@pytest.mark.parametrize("text", ["startswith(Name,'O')", "Age add 1 eq 42", "substringof('x',Name) eq true"])
def test_functions_and_arithmetic_are_not_implemented(text: str) -> None:
    with pytest.raises(StorageError) as caught:
        parse_filter(text)
    assert (caught.value.code, caught.value.status) == ("NotImplemented", 501)


def test_nesting_without_end_is_refused() -> None:
    with pytest.raises(StorageError, match="parentheses within each other"):
        parse_filter("(" * 500 + "Active" + ")" * 500)


def test_a_thousand_alternatives_are_fine() -> None:
    assert selects(" or ".join(f"Age eq {number}" for number in range(1000)))


def test_an_empty_filter_selects_everything() -> None:
    assert parse_filter("  ") is None


def test_the_same_text_is_parsed_once() -> None:
    assert parse_filter("Age eq 17") is parse_filter("Age eq 17")


def test_a_text_in_quotes_comes_back_whole() -> None:
    text = "it's 'quoted'"
    expression = parse_filter(f"Name eq {string_literal(text)}")
    assert expression is not None
    assert predicate_of(expression)({"Name": text})
