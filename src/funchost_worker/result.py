"""Results: RESULT frames, made so that making one cannot fail."""

import itertools

from funchost_worker import wire
from funchost_worker.converters import NOTHING
from funchost_worker.failure import tell
from funchost_worker.http_answer import TEXT_HEADERS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, List, Optional, Tuple, Union

    from funchost_worker.channel import Buffer
    from funchost_worker.converters import Pair
    from funchost_worker.failure import Failure
    from funchost_worker.file_body import FileBody
    from funchost_worker.http_answer import HttpAnswer

    Bodies = List[Tuple[int, Union[bytes, FileBody]]]

_numbers = itertools.count(wire.WORKER_BODIES)


class Result:
    """A RESULT frame in pieces, the http body that follows it as a stream, and other bodies by their numbers."""

    __slots__ = ("bodies", "buffers", "stream")

    def __init__(self, buffers: "List[Buffer]", stream: "Optional[bytes]", bodies: "Bodies") -> None:
        self.buffers = buffers
        self.stream = stream
        self.bodies = bodies


def _document(ret: "Any", out: "Any", error: "Any" = None, cancelled: bool = False,
              stream: "Optional[int]" = None, bodies: "Bodies" = ()) -> bytes:  # type: ignore[assignment]
    value = {"ret": ret, "out": out, "err": error, "cancelled": cancelled, "stream": stream}
    if bodies:
        value["bodies"] = [[number, len(body) if isinstance(body, bytes) else None] for number, body in bodies]
    return wire.dump(value)


def _http(answer: "HttpAnswer") -> "List[Any]":
    return ["http", {"status": answer.status, "headers": answer.headers, "cookies": answer.cookies}]


_TEXT_DOCUMENT = _document(["http", {"status": 200, "headers": TEXT_HEADERS, "cookies": []}], [])
"""What is said of every text that a function returns for an http binding; the text itself is the frame's tail."""


_NOTHING_DOCUMENT = _document(NOTHING, [])
"""What is said of every function that gives nothing."""


def _frequent(call: int, pair: "Pair", outputs: "List[Tuple[str, str, Any]]") -> "Optional[Result]":
    """Return the frame of what most functions give, text for http or nothing; None for anything else."""
    kind, answer = pair
    if outputs:
        return None
    if kind == "http":
        if answer.headers is TEXT_HEADERS and len(answer.body) <= wire.INLINE_BODY:
            head = wire.json_frame(wire.Kind.RESULT, call, _TEXT_DOCUMENT, len(answer.body))
            return Result([head, answer.body], None, [])
    elif kind == "none":
        return Result([wire.json_frame(wire.Kind.RESULT, call, _NOTHING_DOCUMENT)], None, [])
    return None


def success(call: int, pair: "Pair", outputs: "List[Tuple[str, str, Any]]") -> Result:
    """Return the frame of a call that went well. Values of kind ``http`` are HttpAnswers, of ``stream`` FileBodies.

    Raises:
        ValueError: two HTTP answers.
        wire.WireError: the values do not fit a frame.
    """
    frequent = _frequent(call, pair, outputs)
    if frequent is not None:
        return frequent
    tail: "List[Buffer]" = []
    answers: "List[HttpAnswer]" = []
    bodies: "Bodies" = []

    def written(kind: str, value: "Any") -> "List[Any]":
        if kind == "http":
            answers.append(value)
            return _http(value)
        if kind == "stream" or (kind == "bytes" and len(value) > wire.INLINE_BYTES):
            bodies.append((next(_numbers), value))
            return ["stream", bodies[-1][0]]
        if kind == "bytes":
            tail.append(value)
            return [kind, len(value)]
        if kind == "collection_bytes":
            tail.extend(value)
            return [kind, [len(member) for member in value]]
        return [kind, value]

    ret = written(*pair)
    out = [[name] + written(kind, value) for name, kind, value in outputs]
    if len(answers) > 1:
        raise ValueError("the function gave more than one HTTP response")
    stream = None
    if answers:
        if len(answers[0].body) <= wire.INLINE_BODY:
            tail.append(answers[0].body)
        else:
            stream = answers[0].body
    document = _document(ret, out, stream=None if stream is None else len(stream), bodies=bodies)
    buffers: "List[Buffer]" = [_head(call, document, sum(map(len, tail)))]
    buffers.extend(piece for piece in tail if len(piece))
    return Result(buffers, stream, bodies)


def _head(call: int, document: bytes, tail: int) -> bytes:
    try:
        return wire.json_frame(wire.Kind.RESULT, call, document, tail)
    except wire.WireError as error:
        raise wire.WireError("what the function gave is too long: {}. Give less to the outputs that are no blobs, "
                             "or put their content into a blob, which may have any size".format(error)) from None


def told_failure(call: int, failure: "Failure", cancelled: bool) -> Result:
    try:
        document = _document(NOTHING, [], failure, cancelled)
        return Result([wire.json_frame(wire.Kind.RESULT, call, document)], None, [])
    except wire.WireError:  # a message of more than 64 MiB
        return told_failure(call, [failure[0], failure[1][:10000], failure[2][:10000]], cancelled)


def failed(call: int, error: BaseException, note: str = "") -> Result:
    return told_failure(call, tell(error, note), False)


def cancelled(call: int, reason: str) -> Result:
    return told_failure(call, ["CancelledError", reason, ""], True)
