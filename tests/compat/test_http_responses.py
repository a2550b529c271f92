"""What a client gets for each way in which a function can answer."""

from collections.abc import Iterator

import pytest

from funchost.testing import HostProcess
from tests.compat.app_folders import APPS


@pytest.fixture(scope="module")
def host() -> Iterator[HostProcess]:
    with HostProcess(APPS / "http_responses") as host:
        yield host


def answer_of(host: HostProcess, case: str) -> tuple[int, bytes, str | None]:
    answer = host.get(f"/api/ReturnsResponse?case={case.replace(' ', '%20')}")
    return answer.status, answer.body, answer.headers["content-type"]


@pytest.mark.parametrize(
    "text", ["plain", "%C3%A9", '{"a":  1}', '{"body": "x", "status": 500}', "true", '"x"', "null", ""]
)
def test_a_text_goes_out_byte_for_byte(host: HostProcess, text: str) -> None:
    answer = host.get("/api/ReturnsText?text=" + text.replace('"', "%22").replace(" ", "%20"))
    assert (answer.status, answer.text) == (200, text.replace("%C3%A9", "é"))
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"


def test_forms_of_http_response(host: HostProcess) -> None:
    assert answer_of(host, "empty") == (200, b"", "text/plain; charset=utf-8")
    assert answer_of(host, "bytes") == (200, b"\x00\xff", "image/x-test")
    assert answer_of(host, "charset") == (200, b"\xe9", "text/plain; charset=latin-1")
    assert answer_of(host, "status") == (418, b"short and stout", "text/plain; charset=utf-8")
    assert answer_of(host, "json") == (200, b'{"a":  1}', "application/json")


def test_204_has_no_body(host: HostProcess) -> None:
    answer = host.get("/api/ReturnsResponse?case=no%20content")
    assert (answer.status, answer.body) == (204, b"")


def test_headers_of_the_function_and_of_host_json(host: HostProcess) -> None:
    answer = host.get("/api/ReturnsResponse?case=headers")
    assert (answer.status, answer.headers["location"], answer.headers["x-one"]) == (302, "/elsewhere", "1")
    assert answer.headers["x-app"] == "from host.json"
    assert answer.headers["date"]
    assert len(answer.headers.get_all("x-taken") or []) == 1


def test_custom_headers_stand_on_every_answer(host: HostProcess) -> None:
    assert host.get("/api/nothing-here").headers["x-app"] == "from host.json"
    assert host.get("/api/Raises").headers["x-app"] == "from host.json"


def test_cookies_with_all_their_attributes(host: HostProcess) -> None:
    cookies = host.get("/api/ReturnsResponse?case=cookies").headers.get_all("set-cookie") or []
    assert len(cookies) == 2
    assert cookies[0].startswith("foo=bar")
    name, *attributes = cookies[1].split("; ")
    assert name == "id=42"
    assert {attribute.lower() for attribute in attributes} >= {
        "domain=example.com",
        "expires=thu, 12 jan 2017 13:55:08 gmt",
        "path=/",
        "max-age=10000000",
        "secure",
        "httponly",
        "samesite=lax",
    }


def test_an_out_parameter_answers(host: HostProcess) -> None:
    answer = host.get("/api/SetsOut?status=202")
    assert (answer.status, answer.text) == (202, "from an out parameter")
    assert host.get("/api/SetsOut?text=plain").text == "plain"


def test_an_out_parameter_that_is_never_set_is_204(host: HostProcess) -> None:
    answer = host.get("/api/SetsOut")
    assert (answer.status, answer.body) == (204, b"")


def test_no_http_output_and_no_value_is_204_without_a_warning(host: HostProcess) -> None:
    start = len(host.lines)
    answer = host.get("/api/ReturnsNothing")
    assert (answer.status, answer.body) == (204, b"")
    host.wait_for_line(r"Executed 'Functions\.ReturnsNothing' \(Succeeded", start=start)
    about = [line for line in host.lines if "ReturnsNothing'" in line]
    assert about
    assert all("Executing '" in line or "Executed '" in line for line in about)


def test_none_for_an_http_return_binding_is_204_and_warned_of_once(host: HostProcess) -> None:
    for _ in range(3):
        start = len(host.lines)
        answer = host.get("/api/ReturnsNoneToBinding")
        assert (answer.status, answer.body) == (204, b"")
        host.wait_for_line(r"Executed 'Functions\.ReturnsNoneToBinding' \(Succeeded", start=start)
    host.get("/api/ReturnsText?text=x")
    host.wait_for_line(r"Executed 'Functions\.ReturnsText'", start=start)
    warnings = [line for line in host.lines if "'ReturnsNoneToBinding' returned nothing" in line]
    assert len(warnings) == 1, host.output


def test_a_value_that_no_http_output_takes_is_an_error_of_the_function(host: HostProcess) -> None:
    assert host.get("/api/ReturnsWithoutBinding").status == 500
    host.wait_for_line(r"ReturnsWithoutBinding.*\$return")


def test_a_value_of_a_wrong_type_is_500_and_named(host: HostProcess) -> None:
    answer = host.get("/api/ReturnsWrongType")
    assert answer.status == 500
    host.wait_for_line(r"Exception: TypeError: .*dict")


def test_an_exception_is_500_with_type_message_and_traceback_on_the_console(host: HostProcess) -> None:
    start = len(host.lines)
    assert host.get("/api/Raises").status == 500
    host.wait_for_line(r"^\[.+\] Exception: ZeroDivisionError: division by zero$", start=start)
    host.wait_for_line(r'File ".*/Raises/__init__\.py", line 2, in main', start=start)
    host.wait_for_line(r"Executed 'Functions\.Raises' \(Failed", start=start)
    assert not [line for line in host.lines[start:] if "funchost_worker" in line]


def test_chained_causes_are_shown(host: HostProcess) -> None:
    start = len(host.lines)
    assert host.get("/api/RaisesChained").status == 500
    host.wait_for_line(r"KeyError: 'missing'", start=start)
    host.wait_for_line(r"Exception: RuntimeError: the outer error$", start=start)
