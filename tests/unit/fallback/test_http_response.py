from http import HTTPStatus
from typing import Any

import pytest

from tests.unit.fallback.loading import load_fallback

func = load_fallback()
converter = func.get_binding_registry().get("http")


def encode(obj: object) -> Any:
    return converter.encode(obj, expected_type=None)


def sent_headers(response: object) -> dict[str, str]:
    return {name: datum.value for name, datum in encode(response).value["headers"].items()}


def test_text_goes_out_as_text() -> None:
    datum = encode('{"a":  1}')
    assert (datum.type, datum.value) == ("string", '{"a":  1}')


def test_defaults_of_a_response() -> None:
    datum = encode(func.HttpResponse("é"))
    assert datum.type == "http"
    assert datum.value["status_code"].value == "200"
    assert datum.value["body"].value == "é".encode()
    assert datum.value["cookies"] is None
    assert sent_headers(func.HttpResponse("é")) == {"content-type": "text/plain; charset=utf-8"}


def test_charset_encodes_the_body_and_names_itself() -> None:
    response = func.HttpResponse("é", charset="latin-1", mimetype="text/html")
    assert response.get_body() == b"\xe9"
    assert sent_headers(response) == {"content-type": "text/html; charset=latin-1"}


def test_other_media_types_carry_no_charset() -> None:
    assert sent_headers(func.HttpResponse("{}", mimetype="application/json")) == {"content-type": "application/json"}


def test_a_content_type_header_of_any_case_wins_over_mimetype() -> None:
    response = func.HttpResponse("x", headers={"CONTENT-TYPE": "text/csv"}, mimetype="text/html")
    assert sent_headers(response) == {"CONTENT-TYPE": "text/csv"}
    assert response.mimetype == "text/html"


def test_encoding_leaves_the_response_as_it_is() -> None:
    response = func.HttpResponse("x", headers={"Set-Cookie": "a=1"})
    assert len(encode(response).value["cookies"]) == len(encode(response).value["cookies"]) == 1
    assert list(response.headers) == ["Set-Cookie"]


@pytest.mark.parametrize("status", [404, "404", HTTPStatus.NOT_FOUND])
def test_status_forms(status: object) -> None:
    assert func.HttpResponse(status_code=status).status_code == 404


def test_a_status_that_is_no_number_is_named() -> None:
    with pytest.raises(TypeError, match="a status code is a number, got 'ok'"):
        func.HttpResponse(status_code="ok")


def test_a_body_of_another_type_is_refused() -> None:
    with pytest.raises(TypeError, match="response is expected to be either of str, bytes, or bytearray, got dict"):
        func.HttpResponse({"a": 1})


def test_several_cookies_become_cookie_objects() -> None:
    response = func.HttpResponse("x")
    response.headers.add("Set-Cookie", "a=1; Path=/; Secure")
    response.headers.add("set-cookie", 'b="two words"; Expires=Thu, 12 Jan 2017 13:55:08 GMT')
    first, second = encode(response).value["cookies"]
    assert (first["a"].value, first["a"]["path"], first["a"]["secure"]) == ("1", "/", True)
    assert (second["b"].value, second["b"]["expires"]) == ("two words", "Thu, 12 Jan 2017 13:55:08 GMT")
    assert "set-cookie" not in {name.lower() for name in sent_headers(response)}


def test_repeated_headers_are_joined() -> None:
    response = func.HttpResponse(headers={"Vary": ["Accept", "Origin"]})
    assert sent_headers(response)["Vary"] == "Accept, Origin"


def test_headers_behave_like_a_dict_without_case() -> None:
    headers = func.HttpResponse(headers={"X-A": "1"}).headers
    headers["x-a"] = "2"
    headers.add("X-B", "3")
    headers.add("x-b", "4")
    assert dict(headers) == {"x-a": "2", "X-B": "3"}
    assert headers.getlist("X-B") == ["3", "4"]
    assert list(headers.items()) == [("x-a", "2"), ("X-B", "3"), ("x-b", "4")]
    assert list(headers.values()) == ["2", "3", "4"]
    assert headers.get("nothing") is None
    del headers["X-b"]
    assert len(headers) == 1
    with pytest.raises(KeyError):
        del headers["X-b"]


@pytest.mark.parametrize("obj", [None, b"bytes", {"a": 1}, 3])
def test_other_results_cannot_be_encoded(obj: object) -> None:
    with pytest.raises(NotImplementedError):
        encode(obj)


def test_return_annotations() -> None:
    assert converter.check_output_type_annotation(func.HttpResponse)
    assert converter.check_output_type_annotation(str)
    assert not converter.check_output_type_annotation(int)
    assert not converter.check_output_type_annotation(list[str])
