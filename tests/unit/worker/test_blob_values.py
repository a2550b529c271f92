from __future__ import annotations

import io
from typing import Any, cast

import azure.functions as func
import pytest

from funchost_worker import wire
from funchost_worker.blob_values import argument, content
from funchost_worker.converters import GenericConverter
from funchost_worker.datum import Datum
from funchost_worker.file_body import FileBody
from funchost_worker.live_body import LiveBody

CONVERTER: Any = cast("Any", func).get_binding_registry().get("blob")


class Here:
    """A channel whose loop runs in this thread; `pump` feeds the next chunk."""

    def __init__(self, *chunks: bytes) -> None:
        self.body = LiveBody(5, sum(map(len, chunks)), cast("Any", self))
        self.chunks = list(chunks)
        self.sent: list[bytes] = []

    def is_here(self) -> bool:
        return True

    def pump(self) -> None:
        if self.chunks:
            self.body.feed(memoryview(self.chunks.pop(0)))
        else:
            self.body.end()

    def send_from_thread(self, *buffers: bytes) -> None:
        self.sent += buffers


def test_a_blob_as_the_parameter_wants_it() -> None:
    data = Datum(b"a\xc3\xa4", "bytes")
    stream = argument(CONVERTER, None, data, {})
    assert isinstance(stream, func.InputStream)
    assert (stream.read(1), stream.read(), stream.length) == (b"a", "ä".encode(), 3)
    assert argument(GenericConverter, str, data, {}) == "aä"
    assert argument(GenericConverter, bytes, data, {}) == "aä".encode()
    assert argument(GenericConverter, bytes, Datum("ä", "string"), {}) == "ä".encode()
    assert argument(GenericConverter, str, Datum(b"\xff", "bytes"), {}) == "\ufffd"
    assert argument(CONVERTER, None, Datum(b"", "bytes"), {}).length == 0
    assert argument(CONVERTER, None, None, {}) is None


def test_a_live_blob_is_the_librarys_stream_and_reads_what_comes() -> None:
    channel = Here(b"ab", b"cdef\ng", b"h")
    stream = argument(CONVERTER, None, Datum(channel.body, "bytes"), {})
    assert isinstance(stream, func.InputStream)
    assert type(stream).__name__ == "InputStream"
    assert stream.length == 9
    assert len(channel.chunks) == 3
    assert stream.read(0) == b""
    assert stream.read(3) == b"abc"
    assert stream.readline() == b"def\n"
    assert stream.readable()
    assert stream.read() == b"gh"
    assert stream.read() == stream.read(5) == b""


def test_metadata_of_a_trigger_is_kept() -> None:
    metadata: Any = {
        "BlobTrigger": Datum("samples/a", "string"),
        "Uri": Datum("http://x/samples/a", "string"),
        "Properties": Datum('{"ContentLength": 2, "Length": 2}', "json"),
    }
    stream = argument(CONVERTER, None, Datum(Here(b"ab").body, "bytes"), metadata)
    assert (stream.name, stream.length, stream.read()) == ("samples/a", 2, b"ab")


def test_credit_is_given_in_quarters_of_the_window() -> None:
    channel = Here(*[b"x" * wire.CHUNK] * 8)
    assert len(channel.body.read(wire.CHUNK * 4 - 1)) == wire.CHUNK * 4 - 1
    assert channel.sent == []
    channel.body.read(1)
    assert channel.sent == [wire.frame(wire.Kind.CREDIT, 5, wire.LENGTH.pack(wire.CHUNK * 4))]


def test_a_content_that_broke_off_or_whose_call_is_over_cannot_be_read() -> None:
    channel = Here(b"ab")
    assert channel.body.read(1) == b"a"
    channel.body.end("the store is gone")
    with pytest.raises(OSError, match="the store is gone"):
        channel.body.read(1)
    channel = Here(b"ab")
    channel.body.close()
    with pytest.raises(OSError, match="its invocation is over"):
        channel.body.read()


@pytest.mark.parametrize(
    ("value", "pair"),
    [
        ("text", ("string", "text")),
        ("x" * 70000, ("bytes", b"x" * 70000)),
        (b"raw", ("bytes", b"raw")),
        (io.BytesIO(b"file"), ("bytes", b"file")),
        (io.StringIO("täxt"), ("bytes", "täxt".encode())),
        (io.BytesIO(b""), ("bytes", b"")),
        ({"a": 1}, None),
        (5, None),
    ],
)
def test_what_goes_to_the_host(value: Any, pair: Any) -> None:
    assert content(value) == pair


def test_a_long_file_is_sent_in_pieces_as_the_host_takes_them() -> None:
    pair = content(io.BytesIO(b"z" * 200_000))
    assert pair is not None
    kind, body = pair
    assert (kind, type(body)) == ("stream", FileBody)
    body.number = 9
    channel = Here()
    body.send(cast("Any", channel))
    frames = wire.FrameReader(wire.TO_HOST).feed(b"".join(bytes(piece) for piece in channel.sent))
    assert b"".join(bytes(payload) for kind, _, payload in frames if kind == wire.Kind.BODY) == b"z" * 200_000
    assert (frames[-1][0], frames[-1][1], bytes(frames[-1][2])) == (wire.Kind.BODY_END, 9, b"")


def test_a_file_that_raises_says_so_at_the_end_and_one_that_is_dropped_stops() -> None:
    class Breaks:
        def read(self, size: int) -> bytes:
            raise RuntimeError("no more")

    for body, reason in ((FileBody(b"head", Breaks()), b"RuntimeError: no more"), (FileBody(b"x", io.BytesIO()), b"")):
        channel = Here()
        body.send(cast("Any", channel))
        frames = wire.FrameReader(wire.TO_HOST).feed(b"".join(bytes(piece) for piece in channel.sent))
        assert bytes(frames[-1][2]) == reason
    dropped = FileBody(b"x" * (wire.WINDOW + 1), io.BytesIO())
    dropped.drop()
    channel = Here()
    dropped.send(cast("Any", channel))
    assert channel.sent == [wire.frame(wire.Kind.BODY_END, 0, b"cancelled")]


def test_a_closed_file_fails_in_the_function() -> None:
    file = io.BytesIO(b"x")
    file.close()
    with pytest.raises(ValueError, match="closed file"):
        content(file)
