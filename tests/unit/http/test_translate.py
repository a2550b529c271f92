from __future__ import annotations

import pytest

from funchost.app.invocation import Datum, HttpResponseData, InvocationResult, Status
from funchost.app.route import parse_template
from funchost.http.endpoint import Endpoint
from funchost.http.reply import Reply
from funchost.http.translate import (
    InvalidResponseError,
    decoded_headers,
    decoded_query,
    request_data,
    response_reply,
)
from tests.unit.http.apps import answer, http_function, request_scope

ENDPOINT = Endpoint("F", http_function("F"), parse_template("api/f"))


@pytest.mark.parametrize(
    ("raw", "query"),
    [
        (b"a=1&b=2", {"a": "1", "b": "2"}),
        (b"a=1&a=2", {"a": "1,2"}),
        (b"a=&b", {"a": "", "b": ""}),
        (b"a+b=c%20d%26&&", {"a b": "c d&"}),
        (b"x=a=b", {"x": "a=b"}),
        (b"x=%ff", {"x": "\ufffd"}),
    ],
)
def test_query_values_are_decoded_joined_and_kept_when_empty(raw: bytes, query: dict[str, str]) -> None:
    assert decoded_query(raw) == query


def test_repeated_headers_are_joined_and_cookies_stay_cookies() -> None:
    raw = [(b"a", b"1"), (b"cookie", b"x=1"), (b"a", b""), (b"cookie", b"y=2"), (b"b", b"\xe9")]
    assert decoded_headers(raw) == {"a": "1,", "cookie": "x=1; y=2", "b": "é"}


def test_the_url_has_the_decoded_path_and_the_raw_query() -> None:
    scope = request_scope("GET", "/api/a%20b?x=%20y")
    data = request_data(scope, "/api/a%20b", decoded_headers(scope["headers"]), {"p": "1"}, b"")
    assert data.url == "http://localhost:7071/api/a b?x=%20y"
    assert (data.method, data.query, data.params) == ("GET", {"x": " y"}, {"p": "1"})


def reply_to(datum: Datum) -> Reply | None:
    return response_reply(ENDPOINT, InvocationResult(Status.SUCCEEDED, datum))


@pytest.mark.parametrize("text", ['{"body": "x", "status": 404}', "[1,2]", '"quoted"', "null", "é"])
def test_a_text_goes_out_as_returned(text: str) -> None:
    assert reply_to(Datum("string", text)) == Reply(
        200, [(b"content-type", b"text/plain; charset=utf-8")], text.encode()
    )


def test_other_values_get_the_type_that_fits() -> None:
    for datum, kind, body in (
        (Datum("json", "[1]"), b"application/json; charset=utf-8", b"[1]"),
        (Datum("bytes", b"\0"), b"application/octet-stream", b"\0"),
        (Datum("int", 5), b"text/plain; charset=utf-8", b"5"),
    ):
        assert reply_to(datum) == Reply(200, [(b"content-type", kind)], body)


def test_nothing_returned_is_no_reply() -> None:
    assert reply_to(Datum("none", None)) is None


def test_a_named_output_is_the_response_and_the_return_value_is_not() -> None:
    endpoint = Endpoint("F", http_function("F", output="res"), parse_template("f"))
    value = Datum("http", HttpResponseData(201, [], [], b"named"))
    result = InvocationResult(Status.SUCCEEDED, Datum("string", "returned"), {"res": value})
    assert response_reply(endpoint, result) == Reply(201, [], b"named")
    assert response_reply(endpoint, InvocationResult(Status.SUCCEEDED, Datum("string", "returned"))) is None


def test_without_an_http_output_the_value_for_another_binding_is_echoed() -> None:
    endpoint = Endpoint("F", http_function("F", output=None), parse_template("f"))
    reply = response_reply(endpoint, InvocationResult(Status.SUCCEEDED, Datum("string", "queued")))
    assert reply is not None
    assert (reply.status, reply.body) == (200, b"queued")
    for value, body in (
        (Datum("collection_bytes", [b"a", b"b"]), b'["a", "b"]'),
        (Datum("bytes", b"\x00"), b"\x00"),
        (Datum("bytes", object()), b""),  # a stream, which the other binding has used up
        (Datum("int", 5), b"5"),
    ):
        reply = response_reply(endpoint, InvocationResult(Status.SUCCEEDED, value))
        assert reply is not None
        assert (reply.status, reply.body) == (200, body)


def test_headers_about_the_connection_are_dropped_also_when_alone() -> None:
    for name in ("Connection", "Transfer-Encoding", "Keep-Alive", "Upgrade", "TE", "Trailer", "Proxy-Connection"):
        reply = response_reply(ENDPOINT, answer(headers=((name, "close"),)))
        assert reply is not None
        assert reply.headers == [], name


def test_a_stated_length_never_contradicts_the_body() -> None:
    reply = response_reply(ENDPOINT, answer(b"hello", headers=(("Content-Length", "99"), ("X", "1"))))
    assert reply is not None
    assert reply.headers == [(b"x", b"1")]


def test_every_cookie_is_a_header_of_its_own() -> None:
    reply = response_reply(ENDPOINT, answer(cookies=("a=1; Path=/", "b=2")))
    assert reply is not None
    assert reply.headers == [(b"set-cookie", b"a=1; Path=/"), (b"set-cookie", b"b=2")]


@pytest.mark.parametrize(
    ("name", "value"),
    [("X", "a\r\nSet-Cookie: b=1"), ("X", "a\nb"), ("X", "\0"), ("X\r\nY", "1"), ("", "1"), ("X Y", "1"), ("X", "漢")],
)
def test_a_header_that_would_break_the_answer_is_refused(name: str, value: str) -> None:
    with pytest.raises(InvalidResponseError):
        response_reply(ENDPOINT, answer(headers=((name, value),)))


def test_a_cookie_cannot_smuggle_a_header() -> None:
    with pytest.raises(InvalidResponseError):
        response_reply(ENDPOINT, answer(cookies=("a=1\r\nX: y",)))


@pytest.mark.parametrize("status", [0, 100, 101, 199, 1000])
def test_a_status_that_no_answer_can_have_is_refused(status: int) -> None:
    with pytest.raises(InvalidResponseError):
        response_reply(ENDPOINT, answer(status=status))
