from __future__ import annotations

import httptools
import pytest
from hypothesis import given
from hypothesis import strategies as st

from funchost.platform.gateway.framing import Chunked, Counted, FramingError

HEAD = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
pieces = st.lists(st.binary(min_size=1, max_size=40), max_size=6)
cuts = st.lists(st.integers(0, 400), max_size=8)


def cut(data: bytes, places: list[int]) -> list[bytes]:
    """Take bytes apart at these places."""
    ends = sorted({place for place in places if 0 < place < len(data)})
    return [data[start:end] for start, end in zip([0, *ends], [*ends, len(data)], strict=True)]


def chunked(chunks: list[bytes], extension: bytes = b"", trailers: bytes = b"") -> bytes:
    """Return a body in chunks."""
    body = b"".join(b"%x%b\r\n%b\r\n" % (len(chunk), extension, chunk) for chunk in chunks)
    return body + b"0\r\n" + trailers + b"\r\n"


@given(pieces, cuts, st.sampled_from([b"", b";a=b"]), st.sampled_from([b"", b"A: b\r\nC:\r\n"]), st.binary(max_size=9))
def test_the_end_of_a_chunked_body_is_found_however_it_arrives(
    chunks: list[bytes], places: list[int], extension: bytes, trailers: bytes, rest: bytes
) -> None:
    spans: list[tuple[int, int]] = []
    framing = Chunked(spans)
    body = chunked(chunks, extension, trailers)
    passed = payload = b""
    for part in cut(body + rest, places):
        stop = framing.take(part, 0)
        passed += part[:stop]
        payload += b"".join(part[start:end] for start, end in spans)
        spans.clear()
    assert framing.complete
    assert passed == body
    assert payload == b"".join(chunks)


@given(st.binary(min_size=1, max_size=200), cuts, st.binary(max_size=20))
def test_the_end_of_a_counted_body_is_found_however_it_arrives(body: bytes, places: list[int], rest: bytes) -> None:
    framing = Counted(len(body))
    passed = b""
    for part in cut(body + rest, places):
        stop = framing.take(part, 0) if not framing.complete else 0
        passed += part[:stop]
    assert framing.complete
    assert passed == body


@pytest.mark.parametrize(
    "body",
    [
        b"\r\n",
        b"x\r\n",
        b"-1\r\n",
        b"0x5\r\nhello\r\n0\r\n\r\n",
        b" 5\r\nhello\r\n0\r\n\r\n",
        b"5 \r\nhello\r\n0\r\n\r\n",
        b"5\nhello\r\n0\r\n\r\n",
        b"5\r\r\nhello\r\n0\r\n\r\n",
        b"5;a\rb\r\nhello\r\n0\r\n\r\n",
        b"5\r\nhello0\r\n\r\n",
        b"5\r\nhelloX\r\n0\r\n\r\n",
        b"5\r\nhello\n0\r\n\r\n",
        b"5\r\nhello\r0\r\n\r\n",
        b"0\r\nno trailer\r\n\r\n",
        b"0\r\nA: b\n\r\n",
        b"0\r\nA: b\r\n folded\r\n\r\n",
        b"ffffffffffffffffff\r\n",
        b"0" * 2000,
        b"0\r\n" + b"A: b\r\n" * 10_000,
        b"0\r\nA: " + b"b" * 20_000,
    ],
)
@pytest.mark.parametrize("whole", [True, False])
def test_a_body_that_could_be_read_in_two_ways_is_refused(body: bytes, whole: bool) -> None:
    with pytest.raises(FramingError):
        _take_all([body] if whole else [body[place : place + 1] for place in range(len(body))])


@given(st.text(alphabet="0123af;=\r\nA: b", max_size=30).map(str.encode))
def test_what_is_accepted_ends_where_httptools_sees_the_end(text: bytes) -> None:
    framing = Chunked()
    try:
        stop = framing.take(text, 0)
    except FramingError:
        return
    if framing.complete:
        assert _ended(text[:stop])
        assert not _ended(text[: stop - 1])


def _take_all(parts: list[bytes]) -> None:
    framing = Chunked()
    for part in parts:
        framing.take(part, 0)


def _ended(body: bytes) -> bool:
    ended: list[bool] = []

    class Events:
        def on_message_complete(self) -> None:
            ended.append(True)

    try:
        httptools.HttpRequestParser(Events()).feed_data(HEAD + body)
    except httptools.HttpParserError:
        return True  # refused by an instance, which closes: nothing to smuggle
    return bool(ended)
