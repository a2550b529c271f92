"""The guide's HTTP trigger sample: query, JSON body, headers and status."""

from collections.abc import Iterator

import pytest

from funchost.testing import HostProcess
from tests.compat.app_folders import APPS


@pytest.fixture(scope="module")
def host() -> Iterator[HostProcess]:
    with HostProcess(APPS / "guide_http_trigger") as host:
        yield host


def test_the_name_comes_from_the_query(host: HostProcess) -> None:
    answer = host.get("/api/HttpTrigger?name=Ada%20L.")
    assert (answer.status, answer.text) == (200, "Hello Ada L.!")
    assert answer.headers["my-http-header"] == "some-value"


def test_the_name_comes_from_the_json_body(host: HostProcess) -> None:
    assert host.post("/api/HttpTrigger", '{"name": "Ada"}').text == "Hello Ada!"
    assert host.post("/api/HttpTrigger", [b'{"name": ', b'"chunked"}']).text == "Hello chunked!"


def test_without_a_name_the_answer_is_400_with_the_header(host: HostProcess) -> None:
    answer = host.post("/api/HttpTrigger", "no json")
    assert (answer.status, answer.text) == (400, "Please pass a name on the query string or in the request body")
    assert answer.headers["my-http-header"] == "some-value"


def test_an_empty_body_is_no_json(host: HostProcess) -> None:
    assert host.get("/api/HttpTrigger").status == 400
