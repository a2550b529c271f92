import pytest

from tests.unit.fallback.loading import Datum, load_fallback, texts

func = load_fallback()
converter = func.get_binding_registry().get("httpTrigger")


def test_a_request_made_as_in_the_unit_test_of_the_guide() -> None:
    req = func.HttpRequest(method="GET", body=None, url="/api/HttpTrigger", params={"name": "Test"})
    assert req.method == "GET"
    assert req.url == "/api/HttpTrigger"
    assert req.params.get("name") == "Test"
    assert req.get_body() == b""


def test_method_is_upper_case_and_headers_have_no_case() -> None:
    req = func.HttpRequest("post", "/x", headers={"X-Token": "1"}, route_params={"id": "7"}, body=b"")
    assert req.method == "POST"
    assert req.headers["x-token"] == req.headers["X-TOKEN"] == "1"
    assert "X-token" in req.headers
    assert req.headers.get("missing") is None
    assert req.route_params["id"] == "7"


@pytest.mark.parametrize("mapping", ["params", "route_params", "headers"])
def test_mappings_of_a_request_are_read_only(mapping: str) -> None:
    req = func.HttpRequest("GET", "/x", body=None)
    with pytest.raises(TypeError):
        getattr(req, mapping)["a"] = "b"


def test_json_body() -> None:
    assert func.HttpRequest("POST", "/x", body='{"a": "é"}'.encode()).get_json() == {"a": "é"}


@pytest.mark.parametrize("body", [None, b"", b"no json", b"\xff"])
def test_a_body_that_is_no_json_is_a_value_error(body: bytes | None) -> None:
    with pytest.raises(ValueError, match="HTTP request does not contain valid JSON data"):
        func.HttpRequest("POST", "/x", body=body).get_json()


def test_decode_takes_the_plain_values_out_of_the_datums() -> None:
    value = {
        "method": Datum("get", "string"),
        "url": Datum("http://h/x?q=1", "string"),
        "headers": texts(accept="*/*"),
        "query": texts(q="1"),
        "params": texts(id="3"),
        "body": Datum(b"abc", "bytes"),
    }
    req = converter.decode(Datum(value, "http"), trigger_metadata={})
    assert (req.method, req.url, req.get_body()) == ("GET", "http://h/x?q=1", b"abc")
    assert (req.headers["Accept"], req.params["q"], req.route_params["id"]) == ("*/*", "1", "3")


def test_decode_refuses_other_datums() -> None:
    with pytest.raises(NotImplementedError):
        converter.decode(Datum("text", "string"), trigger_metadata={})


def test_annotations() -> None:
    assert converter.check_input_type_annotation(func.HttpRequest)
    assert not converter.check_input_type_annotation(str)
    assert converter.has_trigger_support()
    assert not converter.has_implicit_output()
