from __future__ import annotations

from funchost.cli.settings_list import listing

CONTENT: dict[str, object] = {
    "values": {"A": "1", "Nothing": None},
    "ConnectionStrings": {"C": "x", "D": {"ConnectionString": "y", "ProviderName": "p"}},
}


def test_values_are_masked_unless_they_are_asked_for() -> None:
    assert list(listing(CONTENT, None)) == [
        *("App Settings:", "   -> Name: A", "      Value: *****", "   -> Name: Nothing", "      Value: *****", ""),
        *("Connection Strings:", "   -> Name: C", "      Value: *****"),
        *("   -> Name: D", "      Value: *****", "      ProviderName: p"),
    ]


def test_values_are_shown_as_the_app_gets_them() -> None:
    lines = list(listing(CONTENT, {"A": "1", "ConnectionStrings:C": "x", "ConnectionStrings:D": "y"}))
    assert [line for line in lines if "Value" in line] == [f"      Value: {text}" for text in ("1", "null", "x", "y")]


def test_without_sections_the_headings_stand_alone() -> None:
    assert list(listing({}, None)) == ["App Settings:", "", "Connection Strings:"]
