"""Blob values: a blob's content as the argument that a function declares, and what a function gives as content.

The library holds a blob in memory, both ways. Here long ones go through in pieces.
"""

import inspect
import io
import json

from funchost_worker import wire
from funchost_worker.converters import NOTHING, check_text, decode
from funchost_worker.datum import Datum
from funchost_worker.file_body import FileBody, read_bytes
from funchost_worker.live_body import LiveBody

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Optional, Tuple

    Pair = Tuple[str, Any]

BLOB_TYPES = ("blob", "blobtrigger")


class Streamed:
    """Replaces what an InputStream of the library keeps in memory by a LiveBody."""

    _funchost_body: LiveBody

    def read(self, size: int = -1) -> bytes:
        return self._funchost_body.read(size)

    def read1(self, size: int = -1) -> bytes:
        return self._funchost_body.read(size)

    def peek(self, size: int = 0) -> bytes:
        return self._funchost_body.peek(size)


_classes: "Dict[type, type]" = {}


def _streamed(stream: "Any", body: LiveBody) -> "Any":
    """Make an InputStream of the app's own library read from `body`; it stays an instance of its class."""
    kind = type(stream)
    made = _classes.get(kind)
    if made is None:
        made = _classes[kind] = type(kind.__name__, (Streamed, kind), {"__module__": kind.__module__})
    stream.__class__ = made
    stream._funchost_body = body
    return stream


def argument(converter: "Any", pytype: "Any", data: "Optional[Datum]", metadata: "Dict[str, Optional[Datum]]") -> "Any":
    """Return the argument for a blob.

    Args:
        pytype: `str` or `bytes` if the parameter is annotated so, else None: an InputStream.
        data: kind ``bytes`` holds bytes or, only without a pytype, a LiveBody.
        metadata: of the trigger; empty for an input.
    """
    if data is None or data.type is None:  # old releases of the library fail here
        return None
    if data.type not in ("bytes", "string"):
        return decode(converter, data, metadata)
    value = data.value
    if pytype is str:
        return value if isinstance(value, str) else value.decode("utf-8", "replace")
    if pytype is bytes:
        return value.encode("utf-8") if isinstance(value, str) else value
    if not metadata:
        size = value.size if isinstance(value, LiveBody) else len(value)
        if size is not None:
            # An input has no metadata; its length is known all the same. Releases of the library look for either
            # name, and take the number 0 for no length.
            length = size or "0"
            metadata = {"Properties": Datum(json.dumps({"ContentLength": length, "Length": length}), "json")}
    if isinstance(value, LiveBody):
        return _streamed(decode(converter, Datum(b"", "bytes"), metadata), value)
    return decode(converter, data, metadata)


def content(value: "Any") -> "Optional[Pair]":
    """Return what goes to the host for a blob, None to leave it to the converter. Kind ``stream`` has a FileBody.

    Raises:
        ValueError: text that cannot be written as UTF-8; a closed file.
        Exception: whatever `read` raises.
    """
    if isinstance(value, str):
        check_text(value)
        return ("string", value) if len(value) <= wire.INLINE_BODY else ("bytes", value.encode("utf-8"))
    if isinstance(value, bytes):
        return "bytes", value
    if callable(getattr(value, "read", None)):
        return _from_file(value)
    return None


def _from_file(file: "Any") -> "Pair":
    if not _takes_size(file):
        whole = content(file.read())
        return NOTHING if whole is None else whole
    head = io.BytesIO()
    while head.tell() <= wire.INLINE_BODY:
        piece = read_bytes(file, wire.CHUNK)
        if not piece:
            return "bytes", head.getvalue()
        head.write(piece)
    return "stream", FileBody(head.getvalue(), file)


def _takes_size(file: "Any") -> bool:
    try:
        inspect.signature(file.read).bind(1)
    except TypeError:
        return False
    except ValueError:  # a builtin that does not tell
        return True
    return True
