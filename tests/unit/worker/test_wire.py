"""The bytes of the wire. A change here is a change of wire.VERSION."""

from __future__ import annotations

import os

import pytest

from funchost_worker import wire
from funchost_worker.wire import FrameReader, Kind

BOTH = wire.TO_WORKER | wire.TO_HOST


def read(data: bytes) -> list[tuple[int, int, bytes]]:
    return [(kind, call, bytes(payload)) for kind, call, payload in FrameReader(BOTH).feed(data)]


def test_version_is_two() -> None:
    assert wire.VERSION == 2


def test_a_raw_frame_is_length_kind_call_payload_in_network_order() -> None:
    assert wire.frame(Kind.PING, 7) == b"\0\0\0\0" + b"\x06" + b"\0\0\0\0\0\0\0\x07"
    assert wire.frame(Kind.BODY, 258, b"abc") == b"\0\0\0\x03" + b"\x40" + b"\0\0\0\0\0\0\x01\x02" + b"abc"


def test_a_json_frame_begins_with_the_length_of_its_text_and_leaves_room_for_the_tail() -> None:
    head = wire.json_frame(Kind.INVOKE, 1, b"{}", tail=5)
    assert head == b"\0\0\0\x0b" + b"\x04" + b"\0\0\0\0\0\0\0\x01" + b"\0\0\0\x02" + b"{}"


def test_numbers_of_the_kinds() -> None:
    named = {name: value for name, value in vars(Kind).items() if name.isupper()}
    assert named == {
        "INIT": 1, "INDEX": 2, "LOAD": 3, "INVOKE": 4, "CANCEL": 5, "PING": 6, "STOP": 7,
        "HELLO": 32, "INDEXED": 33, "LOADED": 34, "RESULT": 35, "LOG": 36, "PONG": 37,
        "BODY": 64, "BODY_END": 65, "CREDIT": 66,
    }  # fmt: skip


def test_sizes_that_both_ends_agree_on() -> None:
    assert (wire.MAX_FRAME, wire.CHUNK, wire.WINDOW, wire.INLINE_BODY) == (67108864, 65536, 1048576, 65536)
    assert (wire.INLINE_BYTES, wire.WORKER_BODIES) == (1048576, 1 << 63)


def test_split_gives_text_and_tail() -> None:
    payload = memoryview(wire.json_frame(Kind.RESULT, 1, b'{"a":1}', tail=3) + b"xyz")[wire.HEADER.size :]
    text, tail = wire.split(payload)
    assert wire.load(text) == {"a": 1}
    assert bytes(tail) == b"xyz"


@pytest.mark.parametrize("payload", [b"", b"\0\0\0", b"\0\0\0\x05abcd"])
def test_split_refuses_lengths_that_do_not_fit(payload: bytes) -> None:
    with pytest.raises(wire.WireError):
        wire.split(memoryview(payload))


def test_json_is_compact_ascii_and_keeps_lone_surrogates() -> None:
    assert wire.dump({"a": ["é", "\ud800"]}) == b'{"a":["\\u00e9","\\ud800"]}'
    assert wire.load(memoryview(b'["\\ud800"]')) == ["\ud800"]


@pytest.mark.parametrize("text", [b"", b"{", b"\xff"])
def test_broken_json_is_a_wire_error(text: bytes) -> None:
    with pytest.raises(wire.WireError):
        wire.load(memoryview(text))


def test_frames_are_found_wherever_the_stream_is_cut() -> None:
    stream = wire.frame(Kind.PING, 1) + wire.frame(Kind.BODY, 2, b"abcdef") + wire.frame(Kind.STOP, 3)
    expected = [(Kind.PING, 1, b""), (Kind.BODY, 2, b"abcdef"), (Kind.STOP, 3, b"")]
    assert read(stream) == expected
    for size in range(1, len(stream)):
        reader = FrameReader(BOTH)
        found = []
        for at in range(0, len(stream), size):
            found += [(kind, call, bytes(payload)) for kind, call, payload in reader.feed(stream[at : at + size])]
        assert found == expected, size


def test_a_large_frame_in_many_pieces_is_joined_once() -> None:
    body = os.urandom(8 * 1024 * 1024)
    stream = wire.frame(Kind.BODY, 1, body) + wire.frame(Kind.PING, 2)
    reader = FrameReader(BOTH)
    frames = []
    for at in range(0, len(stream), 1000):
        frames += reader.feed(stream[at : at + 1000])
    assert [(kind, call, bytes(payload)) for kind, call, payload in frames] == [
        (Kind.BODY, 1, body),
        (Kind.PING, 2, b""),
    ]


def test_payloads_stay_valid_after_further_reads() -> None:
    reader = FrameReader(BOTH)
    [(_, _, payload)] = reader.feed(wire.frame(Kind.BODY, 1, b"first"))
    reader.feed(wire.frame(Kind.BODY, 1, b"other"))
    assert bytes(payload) == b"first"


def test_a_kind_for_the_other_end_is_refused() -> None:
    with pytest.raises(wire.WireError):
        FrameReader(wire.TO_WORKER).feed(wire.frame(Kind.HELLO, 0))


def test_a_frame_over_the_limit_is_refused_as_soon_as_its_header_is_there() -> None:
    header = wire.HEADER.pack(wire.MAX_FRAME + 1, Kind.BODY, 1)
    with pytest.raises(wire.WireError):
        FrameReader(BOTH).feed(header)
    with pytest.raises(wire.WireError):
        wire.json_frame(Kind.RESULT, 1, b"{}", tail=wire.MAX_FRAME)
