from __future__ import annotations

import pytest

from funchost.http.limits import ClientLimits
from funchost.platform.gateway.framing import Chunked, Counted, NoBody
from funchost.platform.gateway.request_head import BadHeadError, RequestHead, parse_request_head

GET = b"GET / HTTP/1.1\r\nHost: x\r\n"
POST = b"POST / HTTP/1.1\r\nHost: x\r\n"


def parse(text: bytes) -> RequestHead:
    return parse_request_head(text, ClientLimits())


def passed_on(text: bytes) -> bytes:
    return parse(text).passed_on(b"")


def test_names_and_values_pass_as_they_came() -> None:
    head = b"GET /a%20b;c?d=%C3%A9&& HTTP/1.1\r\nhOsT: X.localhost\r\nX-Some: \xe9\t  two\r\nempty: \r\n\r\n"
    assert passed_on(head) == head


def test_other_names_with_underscores_pass() -> None:
    head = GET + b"My_Own: 1\r\nX_MS_Other: 2\r\n\r\n"
    assert passed_on(head) == head


def test_lines_about_the_client_come_last() -> None:
    assert (
        parse(GET + b"A: b\r\n\r\n")
        .passed_on(b"X-Forwarded-For: 1\r\n")
        .endswith(b"A: b\r\nX-Forwarded-For: 1\r\n\r\n")
    )


@pytest.mark.parametrize(
    "header",
    [
        b"Connection: keep-alive",
        b"Keep-Alive: timeout=5",
        b"Proxy-Connection: keep-alive",
        b"Proxy-Authorization: Basic eDp5",
        b"TE: trailers",
        b"Upgrade: h2c",
        b"HTTP2-Settings: AAMAAABk",
        b"X-Forwarded-For: 1.2.3.4",
        b"X-Forwarded-Proto: https",
        b"X-Forwarded-Host: other",
        b"X-Forwarded-Port: 1",
        b"Forwarded: for=1.2.3.4",
        b"X-Real-IP: 1.2.3.4",
        b"X-MS-CLIENT-PRINCIPAL-NAME: me@example.org",
        b"X-MS-TOKEN-AAD-ID-TOKEN: e30=",
        b"X-ARR-ClientCert: MIIB",
        b"X_MS_CLIENT_PRINCIPAL: e30=",
        b"x-ms_client-principal_id: me",
        b"X_Forwarded_Proto: https",
        b"X-Forwarded_For: 1.2.3.4",
        b"Content_Length: 5",
    ],
)
def test_headers_of_the_connection_and_of_other_proxies_do_not_pass(header: bytes) -> None:
    assert passed_on(GET + header + b"\r\nA: b\r\n\r\n") == GET + b"A: b\r\n\r\n"


def test_headers_that_the_connection_header_names_do_not_pass() -> None:
    head = GET + b"X-A: 1\r\nConnection: close, x-a , host,Content-Length\r\nX-B: 2\r\nContent-Length: 3\r\n\r\n"
    assert passed_on(head) == GET + b"X-B: 2\r\nContent-Length: 3\r\n\r\n"
    assert not parse(head).keep_alive


def test_what_the_client_says_of_its_origin_is_kept_apart() -> None:
    assert parse(GET + b"X-Forwarded-For: a\r\nx-forwarded-for: b\r\n\r\n").forwarded_for == b"a, b"


@pytest.mark.parametrize(
    ("lines", "framing"),
    [
        (b"", NoBody),
        (b"Content-Length: 0\r\n", NoBody),
        (b"Content-Length: 7\r\n", Counted),
        (b"Transfer-Encoding: Chunked\r\n", Chunked),
    ],
)
def test_the_body_is_framed_as_the_head_says(lines: bytes, framing: type) -> None:
    assert isinstance(parse(POST + lines + b"\r\n").framing, framing)


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"GARBAGE\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (GET + b"Host: x\r\n\r\n", 400),
        (GET + b"a : b\r\n\r\n", 400),
        (GET + b"a: b\r\n c\r\n\r\n", 400),
        (GET + b"a: b\rc\r\n\r\n", 400),
        (GET + b"a: b\x00\r\n\r\n", 400),
        (GET + b"a\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n Host: x\r\n\r\n", 400),
        (POST + b"Content-Length: 1\r\nContent-Length: 1\r\n\r\n", 400),
        (POST + b"Content-Length: 1, 1\r\n\r\n", 400),
        (POST + b"Content-Length: +1\r\n\r\n", 400),
        (POST + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        (POST + b"Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n", 400),
        (POST + b"Transfer-Encoding: chunked, chunked\r\n\r\n", 400),
        (POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        (POST + b"Transfer-Encoding: xchunked\r\n\r\n", 400),
        (POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n", 501),
        (b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        (b"CONNECT x:443 HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (b"PRI * HTTP/2.0\r\n\r\n", 505),
        (b"GET http://other/ HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (b"GET ftp://x/ HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (b"GET * HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (b"GET /" + b"a" * 8192 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414),
        (GET + b"a: b\r\n" * 100 + b"\r\n", 431),
        (GET + b"a: " + b"b" * 33_000 + b"\r\n\r\n", 431),
    ],
)
def test_what_two_servers_could_read_differently_is_refused(head: bytes, status: int) -> None:
    with pytest.raises(BadHeadError) as caught:
        parse(head)
    assert caught.value.status == status


@pytest.mark.parametrize(
    ("target", "path"), [(b"http://X/a?b", b"/a?b"), (b"http://x", b"/"), (b"https://x/", b"/"), (b"/a?b", b"/a?b")]
)
def test_targets_pass_in_origin_form(target: bytes, path: bytes) -> None:
    assert parse(b"GET %b HTTP/1.1\r\nHost: x\r\n\r\n" % target).target == path


def test_all_of_a_server_may_be_asked_for_its_options() -> None:
    assert parse(b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n").target == b"*"


def test_old_clients_need_no_host_and_get_no_second_request() -> None:
    head = parse(b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
    assert head.old
    assert head.host is None
    assert not head.keep_alive
    assert head.passed_on(b"Host: x\r\n") == GET + b"\r\n"


@pytest.mark.parametrize(("method", "expected"), [("GET", True), ("PUT", True), ("POST", False), ("PATCH", False)])
def test_only_some_methods_may_be_repeated(method: str, expected: bool) -> None:
    assert parse(method.encode() + b" / HTTP/1.1\r\nHost: x\r\n\r\n").idempotent is expected
