"""Errors as one text."""

from __future__ import annotations

import pytest

from funchost.errors import FuncHostError


@pytest.mark.parametrize(
    ("message", "hint", "text"),
    [
        ("It is wrong.", None, "It is wrong."),
        ("It is wrong.", "Mend it.", "It is wrong. Mend it."),
        ("Wrong are:\n  a\n  b", "Mend them.", "Wrong are:\n  a\n  b\nMend them."),
    ],
)
def test_the_hint_follows_the_message_and_below_a_list_it_has_its_own_line(
    message: str, hint: str | None, text: str
) -> None:
    assert FuncHostError(message, hint=hint).text == text
