from __future__ import annotations

import re
import uuid
from datetime import UTC, datetime

import pytest

from funchost.app.binding_expression import ExpressionProblem, Moment, check_names, parse_template

NOW = datetime(2026, 3, 9, 14, 5, 7, 123_456, UTC)
GUID = uuid.UUID("0b8a3c1e-5f67-4c0d-9a2b-3d4e5f607182")
MOMENT = Moment("Fn", lambda: NOW, lambda: GUID)
DATA: dict[str, object] = {
    "id": "7",
    "count": 42,
    "price": 2.5,
    "whole": 3.0,
    "yes": True,
    "no": False,
    "date": "2026-01-02T03:04:05Z",
    "customer": {"Name": "ann", "Address": {"City": "Ulm"}, "tags": ["a"], "nothing": None},
    "query": {"x": "q"},
    "headers": {"x-my-id": "h"},
    "blobtrigger": "samples/a.txt",
}


def rendered(text: str, data: dict[str, object] = DATA) -> str:
    return parse_template(text).render(data, MOMENT)


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("plain/path", "plain/path"),
        ("", ""),
        ("samples/{id}", "samples/7"),
        ("{ID}-{Id}", "7-7"),
        ("{ id }", "7"),
        ("{{id}}/{id}/{{{id}}}", "{id}/7/{7}"),
        ("{customer.name}/{customer.address.city}", "ann/Ulm"),
        ("{query.x}/{headers.X-My-Id}", "q/h"),
        ("{BlobTrigger}", "samples/a.txt"),
        ("{count}-{price}-{whole}-{yes}-{no}", "42-2.5-3-True-False"),
        ("{count:D5}", "00042"),
        ("{count:X4}", "002A"),
        ("{price:0.00}", "2.50"),
        ("{date:yyyy/MM/dd}", "2026/01/02"),
        ("{rand-guid}", str(GUID)),
        ("{rand-guid:N}", GUID.hex),
        ("{rand-guid:B}", "{" + str(GUID) + "}"),
        ("{sys.randguid}", str(GUID)),
        ("{SYS.RandGuid:n}", GUID.hex),
        ("{sys.methodname}", "Fn"),
        ("{sys.utcnow}", "2026-03-09T14-05-07Z"),
        ("{sys.utcnow:yyyy}", "2026"),
        ("{datetime}", "2026-03-09T14-05-07Z"),
        ("{DateTime:yyyy-MM-dd_HH.mm}", "2026-03-09_14.05"),
        ("log-{datetime:HH:mm:ss.fff}.txt", "log-14:05:07.123.txt"),
    ],
)
def test_what_an_expression_stands_for(template: str, text: str) -> None:
    assert rendered(template) == text


def test_each_place_gets_a_guid_of_its_own() -> None:
    first, second = parse_template("{rand-guid} {rand-guid}").render({}, Moment("Fn")).split()
    assert first != second
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", first)


def test_a_property_called_datetime_goes_first() -> None:
    assert rendered("{datetime}", {"datetime": "mine"}) == "mine"
    assert rendered("{datetime:yyyy}", {"datetime": "2001-01-01T00:00:00Z"}) == "2001"


def test_values_are_escaped_and_literals_are_not() -> None:
    template = parse_template("Name eq '{name}' or '{{'")
    assert template.render({"name": "O'Neil"}, MOMENT, lambda text: text.replace("'", "''")) == (
        "Name eq 'O''Neil' or '{'"
    )


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("samples/{id", "Invalid template 'samples/{id'. Missing closing bracket at position 9."),
        ("{a{b}}", "Missing closing bracket at position 1."),
        ("a}b", "Invalid template 'a}b'. Missing opening bracket at position 2."),
        ("{}", "is empty"),
        ("{a..b}", "empty part"),
        ("{:N}", "is empty"),
    ],
)
def test_malformed_templates(template: str, message: str) -> None:
    with pytest.raises(ExpressionProblem, match=re.escape(message)):
        parse_template(template)


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("{missing}", "No value for named parameter 'missing'."),
        ("{customer.missing}", "Error while accessing 'missing': property doesn't exist."),
        ("{customer.nothing}", "Error while accessing 'nothing': property doesn't exist."),
        ("{customer.name.first}", "Error while accessing 'first':"),
        ("{customer}", "an object cannot be inserted"),
        ("{customer.tags}", "a list cannot be inserted"),
        ("{id:yyyy-QQ[}", "is no format of a number"),
        ("{yes:D2}", "needs a date, a number or a GUID"),
    ],
)
def test_values_that_are_missing_or_no_text(template: str, message: str) -> None:
    with pytest.raises(ExpressionProblem, match=re.escape(message)):
        rendered(template)


def test_names_that_no_event_provides_are_found_when_the_app_is_read() -> None:
    known = frozenset({"name", "blobtrigger"})
    check_names(parse_template("{name}/{BlobTrigger}/{rand-guid}/{datetime}/{sys.utcnow}"), known)
    check_names(parse_template("{anything}"), None)
    for template, unknown in (("{other}", known), ("{sys.other}", None), ("{sys}", None), ("{name}", frozenset[str]())):
        with pytest.raises(ExpressionProblem, match="^Unable to resolve binding parameter"):
            check_names(parse_template(template), unknown)


@pytest.mark.parametrize("template", ["{rand-guid:Q}", "{datetime:Q}", "{sys.utcnow:ffffffff}"])
def test_formats_of_the_systems_values_are_checked_when_the_app_is_read(template: str) -> None:
    with pytest.raises(ExpressionProblem, match="is wrong"):
        check_names(parse_template(template), None)


def test_a_template_without_expressions_is_constant() -> None:
    assert parse_template("a/{{b}}").constant == "a/{b}"
    assert parse_template("a/{b}").constant is None
    assert not parse_template("{rand-guid}{sys.utcnow}").needs_data
    assert parse_template("{datetime}").needs_data
