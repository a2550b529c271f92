from __future__ import annotations

import pytest

from funchost.deploy.client.refusals import refusal

URL = "https://user@shop.example.org:8443/api/x?code=secret"


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        (b'{"error": {"code": "Conflict", "message": "Busy."}}', "Conflict", "Busy."),
        (b'{"Message": "Busy."}', "409", "Busy."),
        (b'{"error": "Busy."}', "409", "Busy."),
        (b"Busy.", "409", "Busy."),
        (b'["x"]', "409", "['x']"),
        (b"", "409", "https://shop.example.org:8443/api/x answered 409."),
        (b"<html>proxy</html>", "409", "https://shop.example.org:8443/api/x answered 409."),
    ],
)
def test_what_servers_say_is_passed_on(body: bytes, code: str, message: str) -> None:
    error = refusal(409, body, URL)
    assert (error.code, error.message, error.status) == (code, message, 409)


@pytest.mark.parametrize(("status", "words"), [(401, "does not accept"), (403, "does not allow"), (302, "redirect")])
def test_refusals_that_need_words_of_our_own(status: int, words: str) -> None:
    error = refusal(status, b"", URL)
    assert words in error.message
    assert "secret" not in error.message


def test_long_texts_are_cut() -> None:
    assert len(refusal(400, b"x" * 1_000_000, URL).message) <= 4000
