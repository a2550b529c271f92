from __future__ import annotations

import pytest

from funchost.app.setting_references import may_refer, resolve

SETTINGS = {"a": "1", "b": "%a%", "empty": ""}


@pytest.mark.parametrize(
    ("text", "resolved"),
    [
        ("plain", "plain"),
        ("", ""),
        ("%a%", "1"),
        ("x-%a%-%a%-y", "x-1-1-y"),
        ("%b%", "%a%"),
        ("[%empty%]", "[]"),
        ("{name}/%a%", "{name}/1"),
    ],
)
def test_references_are_replaced_once(text: str, resolved: str) -> None:
    assert resolve(text, SETTINGS.get) == resolved


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("%missing%", "'%missing%' does not resolve to a value."),
        ("%%", "'%%' does not resolve to a value."),
        ("%a% 5%", "The '%' at position 5 does not have a closing '%'."),
        ("%", "The '%' at position 0 does not have a closing '%'."),
    ],
)
def test_what_does_not_resolve_is_named(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        resolve(text, SETTINGS.get)


def test_percent_signs_of_routes_mean_nothing() -> None:
    assert not may_refer("route")
    assert may_refer("queuename")
