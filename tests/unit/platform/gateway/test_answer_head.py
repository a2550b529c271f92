from __future__ import annotations

import pytest

from funchost.platform.gateway.answer_head import AnswerHead, BadAnswerError, parse_answer_head
from funchost.platform.gateway.framing import Chunked, Counted, NoBody, UntilClose

OK = b"HTTP/1.1 200 OK\r\n"


def parse(text: bytes, *, to_head: bool = False) -> AnswerHead:
    return parse_answer_head(text, to_head=to_head)


@pytest.mark.parametrize(
    ("head", "framing"),
    [
        (OK + b"Content-Length: 5\r\n\r\n", Counted),
        (OK + b"Content-Length: 0\r\n\r\n", NoBody),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n", Chunked),
        (OK + b"\r\n", UntilClose),
        (b"HTTP/1.1 204 No Content\r\n\r\n", NoBody),
        (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", NoBody),
        (b"HTTP/1.1 100 Continue\r\n\r\n", NoBody),
    ],
)
def test_the_body_is_framed_as_the_head_says(head: bytes, framing: type) -> None:
    assert isinstance(parse(head).framing, framing)


def test_answers_to_head_requests_have_no_body() -> None:
    assert isinstance(parse(OK + b"Content-Length: 5\r\n\r\n", to_head=True).framing, NoBody)


def test_an_ordinary_head_passes_as_it_is() -> None:
    head = parse(OK + b"Content-Length: 5\r\nX: y\r\n\r\n")
    assert head.plain
    assert head.keep_alive


def test_headers_of_the_connection_do_not_pass() -> None:
    own = b"Connection: close, X-A\r\nX-A: 1\r\nKeep-Alive: 5\r\nUpgrade: h2\r\n"
    head = parse(OK + own + b"X-B:  \xe9 2\r\nContent-Length: 1\r\n\r\n")
    assert not head.plain
    assert not head.keep_alive
    assert head.passed_on(close=False, chunked=True) == OK + b"X-B: \xe9 2\r\nContent-Length: 1\r\n\r\n"


def test_an_answer_of_http_1_0_passes_as_http_1_1() -> None:
    head = parse(b"HTTP/1.0 200 Fine\r\nContent-Length: 1\r\n\r\n")
    assert not head.keep_alive
    assert head.passed_on(close=True, chunked=True) == (
        b"HTTP/1.1 200 Fine\r\nContent-Length: 1\r\nConnection: close\r\n\r\n"
    )


def test_clients_that_know_no_chunks_are_not_told_of_them() -> None:
    head = parse(OK + b"Transfer-Encoding: chunked\r\nTrailer: A\r\nX: y\r\n\r\n")
    assert head.passed_on(close=True, chunked=False) == OK + b"X: y\r\nConnection: close\r\n\r\n"


@pytest.mark.parametrize(
    "head",
    [
        b"nonsense\r\n\r\n",
        OK + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n",
        OK + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        OK + b"Transfer-Encoding: gzip\r\n\r\n",
        OK + b"X: a\nY: b\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
    ],
)
def test_an_answer_that_makes_no_sense_is_refused(head: bytes) -> None:
    with pytest.raises(BadAnswerError):
        parse(head)
