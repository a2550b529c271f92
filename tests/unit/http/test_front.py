from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from funchost.app.function_app import FunctionError
from funchost.app.http_options import HttpOptions
from funchost.app.invocation import (
    NOTHING,
    Datum,
    HttpRequestData,
    HttpResponseData,
    Invocation,
    InvocationException,
    InvocationResult,
    Status,
)
from funchost.errors import SettingError
from funchost.http.control import HostState
from tests.unit.http.apps import Site, answer, app_of, http_function

FAILED = InvocationResult(Status.FAILED, exception=InvocationException("ValueError", "secret detail"))


def seen(invocation: Invocation) -> HttpRequestData:
    value = invocation.inputs[0][1].value
    assert isinstance(value, HttpRequestData)
    return value


async def test_a_request_reaches_its_function_and_the_answer_comes_back() -> None:
    site = Site(http_function("Hello", route="hello/{name?}"))
    got = await site.call("POST", "/api/hello/Ann?x=", ((b"content-length", b"2"),), body=(b"o", b"k"))
    assert (got.status, got.body) == (200, b"hello")
    (invocation,) = site.control.invoked
    assert invocation.inputs[0][0] == "req"
    request = seen(invocation)
    assert (request.method, request.params, request.query, request.body) == ("POST", {"name": "Ann"}, {"x": ""}, b"ok")


@pytest.mark.parametrize("status", [Status.FAILED, Status.TIMED_OUT, Status.LOST])
async def test_whatever_goes_wrong_in_a_call_is_500_and_tells_nothing(status: Status) -> None:
    site = Site(http_function("F"))
    site.control.respond = lambda _: InvocationResult(status, exception=FAILED.exception)
    got = await site.call("GET", "/api/f")
    assert (got.status, got.body, got.header(b"content-length")) == (500, b"", [b"0"])


async def test_a_call_that_the_stopping_host_gives_up_is_503() -> None:
    site = Site(http_function("F"))
    site.control.respond = lambda _: InvocationResult(Status.CANCELLED)
    got = await site.call("GET", "/api/f")
    assert (got.status, got.body) == (503, b"Function host is not running.")


async def test_a_response_that_cannot_be_sent_is_500_and_says_why_on_the_console() -> None:
    site = Site(http_function("F"))
    site.control.respond = lambda _: answer(headers=(("X", "a\r\nb"),))
    assert (await site.call("GET", "/api/f")).status == 500
    assert "The response of function 'F' cannot be sent" in site.console.text


async def test_nothing_returned_is_204_with_one_warning_for_the_function() -> None:
    site = Site(http_function("F"), http_function("Named", output="res"))
    site.control.respond = lambda _: InvocationResult(Status.SUCCEEDED, NOTHING)
    for _ in range(2):
        got = await site.call("GET", "/api/f")
        assert (got.status, got.body, got.header(b"content-length")) == (204, b"", [])
    assert (await site.call("GET", "/api/named")).status == 204
    assert site.console.text.count("returned nothing") == 1


async def test_head_states_the_length_of_the_body() -> None:
    site = Site(http_function("F"))
    assert (await site.call("HEAD", "/api/f")).header(b"content-length") == [b"5"]
    site.control.respond = lambda _: answer(b"", headers=(("Content-Length", "77"),))
    assert (await site.call("HEAD", "/api/f")).header(b"content-length") == [b"77"]
    assert (await site.call("GET", "/api/f")).header(b"content-length") == [b"0"]


@pytest.mark.parametrize("status", [204, 304])
async def test_a_body_that_the_status_forbids_is_dropped(status: int) -> None:
    site = Site(http_function("F"))
    site.control.respond = lambda _: answer(b"body", status, headers=(("Content-Length", "4"),))
    got = await site.call("GET", "/api/f")
    assert (got.status, got.body, got.header(b"content-length")) == (status, b"", [])


async def test_unknown_paths_and_wrong_verbs_are_404_without_a_body() -> None:
    site = Site(http_function("F", methods=["GET"]))
    for method, path in (("GET", "/api/other"), ("POST", "/api/f"), ("HEAD", "/api/f"), ("GET", "/favicon.ico")):
        got = await site.call(method, path)
        assert (got.status, got.body, got.header(b"allow")) == (404, b"", [])


async def test_the_home_page_yields_to_a_function_and_to_the_setting() -> None:
    got = await Site().call("GET", "/")
    assert got.status == 200
    assert b"<title>Your Azure Function App is up and running.</title>" in got.body
    assert (await Site(homepage=False).call("GET", "/")).status == 204
    own = Site(app=app_of(http_function("All", route="{*path}"), http=HttpOptions(route_prefix="")))
    assert (await own.call("GET", "/")).body == b"hello"


async def test_a_disabled_function_is_not_there() -> None:
    assert (
        await Site(http_function("F", disabled=True), folder=Path("/proc/none")).call("GET", "/api/f")
    ).status == 404


async def test_requests_wait_for_a_starting_host() -> None:
    site = Site(http_function("F"), start_timeout=3.0)
    site.control.state = HostState.STARTING
    assert (await site.call("GET", "/api/f")).status == 200
    assert site.control.waited == [3.0]


@pytest.mark.parametrize("becomes", [HostState.STARTING, HostState.ERROR])
async def test_a_host_that_does_not_come_up_is_503(becomes: HostState) -> None:
    site = Site(http_function("F"))
    site.control.state, site.control.becomes = HostState.DEFAULT, becomes
    got = await site.call("GET", "/")
    assert (got.status, got.body) == (503, b"Function host is not running.")


async def test_a_host_in_error_answers_at_once() -> None:
    site = Site(http_function("F"))
    site.control.state = HostState.ERROR
    assert (await site.call("GET", "/api/f")).status == 503
    assert site.control.waited == []


async def test_an_app_taken_offline_shows_its_page(tmp_path: Path) -> None:
    (tmp_path / "app_offline.htm").write_bytes(b"<p>back soon")
    site = Site(http_function("F"), root=tmp_path)
    site.control.state = HostState.OFFLINE
    got = await site.call("GET", "/api/f")
    assert (got.status, got.body, got.header(b"content-type")) == (503, b"<p>back soon", [b"text/html; charset=utf-8"])


async def test_an_offline_file_that_is_no_file_does_not_stop_the_host(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "app_offline.htm")
    site = Site(http_function("F"), root=tmp_path)
    site.control.state = HostState.OFFLINE
    got = await site.call("GET", "/api/f")
    assert (got.status, got.body) == (503, b"")


async def test_a_broken_function_explains_itself_to_the_developer_only() -> None:
    error = FunctionError("F", "Traceback: boom", Path("/app/f.py"), 3)
    app = app_of(http_function("F"), errors=(error,))
    local = await Site(app=app).call("GET", "/api/f")
    assert local.status == 500
    assert b"Traceback: boom" in local.body
    assert b"/app/f.py:3" in local.body
    remote = await Site(app=app).call("GET", "/api/f", client="10.0.0.5")
    assert (remote.status, remote.body) == (500, b"")


async def test_an_app_without_any_function_explains_why_on_every_path() -> None:
    app = app_of(errors=(FunctionError("function_app.py", "SyntaxError"),))
    assert b"SyntaxError" in (await Site(app=app).call("GET", "/api/anything")).body
    assert (await Site(app=app).call("GET", "/api/anything", client="10.0.0.5")).status == 404


async def test_an_announced_body_over_the_limit_is_413_and_is_not_read() -> None:
    site = Site(http_function("F"), body_limit=3)
    got = await site.call("POST", "/api/f", ((b"content-length", b"4"),))
    assert (got.status, site.control.invoked) == (413, [])


async def test_a_fault_of_the_host_is_500_and_stands_on_the_console() -> None:
    site = Site(http_function("F"))

    def fail(_: Invocation) -> InvocationResult:
        raise RuntimeError("bug")

    site.control.respond = fail
    got = await site.call("GET", "/api/f")
    assert (got.status, got.body) == (500, b"")
    assert "failed in the host: RuntimeError('bug')" in site.console.text


async def test_the_callers_trace_context_is_passed_on_and_named_in_the_answer() -> None:
    site = Site(http_function("F"))
    parent = b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    got = await site.call("GET", "/api/f", ((b"traceparent", parent), (b"tracestate", b"a=b")))
    assert site.control.invoked[0].trace == (parent.decode(), "a=b")
    assert got.header(b"traceparent") == [parent]
    plain = await site.call("GET", "/api/f")
    assert plain.header(b"traceparent") == []


async def test_more_requests_than_may_be_outstanding_are_429() -> None:
    http = HttpOptions(max_outstanding_requests=1, max_concurrent_requests=1)
    site = Site(app=app_of(http_function("F"), http=http))
    started, release = asyncio.Event(), asyncio.Event()
    invoke = site.control.invoke

    async def slow(invocation: Invocation) -> InvocationResult:
        started.set()
        await release.wait()
        return await invoke(invocation)

    site.control.invoke = slow  # type: ignore[method-assign]
    first = asyncio.create_task(site.call("GET", "/api/f"))
    await started.wait()
    refused = await site.call("GET", "/api/f")
    release.set()
    assert (refused.status, refused.header(b"x-function-scaleout"), refused.body) == (429, [b"1"], b"")
    assert (await first).status == 200
    assert (await site.call("GET", "/api/f")).status == 200


async def test_custom_headers_fill_gaps_only() -> None:
    site = Site(app=app_of(http_function("F"), http=HttpOptions(custom_headers={"X-A": "host", "X-B": "host"})))
    site.control.respond = lambda _: answer(headers=(("x-a", "function"),))
    got = await site.call("GET", "/api/f")
    assert (got.header(b"x-a"), got.header(b"x-b")) == ([b"function"], [b"host"])
    assert (await site.call("GET", "/api/none")).header(b"x-b") == [b"host"]


class BodyInPieces:
    def __init__(self, *pieces: bytes, size: int | None = None) -> None:
        self.size = size
        self._pieces = list(pieces)
        self.closed = False

    def __aiter__(self) -> BodyInPieces:
        return self

    async def __anext__(self) -> bytes:
        if not self._pieces:
            raise StopAsyncIteration
        return self._pieces.pop(0)

    async def aclose(self) -> None:
        self.closed = True


async def test_a_streamed_response_goes_out_piece_by_piece_and_is_closed() -> None:
    site = Site(http_function("F"))
    body = BodyInPieces(b"ab", b"c", size=3)
    site.control.respond = lambda _: InvocationResult(
        Status.SUCCEEDED, Datum("http", HttpResponseData(200, [], [], body))
    )
    got = await site.call("GET", "/api/f")
    assert (got.body, got.header(b"content-length"), body.closed) == (b"abc", [b"3"], True)


def test_all_origins_with_credentials_stop_the_start() -> None:
    with pytest.raises(SettingError, match="cannot be combined with credentials"):
        Site(cors_origins=("*",), cors_credentials=True)


async def test_the_hosts_own_paths_never_reach_a_function() -> None:
    site = Site(app=app_of(http_function("All", route="{*path}"), http=HttpOptions(route_prefix="")))
    site.control.state = HostState.ERROR
    for path in ("/admin/host/ping", "/Admin/Host/Ping", "/x/../admin/host/ping"):
        assert (await site.call("GET", path)).status == 200
    for path in ("/admin", "/admin/nothing", "/runtime/webhooks/eventgrid"):
        assert (await site.call("GET", path, client="10.0.0.5")).status in (401, 404)
    assert site.control.invoked == []


async def test_a_path_that_only_begins_like_the_hosts_own_is_a_functions() -> None:
    site = Site(app=app_of(http_function("All", route="{*path}"), http=HttpOptions(route_prefix="")))
    for path in ("/administrators", "/runtime", "/runtime/other"):
        assert (await site.call("GET", path)).body == b"hello"
