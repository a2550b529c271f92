from __future__ import annotations

import pytest

from funchost_worker.cookies import rendered_cookies


def test_the_form_that_existing_tests_pin() -> None:
    text = (
        "foo3=42; Domain=example.com; Expires=Thu, 12-Jan-2017 13:55:08 GMT; Path=/; Max-Age=10000000; Secure; HttpOnly"
    )
    assert rendered_cookies(text) == [
        "foo3=42; expires=Thu, 12 Jan 2017 13:55:08 GMT; max-age=10000000; domain=example.com; path=/; secure; httponly"
    ]


def test_a_bare_cookie_gets_no_empty_attributes() -> None:
    assert rendered_cookies("foo=bar") == ["foo=bar"]


@pytest.mark.parametrize(("given", "written"), [("Lax", "lax"), ("STRICT", "strict"), ("none", "none")])
def test_samesite(given: str, written: str) -> None:
    assert rendered_cookies(f"a=b; SameSite={given}; HttpOnly") == [f"a=b; samesite={written}; httponly"]


def test_quoted_values_stay_quoted() -> None:
    assert rendered_cookies('a="b c"; path=/x') == ['a="b c"; path=/x']


@pytest.mark.parametrize("text", ["", "   ", ";", "no cookie here"])
def test_what_is_no_cookie_gives_none(text: str) -> None:
    assert rendered_cookies(text) == []


def test_an_expires_that_is_no_date_fails_the_call() -> None:
    with pytest.raises(ValueError, match="is no date"):
        rendered_cookies("a=b; expires=sometimes")


@pytest.mark.parametrize("date", ["Thu, 12-Jan-2017 13:55:08 GMT", "Thu, 12 Jan 2017 13:55:08 GMT"])
def test_dates_are_written_in_one_form(date: str) -> None:
    assert rendered_cookies(f"a=b; expires={date}") == ["a=b; expires=Thu, 12 Jan 2017 13:55:08 GMT"]
