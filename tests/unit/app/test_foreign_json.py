from __future__ import annotations

import json

import pytest

from funchost.app.foreign_json import DEEPEST, is_deeper, read_foreign


def nested(levels: int, opening: str = "[", closing: str = "]") -> str:
    return opening * levels + ("1" if opening.endswith(":") else "") + closing * levels


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}"), ('[{"a":', "}]")])
def test_a_text_may_be_so_deep_and_no_deeper(opening: str, closing: str) -> None:
    levels = DEEPEST // (opening.count("[") + opening.count("{"))
    text = nested(levels, opening, closing)
    assert read_foreign(text) == read_foreign(text.encode()) == json.loads(text)
    for deeper in (levels + 1, 2 * levels, 100_000):
        for form in (nested(deeper, opening, closing), nested(deeper, opening, closing).encode()):
            with pytest.raises(ValueError, match="nested more than 200 levels"):
                read_foreign(form)


def test_a_wide_text_is_not_deep() -> None:
    text = json.dumps([{"a": [1]}] * 1000)
    assert read_foreign(text) == json.loads(text)


@pytest.mark.parametrize("text", ["", "x", b"\xff", '"half', "1" * 5000])
def test_what_is_no_json_is_refused(text: str | bytes) -> None:
    with pytest.raises(ValueError):
        read_foreign(text)


def test_brackets_in_a_text_are_no_levels() -> None:
    assert read_foreign(json.dumps("[" * 1000)) == "[" * 1000
    assert not is_deeper(["x", {}], 2)
    assert is_deeper(["x", {}], 1)
