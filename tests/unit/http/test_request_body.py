from __future__ import annotations

import pytest

from funchost.http.asgi import Message, Receive
from funchost.http.request_body import (
    INLINE_LIMIT,
    ArrivingBody,
    BodyTooLargeError,
    ClientGoneError,
    announced_size,
    open_body,
)


def arriving(*pieces: bytes, complete: bool = True) -> Receive:
    left = list(pieces)

    async def receive() -> Message:
        if not left:
            return {"type": "http.disconnect"}
        piece = left.pop(0)
        return {"type": "http.request", "body": piece, "more_body": bool(left) or not complete}

    return receive


def test_the_headers_tell_the_size() -> None:
    assert announced_size([]) == 0
    assert announced_size([(b"content-length", b"12")]) == 12
    assert announced_size([(b"transfer-encoding", b"chunked")]) is None


async def test_a_small_body_is_read_at_once() -> None:
    assert await open_body(arriving(), 0, 10) == b""
    assert await open_body(arriving(b"ab", b"", b"c"), 3, 10) == b"abc"


@pytest.mark.parametrize("size", [None, INLINE_LIMIT + 1])
async def test_a_chunked_or_large_body_is_left_with_the_client(size: int | None) -> None:
    body = await open_body(arriving(b"ab", b"", b"c", b""), size, INLINE_LIMIT * 2)
    assert not isinstance(body, bytes)
    assert body.size == size
    assert [piece async for piece in body] == [b"ab", b"c"]


async def test_an_announced_size_over_the_limit_is_refused_without_reading() -> None:
    with pytest.raises(BodyTooLargeError):
        await open_body(arriving(), 11, 10)


async def test_a_chunked_body_over_the_limit_breaks_off_and_stays_so() -> None:
    body = ArrivingBody(arriving(b"a" * 6, b"b" * 6), None, 10)
    assert await anext(body) == b"a" * 6
    for _ in range(2):
        with pytest.raises(BodyTooLargeError):
            await anext(body)
    assert isinstance(body.problem, BodyTooLargeError)


async def test_a_body_of_exactly_the_limit_is_accepted() -> None:
    assert [piece async for piece in ArrivingBody(arriving(b"a" * 10), None, 10)] == [b"a" * 10]


async def test_a_client_that_goes_away_breaks_the_body_off() -> None:
    body = ArrivingBody(arriving(b"a", complete=False), None, 10)
    assert await anext(body) == b"a"
    with pytest.raises(ConnectionResetError):
        await anext(body)
    with pytest.raises(ClientGoneError):
        await open_body(arriving(b"a", complete=False), 5, 10)
