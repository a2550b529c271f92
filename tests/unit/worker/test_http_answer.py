from __future__ import annotations

from http import HTTPStatus
from typing import Any

import azure.functions as func
import pytest

from funchost_worker.http_answer import response_answer, text_answer


def test_a_text_goes_out_as_returned() -> None:
    answer = text_answer('{"body": "é"}')
    assert (answer.status, answer.cookies, answer.body) == (200, [], '{"body": "é"}'.encode())
    assert answer.headers == [["content-type", "text/plain; charset=utf-8"]]


def test_a_text_with_a_lone_surrogate_is_refused_with_its_place() -> None:
    with pytest.raises(ValueError, match="lone surrogate at position 1"):
        text_answer("a\ud800")


def test_content_type_is_added_from_mimetype_and_charset() -> None:
    plain = response_answer(func.HttpResponse("é", charset="latin-1"))
    assert plain.headers == [["content-type", "text/plain; charset=latin-1"]]
    assert plain.body == b"\xe9"
    assert response_answer(func.HttpResponse(b"", mimetype="application/json")).headers == [
        ["content-type", "application/json"]
    ]


def test_a_content_type_of_the_function_stays() -> None:
    answer = response_answer(func.HttpResponse("x", headers={"Content-Type": "a/b"}, status_code=HTTPStatus.CREATED))
    assert answer.headers == [["Content-Type", "a/b"]]
    assert answer.status == 201


def test_repeated_headers_are_all_kept_and_cookies_set_apart() -> None:
    response = func.HttpResponse("x", headers={"a": "1"})
    response.headers.add("a", "2")
    response.headers.add("Set-Cookie", "c=1")
    response.headers.add("Set-Cookie", "d=2; Path=/")
    answer = response_answer(response)
    assert [header for header in answer.headers if header[0] == "a"] == [["a", "1"], ["a", "2"]]
    assert answer.cookies == ["c=1", "d=2; path=/"]


class Response:
    """A response that checks nothing, as those of old releases."""

    mimetype = "text/plain"
    charset = "utf-8"

    def __init__(self, status: Any = 200, headers: dict[Any, Any] | None = None) -> None:
        self.status_code = status
        self.headers = headers or {}

    def get_body(self) -> bytes:
        return b""


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("a\r\nx", "1", "not a valid header name"),
        ("", "1", "not a valid header name"),
        ("a b", "1", "not a valid header name"),
        (3, "1", "not a valid header name"),
        ("a", "1\r\nSet-Cookie: x=y", "control character or line break"),
        ("a", "1\n", "control character or line break"),
        ("a", "\0", "control character or line break"),
        ("a", "Ω", "outside of Latin-1"),
        ("a", None, "is None"),
        ("content-type", None, "is None"),
    ],
)
def test_headers_that_would_break_or_forge_a_response_are_refused(name: Any, value: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        response_answer(Response(headers={name: value}))


def test_values_that_are_no_text_are_written_as_text() -> None:
    assert ["a", "3"] in response_answer(Response(headers={"a": 3})).headers
    assert ["b", "é\t!"] in response_answer(Response(headers={"b": "é\t!"})).headers


@pytest.mark.parametrize("status", [0, 101, 199, 1000, -1, "abc", None])
def test_status_codes_that_do_not_exist_are_refused(status: Any) -> None:
    with pytest.raises(ValueError, match="the status code must be"):
        response_answer(Response(status))


def test_a_mimetype_cannot_smuggle_headers() -> None:
    response = Response()
    response.mimetype = "text/plain\r\nx: y"
    with pytest.raises(ValueError, match="content-type"):
        response_answer(response)
