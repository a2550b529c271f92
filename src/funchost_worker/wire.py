"""The wire between host and worker: frames over an inherited socket pair.

A frame is a 13-byte header (payload length, kind, call number; network byte order) and its payload.
A payload is JSON, raw bytes, or both: frames that carry structure begin with a 4-byte length of the JSON text,
and what follows the text is raw. Bodies are never base64 and nothing is ever unpickled.

Both ends use this module, so it is standard library only and valid for Python 3.6.
The bytes are pinned by tests/unit/worker/test_wire.py; a change of format is a change of VERSION.

Values ("datums") inside INVOKE and RESULT are `[kind, value]`:

    none, string, json, int, double     the value itself (json: its text)
    bytes                               its length; the bytes stand in the frame's tail, in order
    collection_string, collection_sint64    a list
    collection_bytes                    a list of lengths; the bytes stand in the tail, in order
    model_binding_data                  an object
    http                                an object; its body is what is left of the tail, or a stream
    stream                              bytes that follow as BODY frames: their number, which stands in "bodies"

INVOKE (host to worker)   {"f": function, "id": invocation id, "in": [[name, kind, value], ...],
                           "md": {key: [kind, value]}, "tp": traceparent, "ts": tracestate,
                           "retry": [count, maximum, [type, message, stack] or null] or null,
                           "stream": true if BODY frames follow with the http body,
                           "bodies": [[number, size or null, binding name], ...], absent if there are none}
    http value            {"method", "url", "headers": {}, "query": {}, "params": {}}
RESULT (worker to host)   {"ret": [kind, value], or ["dropped", Python type] of a value that no binding takes,
                           "out": [[name, kind, value], ...],
                           "err": null or [type, message, stack], "cancelled": bool,
                           "stream": size of the http body that BODY frames carry, or null,
                           "bodies": [[number, size or null], ...], absent if there are none}
    http value            {"status": int, "headers": [[name, value], ...], "cookies": [text, ...]}

A streamed body is BODY frames of at most CHUNK bytes and one BODY_END. The sender may have WINDOW bytes
unacknowledged; the receiver gives CREDIT as it consumes. BODY_END with a payload says why the body broke off.
An http body goes under the number of its call. Other bodies have numbers of their own: the host takes them from
its call numbers, the worker counts up from WORKER_BODIES. The host ends a body that it does not want with CANCEL.
A host's bodies end with the call's RESULT, or with the last body of that RESULT if it has any.
"""

import json
import struct

VERSION = 2

HEADER = struct.Struct("!IBQ")
LENGTH = struct.Struct("!I")
_JSON_HEADER = struct.Struct("!IBQI")
"""HEADER and LENGTH in one."""

MAX_FRAME = 64 * 1024 * 1024
CHUNK = 64 * 1024
WINDOW = 1024 * 1024
INLINE_BODY = CHUNK
"""An http body up to this size travels inside its INVOKE or RESULT frame."""
INLINE_BYTES = WINDOW
"""Bytes up to this size travel inside their frame, longer ones as a body."""
WORKER_BODIES = 1 << 63
"""Least number of a body that a worker sends besides that of an HTTP response."""


class Kind:
    """Frame kinds. The first group goes to the worker, the second to the host, the third both ways."""

    INIT = 1
    INDEX = 2
    LOAD = 3
    INVOKE = 4
    CANCEL = 5
    PING = 6
    STOP = 7

    HELLO = 32
    INDEXED = 33
    LOADED = 34
    RESULT = 35
    LOG = 36
    PONG = 37

    BODY = 64
    BODY_END = 65
    CREDIT = 66


TO_WORKER = frozenset({Kind.INIT, Kind.INDEX, Kind.LOAD, Kind.INVOKE, Kind.CANCEL, Kind.PING, Kind.STOP,
                       Kind.BODY, Kind.BODY_END, Kind.CREDIT})
TO_HOST = frozenset({Kind.HELLO, Kind.INDEXED, Kind.LOADED, Kind.RESULT, Kind.LOG, Kind.PONG,
                     Kind.BODY, Kind.BODY_END, Kind.CREDIT})


class WireError(Exception):
    """The other end does not speak this wire: frame too large, kind unknown, version different, JSON broken."""


def frame(kind, call, payload=b""):
    # type: (int, int, bytes) -> bytes
    """Return a whole frame whose payload is raw bytes."""
    return HEADER.pack(len(payload), kind, call) + payload


def json_frame(kind, call, text, tail=0):
    # type: (int, int, bytes, int) -> bytes
    """Return the head of a frame that carries JSON; `tail` raw bytes must be sent right after it.

    Keeping the tail apart lets a body go out without being copied into the frame.
    """
    length = len(text)
    size = LENGTH.size + length + tail
    if size > MAX_FRAME:
        raise WireError("a frame of %d bytes is over the limit of %d" % (size, MAX_FRAME))
    return _JSON_HEADER.pack(size, kind, call, length) + text


def split(payload):
    # type: (memoryview) -> tuple[memoryview, memoryview]
    """Return JSON text and tail of a payload made by json_frame, without copying.

    Raises:
        WireError: the inner length is larger than the payload.
    """
    if len(payload) < LENGTH.size:
        raise WireError("a JSON frame of %d bytes is too short" % len(payload))
    end = LENGTH.size + LENGTH.unpack_from(payload)[0]
    if end > len(payload):
        raise WireError("a JSON text of %d bytes does not fit its frame" % (end - LENGTH.size))
    return payload[LENGTH.size:end], payload[end:]


_DECODE = json.JSONDecoder().raw_decode
_ENCODE = json.JSONEncoder(separators=(",", ":")).encode


def dump(value):
    # type: (object) -> bytes
    """Return compact JSON in UTF-8; lone surrogates survive as escapes."""
    return _ENCODE(value).encode("ascii")


def load(text):
    # type: (memoryview) -> object
    """Return the value of a JSON text.

    Raises:
        WireError: not JSON.
    """
    try:
        return _DECODE(str(text, "utf-8"))[0]
    except ValueError as error:
        raise WireError("a frame holds broken JSON: %s" % error)


class FrameReader:
    """Cuts a byte stream into frames. `accepts` are the kinds that this end understands.

    A frame that arrives in pieces is joined once, when its last byte is there.
    """

    __slots__ = ("_accepts", "_needed", "_pieces", "_size")

    def __init__(self, accepts):
        # type: (frozenset[int]) -> None
        self._accepts = accepts
        self._pieces = []  # type: list[bytes]
        self._size = 0
        self._needed = 0

    def feed(self, data):
        # type: (bytes) -> list[tuple[int, int, memoryview]]
        """Return the frames that `data` completes, as (kind, call, payload); payloads stay valid.

        Raises:
            WireError: a frame over MAX_FRAME or of a kind not accepted; the stream cannot be read further.
        """
        if self._pieces:
            self._pieces.append(data)
            self._size += len(data)
            if self._size < self._needed:
                return []
            data = b"".join(self._pieces)
            self._pieces = []
        return self._cut(data)

    def _cut(self, data):
        # type: (bytes) -> list[tuple[int, int, memoryview]]
        view = memoryview(data)
        end = len(data)
        at = 0
        needed = HEADER.size
        frames = []
        while end - at >= HEADER.size:
            length, kind, call = HEADER.unpack_from(data, at)
            if length > MAX_FRAME or kind not in self._accepts:
                raise WireError("frame of kind %d and %d bytes is not part of this wire" % (kind, length))
            start = at + HEADER.size
            if end - start < length:
                needed = HEADER.size + length
                break
            at = start + length
            frames.append((kind, call, view[start:at]))
        if at < end:
            self._pieces = [bytes(view[at:])]
            self._size = end - at
            self._needed = needed
        return frames
