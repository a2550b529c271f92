"""The guide's CORS sample, with and without a list of allowed origins; and an app that leaves CORS to the host."""

from collections.abc import Iterator

import pytest

from funchost.testing import HostProcess, HostStartError, Response
from tests.compat.app_folders import APPS

CONTOSO = "https://contoso.com"
PREFLIGHT = {
    "Origin": CONTOSO,
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "x-one, content-type",
}


@pytest.fixture(scope="module")
def without_list() -> Iterator[HostProcess]:
    with HostProcess(APPS / "guide_cors") as host:
        yield host


@pytest.fixture(scope="module")
def with_list() -> Iterator[HostProcess]:
    with HostProcess(APPS / "guide_cors", "--cors", f"{CONTOSO},https://fabrikam.com") as host:
        yield host


@pytest.fixture(scope="module")
def left_to_host() -> Iterator[HostProcess]:
    with HostProcess(APPS / "guide_first_function", "--cors", CONTOSO, "--cors-credentials") as host:
        yield host


def essence(answer: Response) -> tuple[int, bytes, list[str] | None, str | None]:
    return (
        answer.status,
        answer.body,
        answer.headers.get_all("access-control-allow-origin"),
        answer.headers["content-type"],
    )


@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
@pytest.mark.parametrize("origin", [CONTOSO, "https://fabrikam.com", "https://other.example", None])
def test_the_sample_answers_the_same_with_and_without_a_list(
    without_list: HostProcess, with_list: HostProcess, method: str, origin: str | None
) -> None:
    headers = {"Origin": origin} if origin else {}
    plain = without_list.request(method, "/api/Cors", headers=headers)
    assert essence(plain) == essence(with_list.request(method, "/api/Cors", headers=headers))
    assert plain.status == 200
    assert plain.headers.get_all("access-control-allow-origin") == [CONTOSO]
    assert plain.text == "Allowed origin '{'Access-Control-Allow-Origin': 'https://contoso.com'}'."


def test_the_sample_answers_a_preflight_the_same_with_and_without_a_list(
    without_list: HostProcess, with_list: HostProcess
) -> None:
    answer = without_list.request("OPTIONS", "/api/Cors", headers=PREFLIGHT)
    assert answer.status == 200
    assert answer.headers.get_all("access-control-allow-origin") == [CONTOSO]
    assert essence(answer) == essence(with_list.request("OPTIONS", "/api/Cors", headers=PREFLIGHT))


def test_the_host_answers_a_preflight_of_a_listed_origin(left_to_host: HostProcess) -> None:
    answer = left_to_host.request("OPTIONS", "/api/HelloTemplate", headers=PREFLIGHT)
    assert (answer.status, answer.body) == (204, b"")
    assert answer.headers["access-control-allow-origin"] == CONTOSO
    assert answer.headers["access-control-allow-credentials"] == "true"
    assert "POST" in (answer.headers["access-control-allow-methods"] or "")
    assert "x-one" in (answer.headers["access-control-allow-headers"] or "").lower()


def test_an_answer_to_a_listed_origin_names_it_once(left_to_host: HostProcess) -> None:
    answer = left_to_host.get("/api/Hello?user=Ada", headers={"Origin": CONTOSO})
    assert answer.text == "Hello, Ada!"
    assert answer.headers.get_all("access-control-allow-origin") == [CONTOSO]
    assert answer.headers["access-control-allow-credentials"] == "true"
    assert "origin" in (answer.headers["vary"] or "").lower()


def test_another_origin_gets_the_answer_without_cors_headers(left_to_host: HostProcess) -> None:
    answer = left_to_host.get("/api/Hello?user=Ada", headers={"Origin": "https://other.example"})
    assert answer.status == 200
    assert answer.headers["access-control-allow-origin"] is None


def test_a_preflight_of_another_origin_grants_nothing(left_to_host: HostProcess) -> None:
    answer = left_to_host.request(
        "OPTIONS", "/api/HelloTemplate", headers=PREFLIGHT | {"Origin": "https://other.example"}
    )
    assert answer.headers["access-control-allow-origin"] is None
    assert answer.headers["access-control-allow-methods"] is None


def test_without_a_list_a_preflight_is_an_ordinary_request() -> None:
    with HostProcess(APPS / "guide_http_trigger") as host:
        answer = host.request("OPTIONS", "/api/HttpTrigger", headers=PREFLIGHT)
        assert (answer.status, answer.headers["access-control-allow-origin"]) == (404, None)


def test_every_origin_may_be_allowed_by_a_star() -> None:
    with HostProcess(APPS / "guide_first_function", "--cors", "*") as host:
        answer = host.get("/api/Hello?user=Ada", headers={"Origin": "https://other.example"})
        assert answer.headers["access-control-allow-origin"] == "*"


def test_a_star_with_credentials_is_refused_at_the_start() -> None:
    host = HostProcess(APPS / "guide_first_function", "--cors", "*", "--cors-credentials")
    with pytest.raises(HostStartError, match="(?i)credentials"), host:
        pass
    assert host.exit_code != 0
