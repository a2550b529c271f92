from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from funchost.app.jsonc import parse
from funchost.app.jsonc_edit import JsonEdit
from funchost.errors import ConfigError

PATH = Path("local.settings.json")


def edit(text: str) -> JsonEdit:
    return JsonEdit(text.encode(), PATH)


def with_set(text: str, *keys: str, value: object) -> str:
    change = edit(text)
    change.set(keys, value)
    return change.content().decode()


def without(text: str, *keys: str) -> str:
    change = edit(text)
    change.remove(keys)
    return change.content().decode()


COMMENTED = """// mine
{
    "IsEncrypted": false, /* for now */
    "Values": {
        // the first
        "A": "1", // one
        "B": "2"  // two
    },
    "Other": [1,  2], "More": {"x":1}
}
"""


def test_a_new_property_comes_behind_the_last_and_its_comment() -> None:
    assert with_set(COMMENTED, "Values", "C", value="3") == COMMENTED.replace(
        '"B": "2"  // two\n', '"B": "2",  // two\n        "C": "3"\n'
    )


def test_a_value_is_replaced_where_it_stands() -> None:
    assert with_set(COMMENTED, "Values", "A", value='x"y') == COMMENTED.replace('"A": "1"', '"A": "x\\"y"')
    assert with_set(COMMENTED, "IsEncrypted", value=True) == COMMENTED.replace("false", "true")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("{}", '{\n  "A": "1"\n}'),
        ('{"B":2}', '{"B":2, "A": "1"}'),
        ('{"B":2,}', '{"B":2, "A": "1",}'),
        ('{\n\t"B": 2\n}\n', '{\n\t"B": 2,\n\t"A": "1"\n}\n'),
        ('{\n "B": 2,\n}', '{\n "B": 2,\n "A": "1",\n}'),
        ('{\r\n  "B": 2\r\n}', '{\r\n  "B": 2,\r\n  "A": "1"\r\n}'),
        ("{ // none\n}", '{ // none\n  "A": "1"\n}'),
        ('{"B": 2 /* a\nb */}', '{"B": 2, /* a\nb */\n"A": "1"\n}'),
    ],
)
def test_a_new_property_has_the_form_of_its_neighbours(before: str, after: str) -> None:
    assert with_set(before, "A", value="1") == after


@pytest.mark.parametrize(
    ("before", "name", "after"),
    [
        ('{\n  "A": 1, // a\n  "B": 2 // b\n}', "A", '{\n  "B": 2 // b\n}'),
        ('{\n  "A": 1, // a\n  "B": 2 // b\n}', "B", '{\n  "A": 1 // a\n}'),
        ('{\n  "A": 1,\n  "B": 2,\n}', "B", '{\n  "A": 1,\n}'),
        ('{"A": 1, "B": 2}', "A", '{"B": 2}'),
        ('{"A": 1, "B": 2}', "B", '{"A": 1}'),
        ('{"A": 1}', "A", "{}"),
        ('{\r\n  "A": 1,\r\n  "B": 2\r\n}', "A", '{\r\n  "B": 2\r\n}'),
        ('{\n  "A": 1\n  , "B": 2\n}', "B", '{\n  "A": 1\n}'),
    ],
)
def test_a_property_goes_with_its_line_and_comment(before: str, name: str, after: str) -> None:
    changed = without(before, name)
    assert parse(changed.encode(), PATH).value == parse(after.encode(), PATH).value
    if "\n  ," not in before:
        assert changed == after


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_encoding_and_byte_order_mark_stay(encoding: str) -> None:
    change = JsonEdit('{"é": "ü"}'.encode(encoding), PATH)
    change.set(("B",), "ö")
    assert change.content() == '{"é": "ü", "B": "ö"}'.encode(encoding)


def test_a_text_that_looks_like_a_comment_is_none() -> None:
    text = '{"A": "https://x/*y*/", "B": "//,"}'
    assert without(with_set(text, "C", value="//"), "A") == '{"B": "//,", "C": "//"}'


def test_an_object_is_indented_as_its_surroundings() -> None:
    assert with_set('{\n  "A": 1\n}', "V", value={"x": "1"}) == '{\n  "A": 1,\n  "V": {\n    "x": "1"\n  }\n}'


def test_a_file_that_is_not_json_is_refused_with_its_line() -> None:
    with pytest.raises(ConfigError) as caught:
        edit('{\n"A" 1}')
    assert caught.value.line == 2


NAMES = st.text(alphabet='ab,/*{}"\\ é', min_size=1, max_size=4)
FILLERS = st.sampled_from(["", " ", "\n", "\r\n", " // x, }\n", "/* , { */", "\n\t"])


@st.composite
def commented_objects(draw: st.DrawFn) -> str:
    """An object of texts with blanks and comments anywhere between its marks, and perhaps a comma too many."""
    names = draw(st.lists(NAMES, unique=True, max_size=4))
    parts = []
    for number, name in enumerate(names):
        last = number == len(names) - 1
        comma = "," if not last or draw(st.booleans()) else ""
        marks = [json.dumps(name), ":", json.dumps(draw(NAMES)), comma]
        parts.append("".join(draw(FILLERS) + mark for mark in marks))
    return draw(FILLERS) + "{" + "".join(parts) + draw(FILLERS) + "}" + draw(FILLERS)


@settings(max_examples=60, deadline=None)
@given(commented_objects(), NAMES, NAMES)
def test_every_object_can_be_changed_and_changed_back(text: str, name: str, value: str) -> None:
    change = edit(text)
    before = dict(change.value)
    change.set((name,), value)
    assert change.value == {**before, name: value}
    change.remove((name,))
    assert change.value == {own: each for own, each in before.items() if own != name}
    assert text.count("// x") - change.content().decode().count("// x") <= (2 if name in before else 1)
