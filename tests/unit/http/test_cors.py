from __future__ import annotations

from funchost.app.invocation import InvocationResult
from tests.unit.http.apps import Answer, Site, answer, http_function

ORIGIN = b"https://contoso.com"
PREFLIGHT = (
    (b"origin", ORIGIN),
    (b"access-control-request-method", b"PUT"),
    (b"access-control-request-headers", b"x-a"),
)


def granted(got: Answer) -> list[bytes]:
    return got.header(b"access-control-allow-origin")


async def test_the_host_answers_the_preflight_of_a_listed_origin_on_any_path() -> None:
    site = Site(http_function("F", methods=["PUT"]), cors_origins=("https://contoso.com",), cors_credentials=True)
    for path in ("/api/f", "/api/none"):
        got = await site.call("OPTIONS", path, PREFLIGHT)
        assert (got.status, granted(got)) == (204, [ORIGIN])
        assert got.header(b"access-control-allow-methods") == [b"PUT"]
        assert got.header(b"access-control-allow-headers") == [b"x-a"]
        assert got.header(b"access-control-allow-credentials") == [b"true"]
        assert got.header(b"vary") == [b"Origin"]
    assert site.control.invoked == []


async def test_an_origin_that_is_not_listed_gets_no_grant() -> None:
    site = Site(http_function("F", methods=["GET"]), cors_origins=("https://other.com",))
    assert (await site.call("OPTIONS", "/api/f", PREFLIGHT)).status == 404
    got = await site.call("GET", "/api/f", ((b"origin", ORIGIN),))
    assert (got.status, granted(got), got.header(b"vary")) == (200, [], [b"Origin"])


async def test_every_answer_to_a_listed_origin_is_marked() -> None:
    site = Site(http_function("F"), cors_origins=("https://contoso.com",))
    for path, status in (("/api/f", 200), ("/api/none", 404)):
        got = await site.call("GET", path, ((b"origin", b"HTTPS://Contoso.com"),))
        assert (got.status, granted(got)) == (status, [b"HTTPS://Contoso.com"])
    assert granted(await site.call("GET", "/api/f")) == []


async def test_all_origins_are_allowed_by_a_star() -> None:
    site = Site(http_function("F"), cors_origins=("*",))
    assert granted(await site.call("GET", "/api/f", ((b"origin", ORIGIN),))) == [b"*"]


async def test_without_a_list_a_preflight_is_an_ordinary_request() -> None:
    site = Site(http_function("F", methods=["GET"]), http_function("Own", methods=["OPTIONS"]))
    assert (await site.call("OPTIONS", "/api/f", PREFLIGHT)).status == 404
    assert (await site.call("OPTIONS", "/api/own", PREFLIGHT)).body == b"hello"


def guide_sample(_: object) -> InvocationResult:
    return answer(headers=(("Access-Control-Allow-Origin", "https://contoso.com"),))


async def test_the_sample_of_the_guide_answers_the_same_with_and_without_a_list() -> None:
    function = http_function("Cors", methods=["GET", "POST", "OPTIONS"])
    with_list = Site(function, cors_origins=("https://contoso.com",))
    without = Site(function)
    for site in (with_list, without):
        site.control.respond = guide_sample
    for method, headers in (("GET", ((b"origin", ORIGIN),)), ("OPTIONS", PREFLIGHT), ("POST", ())):
        first = await with_list.call(method, "/api/cors", headers)
        second = await without.call(method, "/api/cors", headers)
        assert (first.status, first.headers, first.body) == (second.status, second.headers, second.body)
        assert granted(first) == [ORIGIN]


async def test_a_function_that_lists_options_but_knows_no_cors_leaves_the_preflight_to_the_host() -> None:
    # AsgiFunctionApp lists every verb, and most frameworks answer 405 to an OPTIONS they do not know.
    site = Site(http_function("Web", methods=["GET", "OPTIONS"]), cors_origins=("https://contoso.com",))
    site.control.respond = lambda _: answer(b"Method Not Allowed", 405)
    got = await site.call("OPTIONS", "/api/web", PREFLIGHT)
    assert (got.status, granted(got), got.body) == (204, [ORIGIN], b"")
