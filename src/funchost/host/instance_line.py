"""ServerLine: an instance's two pipes to its server: commands come in on one, messages go out on the other.

The pipe of the commands is a lifeline as well: it closes when the server ends, however that comes about.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable

from funchost.host.instance_order import MAX_LINE, Command, Load, Message, encode_message
from funchost.host.pipe_end import PipeEnd

_READ_SIZE = 64 * 1024
_UNREAD = 64 * 1024
"""Bytes that the server has not read yet; what is told every second anyway is left out then."""


def read_order_line(fd: int) -> tuple[bytes, bytes]:
    """Wait for the first line on a descriptor; return it, and what has come behind it.

    Raises:
        EOFError: the other end was closed before.
        ValueError: the line is too long.
    """
    received = bytearray()
    while b"\n" not in received:
        piece = os.read(fd, _READ_SIZE)
        if not piece:
            raise EOFError
        received += piece
        if len(received) > MAX_LINE:
            raise ValueError(f"the order is longer than {MAX_LINE} bytes")
    line, _, rest = bytes(received).partition(b"\n")
    return line, rest


class ServerLine:
    """The instance's end; `open` connects it.

    Args:
        on_command: called with each command.
        on_cut: called once when the server is gone.
    """

    def __init__(self, on_command: Callable[[Command], None], on_cut: Callable[[], None]) -> None:
        self._on_command = on_command
        self._on_cut = on_cut
        self._out: asyncio.WriteTransport | None = None

    async def open(self, commands: int, messages: int, received: bytes = b"") -> None:
        """Connect to two descriptors, which belong to this from then on.

        Args:
            received: commands that have been read already.
        """
        loop = asyncio.get_running_loop()
        self._out, _ = await loop.connect_write_pipe(lambda: _Messages(self._on_cut), PipeEnd(messages))
        incoming = _Commands(self._on_command, self._on_cut)
        incoming.data_received(received)
        await loop.connect_read_pipe(lambda: incoming, PipeEnd(commands))

    def send(self, message: Message) -> None:
        """Tell the server; never blocks."""
        out = self._out
        if out is None or out.is_closing():
            return
        if isinstance(message, Load) and out.get_write_buffer_size() > _UNREAD:
            return
        out.write(encode_message(message))


class _Messages(asyncio.BaseProtocol):
    def __init__(self, on_cut: Callable[[], None]) -> None:
        self._on_cut = on_cut

    def connection_lost(self, exc: Exception | None) -> None:
        self._on_cut()


class _Commands(asyncio.Protocol):
    def __init__(self, on_command: Callable[[Command], None], on_cut: Callable[[], None]) -> None:
        self._on_command = on_command
        self._on_cut = on_cut
        self._begun = b""

    def data_received(self, data: bytes) -> None:
        *lines, self._begun = (self._begun + data).split(b"\n")
        for line in lines:
            try:
                command = Command(line.decode("ascii", "replace"))
            except ValueError:
                continue  # of a newer server
            self._on_command(command)

    def connection_lost(self, exc: Exception | None) -> None:
        self._on_cut()
