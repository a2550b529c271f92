"""Results: RESULT frames, made so that making one cannot fail."""

from funchost_worker import wire
from funchost_worker.converters import NOTHING
from funchost_worker.failure import tell
from funchost_worker.plan import answer_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List, Optional, Tuple

    from funchost_worker.channel import Buffer
    from funchost_worker.converters import Pair
    from funchost_worker.failure import Failure


class Result:
    """A RESULT frame in pieces, and the body that follows it as a stream, if any."""

    __slots__ = ("buffers", "stream")

    def __init__(self, buffers: "List[Buffer]", stream: "Optional[bytes]") -> None:
        self.buffers = buffers
        self.stream = stream


def _written(kind: str, value: "Any", tail: "List[Buffer]") -> "List[Any]":
    """The JSON form of a pair; its bytes go to the tail."""
    if kind == "bytes":
        tail.append(value)
        return [kind, len(value)]
    if kind == "http":
        return [kind, {"status": value.status, "headers": value.headers, "cookies": value.cookies}]
    return [kind, value]


def success(call: int, pair: "Pair", outputs: "List[Tuple[str, str, Any]]") -> Result:
    """Return the frame of a call that went well.

    Raises:
        ValueError: two HTTP answers.
        wire.WireError: the values do not fit a frame.
    """
    tail: "List[Buffer]" = []
    told: "Dict[str, Any]" = {
        "ret": _written(pair[0], pair[1], tail),
        "out": [[name] + _written(kind, value, tail) for name, kind, value in outputs],
        "err": None,
        "cancelled": False,
        "stream": None,
    }
    stream = None
    answer = answer_of(pair, outputs)
    if answer is not None:
        if len(answer.body) <= wire.INLINE_BODY:
            tail.append(answer.body)
        else:
            stream = answer.body
            told["stream"] = len(stream)
    head = wire.json_frame(wire.Kind.RESULT, call, wire.dump(told), sum(map(len, tail)))
    buffers: "List[Buffer]" = [head]
    buffers.extend(piece for piece in tail if len(piece))
    return Result(buffers, stream)


def told_failure(call: int, failure: "Failure", cancelled: bool) -> Result:
    told = {"ret": NOTHING, "out": [], "err": failure, "cancelled": cancelled, "stream": None}
    try:
        head = wire.json_frame(wire.Kind.RESULT, call, wire.dump(told))
    except wire.WireError:  # a message of more than 64 MiB
        return told_failure(call, [failure[0], failure[1][:10000], failure[2][:10000]], cancelled)
    return Result([head], None)


def failed(call: int, error: BaseException, note: str = "") -> Result:
    return told_failure(call, tell(error, note), False)


def cancelled(call: int, reason: str) -> Result:
    return told_failure(call, ["CancelledError", reason, ""], True)
