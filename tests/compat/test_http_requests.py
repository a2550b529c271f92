"""What a function sees of a request."""

import hashlib
import json
from collections.abc import Iterator
from typing import cast

import pytest

from funchost.testing import HostProcess, Response
from tests.compat.app_folders import APPS


@pytest.fixture(scope="module")
def host() -> Iterator[HostProcess]:
    with HostProcess(APPS / "http_requests") as host:
        yield host


def seen(answer: Response) -> dict[str, object]:
    assert answer.status == 200, answer
    return cast("dict[str, object]", answer.json())


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "QUERY"])
def test_the_method_arrives(host: HostProcess, method: str) -> None:
    assert seen(host.request(method, "/api/echo"))["method"] == method


def test_the_url_has_a_decoded_path_and_the_raw_query(host: HostProcess) -> None:
    url = seen(host.get("/api/echo/a%20b?q=%C3%A9&code=abc"))["url"]
    assert url == f"{host.url}/api/echo/a b?q=%C3%A9&code=abc"


def test_the_host_header_stands_in_the_url(host: HostProcess) -> None:
    assert (
        seen(host.get("/api/echo", headers={"Host": "shop.example:8080"}))["url"] == "http://shop.example:8080/api/echo"
    )


def test_query_values_are_decoded_joined_when_repeated_and_kept_when_empty(host: HostProcess) -> None:
    assert seen(host.get("/api/echo?a=1&b=%C3%A9+x%2B&a=2&empty=&bare&code=key"))["params"] == {
        "a": "1,2",
        "b": "é x+",
        "empty": "",
        "bare": "",
        "code": "key",
    }


def test_route_values_leave_out_absent_optional_parts(host: HostProcess) -> None:
    assert seen(host.get("/api/echo/one"))["route_params"] == {"first": "one"}
    assert seen(host.get("/api/echo"))["route_params"] == {}


def test_header_names_are_lower_case_and_repeated_ones_joined(host: HostProcess) -> None:
    headers = cast(
        "dict[str, str]",
        seen(
            host.get(
                "/api/echo",
                headers=[
                    ("X-Many", "1"),
                    ("x-many", "2"),
                    ("X-Empty", ""),
                    ("Cookie", "a=1; b=2"),
                    ("X-Latin", "\xe9"),
                ],
            )
        )["headers"],
    )
    assert headers["x-many"] in ("1,2", "1, 2")
    assert headers["x-empty"] == ""
    assert headers["cookie"] == "a=1; b=2"
    assert headers["x-latin"] == "\xe9"
    assert all(name == name.lower() for name in headers)


def test_the_client_principal_header_stays(host: HostProcess) -> None:
    headers = cast("dict[str, str]", seen(host.get("/api/echo", headers={"X-MS-CLIENT-PRINCIPAL": "e30="}))["headers"])
    assert headers["x-ms-client-principal"] == "e30="


@pytest.mark.parametrize("content_type", ["application/json", "application/octet-stream", "text/plain", ""])
def test_the_body_arrives_as_bytes_whatever_its_type(host: HostProcess, content_type: str) -> None:
    headers = {"Content-Type": content_type} if content_type else {}
    echo = seen(host.post("/api/echo", b'{"a": "\xff"}', headers=headers))
    assert (echo["body"], echo["body_type"]) == ('{"a": "\xff"}', "bytes")


def test_a_request_without_body_has_empty_bytes(host: HostProcess) -> None:
    echo = seen(host.get("/api/echo"))
    assert (echo["body"], echo["body_type"]) == ("", "bytes")


def test_a_chunked_body_arrives(host: HostProcess) -> None:
    assert seen(host.post("/api/echo", [b"one ", b"two"]))["body"] == "one two"


def test_a_body_of_a_get_request_arrives(host: HostProcess) -> None:
    assert seen(host.request("GET", "/api/echo", body="x"))["body"] == "x"


def test_json_bodies(host: HostProcess) -> None:
    assert seen(host.post("/api/json", json.dumps({"é": [1, None]})))["json"] == {"é": [1, None]}
    assert seen(host.post("/api/json", "{"))["ValueError"] == "HTTP request does not contain valid JSON data"


def test_url_encoded_forms(host: HostProcess) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    form = seen(host.post("/api/form", "a=1&b=%C3%A9+x&a=2", headers=headers))
    assert form["form"] == [["a", ["1", "2"]], ["b", ["é x"]]]
    assert form["files"] == []


def test_multipart_forms_with_files(host: HostProcess) -> None:
    body = (
        b'--B\r\nContent-Disposition: form-data; name="title"\r\n\r\nd\xc3\xa9j\xc3\xa0\r\n'
        b'--B\r\nContent-Disposition: form-data; name="doc"; filename="a.bin"\r\n'
        b"Content-Type: application/octet-stream\r\n\r\n\x00\r\n\xff\r\n--B--\r\n"
    )
    form = seen(host.post("/api/form", body, headers={"Content-Type": "multipart/form-data; boundary=B"}))
    assert form["form"] == [["title", ["déjà"]]]
    assert form["files"] == [["doc", "a.bin", "application/octet-stream", "\x00\r\n\xff"]]


@pytest.mark.parametrize("size", [0, 1, 65_535, 65_536, 65_537, 1_048_577, 8_000_000])
@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
def test_bodies_of_every_size_arrive_whole(host: HostProcess, size: int, chunked: bool) -> None:
    body = bytes(range(256)) * (size // 256 + 1)
    body = body[:size]
    pieces = [body[at : at + 100_000] for at in range(0, size, 100_000)]
    answer = host.post("/api/digest", pieces if chunked else body)
    assert seen(answer) == {"size": size, "sha256": hashlib.sha256(body).hexdigest()}


@pytest.mark.parametrize("size", [0, 1, 65_535, 65_536, 65_537, 1_048_577, 8_000_000])
def test_answers_of_every_size_come_back_whole(host: HostProcess, size: int) -> None:
    answer = host.get(f"/api/bytes/{size}")
    assert answer.status == 200
    assert answer.body == (b"0123456789abcdef" * (size // 16 + 1))[:size]


def test_head_runs_the_function_and_has_no_body(host: HostProcess) -> None:
    answer = host.request("HEAD", "/api/bytes/1000")
    assert (answer.status, answer.body) == (200, b"")
    assert answer.headers["content-type"] == "application/octet-stream"


def test_a_body_over_the_limit_is_413() -> None:
    with HostProcess(APPS / "http_requests", env={"FUNCTIONS_REQUEST_BODY_SIZE_LIMIT": "1000"}) as host:
        assert host.post("/api/digest", b"x" * 1000).status == 200
        assert host.post("/api/digest", b"x" * 1001).status == 413
        assert host.post("/api/digest", [b"x" * 600, b"x" * 600]).status == 413
        assert host.get("/api/echo").status == 200
