"""The guide's first function, its typed form, the HTTP trigger template's function.json, and another entry point."""

from collections.abc import Iterator

import pytest

from funchost.testing import HostProcess
from tests.compat.app_folders import APPS


@pytest.fixture(scope="module")
def host() -> Iterator[HostProcess]:
    with HostProcess(APPS / "guide_first_function") as host:
        yield host


@pytest.mark.parametrize("function", ["Hello", "HelloTyped", "HelloTemplate"])
def test_hello_greets_the_user_of_the_query(host: HostProcess, function: str) -> None:
    answer = host.get(f"/api/{function}?user=Ada")
    assert (answer.status, answer.text) == (200, "Hello, Ada!")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"


def test_hello_without_a_user(host: HostProcess) -> None:
    assert host.get("/api/Hello").text == "Hello, None!"


def test_function_names_in_urls_have_no_case(host: HostProcess) -> None:
    assert host.get("/API/hello?user=Ada").text == "Hello, Ada!"


def test_without_a_methods_list_every_method_is_served(host: HostProcess) -> None:
    for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS"):
        assert host.request(method, "/api/Hello?user=Ada").text == "Hello, Ada!"


def test_the_template_serves_get_and_post_only(host: HostProcess) -> None:
    assert host.post("/api/HelloTemplate?user=Ada").text == "Hello, Ada!"
    answer = host.request("PUT", "/api/HelloTemplate?user=Ada")
    assert (answer.status, answer.body) == (404, b"")
    assert answer.headers["allow"] is None


def test_no_key_is_needed_on_the_developers_machine(host: HostProcess) -> None:
    assert host.get("/api/HelloTemplate?user=Ada&code=anything").status == 200


def test_the_console_lists_the_functions_with_methods_and_urls(host: HostProcess) -> None:
    port = host.url.rpartition(":")[2]
    host.wait_for_line("^Functions:$")
    host.wait_for_line(rf"^\tHello:  http://localhost:{port}/api/Hello$")
    host.wait_for_line(rf"^\tHelloTemplate: \[GET,POST\] http://localhost:{port}/api/HelloTemplate$")


def test_the_console_shows_begin_and_end_of_a_call(host: HostProcess) -> None:
    start = len(host.lines)
    host.get("/api/Hello?user=Ada")
    begin = host.wait_for_line(r"\] Executing 'Functions\.Hello' \(Reason='.+', Id=([0-9a-f-]{36})\)$", start=start)
    host.wait_for_line(rf"\] Executed 'Functions\.Hello' \(Succeeded, Id={begin[1]}, Duration=\d+ms\)$", start=start)


def test_script_file_and_entry_point_of_function_json() -> None:
    with HostProcess(APPS / "guide_entry_point") as host:
        assert host.get("/api/MyFunction").text == "customentry in main.py"
