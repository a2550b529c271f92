from __future__ import annotations

import pytest

from funchost.app.route import parse_template
from funchost.app.route_constraints import REGEX_VALUE_LIMIT


def match(template: str, path: str) -> dict[str, str] | None:
    pieces = path.split("/") if path else []
    trailing = bool(pieces) and pieces[-1] == ""
    return parse_template(template).match(pieces[:-1] if trailing else pieces, trailing_slash=trailing)


@pytest.mark.parametrize(
    ("template", "path", "values"),
    [
        ("", "", {}),
        ("Items/Recent", "iTEMS/rECENT", {}),
        ("items/{id}", "Items/AbC", {"id": "AbC"}),
        ("/items/{id}/", "items/1", {"id": "1"}),
        ("items/{id?}", "items", {}),
        ("items/{id?}", "items/1", {"id": "1"}),
        ("items/{id=5}", "items", {"id": "5"}),
        ("items/{id=5}", "items/6", {"id": "6"}),
        ("{a}/{b?}/{c?}", "1/2", {"a": "1", "b": "2"}),
        ("files/{*path}", "files/a/b/", {"path": "a/b/"}),
        ("files/{**path}", "files", {}),
        ("files/{*path=index.html}", "files", {"path": "index.html"}),
        ("{file}.{ext?}", "a.b.txt", {"file": "a.b", "ext": "txt"}),
        ("{file}.{ext?}", "readme", {"file": "readme"}),
        ("{a}-{b}-{c}", "1-2-3-4", {"a": "1-2", "b": "3", "c": "4"}),
        ("v{major}.{minor}", "V1.2", {"major": "1", "minor": "2"}),
        ("a{{b}}", "A{B}", {}),
        ("{id:int?}", "", {}),
        ("{x:regex((a|b):c)=9}", "a:c", {"x": "a:c"}),
        ("{x:regex(^a/b$)}", "a/b", None),
        ("{x:regex(^\\d{{2}}$)}", "12", {"x": "12"}),
        ("{x:regex(^(?<year>\\d+)$)}", "1999", {"x": "1999"}),
    ],
)
def test_a_path_that_fits_gives_the_values_of_the_route(
    template: str, path: str, values: dict[str, str] | None
) -> None:
    assert match(template, path) == values


@pytest.mark.parametrize(
    ("template", "path"),
    [
        ("items", "item"),
        ("items/{id}", "items"),
        ("items/{id}", "items/1/2"),
        ("items/{id}", "items//"),
        ("{file}.{ext?}", "readme."),
        ("x{a}y", "xy"),
        ("{a}-{b}", "-1"),
        ("{id:int}/{name}", "a/b"),
    ],
)
def test_a_path_that_does_not_fit_matches_nothing(template: str, path: str) -> None:
    assert match(template, path) is None


@pytest.mark.parametrize(
    ("constraint", "accepted", "refused"),
    [
        ("int", ["0", "-5", "+7", "2147483647"], ["1.5", "2147483648", "x", "١"]),
        ("long", ["9223372036854775807"], ["9223372036854775808"]),
        ("bool", ["true", "FALSE"], ["1", "yes"]),
        (
            "datetime",
            ["2020-01-31", "2020-01-31T10:20:30", "1-31-2020", "31 Jan 2020"],
            ["2020-02-31", "20200131", "x"],
        ),
        ("decimal", ["1.5", "1,000", "-.5"], ["1e5", "x", "9" * 30]),
        ("double", ["1e5", "NaN", "-1.5"], ["x", "1e"]),
        ("float", ["1.5"], ["1,x"]),
        ("guid", ["00000000-0000-0000-0000-00000000000a", "{00000000-0000-0000-0000-00000000000A}"], ["0000", "{00}"]),
        ("minlength(2)", ["ab"], ["a"]),
        ("maxlength(2)", ["ab"], ["abc"]),
        ("length(2)", ["ab"], ["a", "abc"]),
        ("length(1,2)", ["a", "ab"], ["abc"]),
        ("min(3)", ["3"], ["2", "x"]),
        ("max(3)", ["3", "-1"], ["4"]),
        ("range(1,3)", ["1", "3"], ["0", "4"]),
        ("alpha", ["aZ"], ["a1", "é"]),
        ("regex(^a+$)", ["aa", "AA"], ["b"]),
        ("required", ["x"], []),
        ("file", ["a.b"], ["ab", "ab."]),
        ("nonfile", ["ab"], ["a.b"]),
        ("INT:Min(3)", ["3"], ["2"]),
    ],
)
def test_constraints_decide_by_the_value(constraint: str, accepted: list[str], refused: list[str]) -> None:
    template = parse_template(f"{{x:{constraint}}}")
    assert [value for value in accepted if template.match([value]) is None] == []
    assert [value for value in refused if template.match([value]) is not None] == []


def test_a_value_over_the_limit_never_matches_a_pattern() -> None:
    template = parse_template("{x:regex(a)}")
    assert template.match(["a" * REGEX_VALUE_LIMIT]) is not None
    assert template.match(["a" * (REGEX_VALUE_LIMIT + 1)]) is None


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("a//b", "two slashes in a row"),
        ("{a", "without a closing"),
        ("a}", "without a '{'"),
        ("{a}{b}", "two parameters in a row"),
        ("{a?}x", "must end its segment"),
        ("{a}-{b?}", "only a period"),
        ("{*a}/b", "at the end"),
        ("x{*a}", "at the end"),
        ("{*a?}", "leave out the '?'"),
        ("{a=1?}", "cannot be optional as well"),
        ("{a}/{A}", "two parameters called 'A'"),
        ("{}", "bad name"),
        ("a?b", "query is not part of a route"),
        ("{a:foo}", "no constraint 'foo'; known are alpha"),
        ("{a:int(3)}", "takes no argument"),
        ("{a:length(x)}", "takes 1 or 2 whole number"),
        ("{a:range(5,1)}", "is empty"),
        ("{a:regex([)}", "is wrong"),
        ("{a:min(1}", "no closing parenthesis"),
    ],
)
def test_a_wrong_template_is_explained(template: str, said: str) -> None:
    with pytest.raises(ValueError) as caught:
        parse_template(template)
    assert said in str(caught.value)
    assert template.strip("/") in str(caught.value) or "constraint" in str(caught.value)


def test_precedence_puts_literals_first_and_a_catch_all_last() -> None:
    templates = ["x/{*p}", "x/{a}", "x/{a:int}", "x/a{b}", "x/y"]
    ordered = sorted(templates, key=lambda text: parse_template(text).precedence)
    assert ordered == templates[::-1]


def test_only_a_template_without_parameters_is_literal() -> None:
    assert parse_template("Api/Items").literal == "api/items"
    assert parse_template("api/{id}").literal is None
