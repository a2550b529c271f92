"""FileBody: what an output takes from an object with `read`, sent piece by piece after the function has returned."""

import threading
import traceback

from funchost_worker import wire
from funchost_worker.converters import check_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterator

    from funchost_worker.channel import Channel


class FileBody:
    """One file-like object on its way to the host.

    Args:
        head: what has been read from it already.
        file: the rest comes from its `read`, which may give text.
    """

    def __init__(self, head: bytes, file: "Any") -> None:
        self.number = 0
        self._head = head
        self._file = file
        self._window = wire.WINDOW
        self._dropped = False
        self._room = threading.Condition()

    def credit(self, size: int) -> None:
        """The host has consumed `size` bytes. Any thread."""
        with self._room:
            self._window += size
            self._room.notify()

    def drop(self) -> None:
        """Nobody wants the rest. Any thread."""
        with self._room:
            self._dropped = True
            self._room.notify()

    def send(self, channel: "Channel") -> None:
        """Read and send everything. Runs in a thread of its own; `read` may block it."""
        reason = ""
        try:
            for chunk in self._chunks():
                if not self._send_chunk(channel, memoryview(chunk)):
                    reason = "cancelled"
                    break
        except BaseException as error:
            reason = "".join(traceback.format_exception_only(type(error), error)).strip()
        self._head = b""
        channel.send_from_thread(wire.frame(wire.Kind.BODY_END, self.number, reason.encode("utf-8", "replace")))

    def _chunks(self) -> "Iterator[bytes]":
        yield self._head
        while True:
            chunk = read_bytes(self._file, wire.CHUNK)
            if not chunk:
                return
            yield chunk

    def _send_chunk(self, channel: "Channel", view: memoryview) -> bool:
        """Send a piece as the window allows it; False if it was dropped."""
        at = 0
        while at < len(view):
            with self._room:
                while self._window <= 0 and not self._dropped:
                    self._room.wait()
                if self._dropped:
                    return False
                size = min(len(view) - at, self._window, wire.CHUNK)
                self._window -= size
            channel.send_from_thread(wire.HEADER.pack(size, wire.Kind.BODY, self.number), view[at:at + size])
            at += size
        return True


def read_bytes(file: "Any", size: int) -> bytes:
    """Return the next piece of a file-like object; text becomes UTF-8.

    Raises:
        TypeError: `read` gave neither bytes nor text.
    """
    data = file.read(size)
    if isinstance(data, str):
        check_text(data)
        return data.encode("utf-8")
    if data is None:  # a descriptor that does not block and has nothing now
        raise BlockingIOError("the file has no data yet; give the output a file that blocks")
    if not isinstance(data, (bytes, bytearray, memoryview)):
        raise TypeError("read() gave a {}, not bytes or text".format(type(data).__name__))
    return bytes(data)
