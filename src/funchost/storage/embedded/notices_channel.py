"""NoticeChannel: datagrams between the hosts of one store, on the loopback interface."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Callable, Iterable

LOOPBACK = "127.0.0.1"
EVERYTHING = "*"
"""Topic that stands for all, when there are too many for one datagram."""

MAX_DATAGRAM = 8192
_RECEIVED_AT_ONCE = 64


class NoticeChannel:
    """One socket; a notice is a hint that may be lost, doubled or forged, and says nothing but "look".

    Args:
        received: called in the loop with the sender's port and its topics.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, received: Callable[[int, list[str]], None]) -> None:
        self._loop = loop
        self._received = received
        self._store = ""
        self.port = 0
        """Where this end listens; 0 if it cannot."""
        self._socket: socket.socket | None = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            self._socket.setblocking(False)
            self._socket.bind((LOOPBACK, 0))
        except OSError:  # a machine without loopback: the safety net has to do
            self._socket.close()
            self._socket = None
            return
        self.port = int(self._socket.getsockname()[1])

    def start(self, store: str) -> None:
        """Begin to listen to notices of the store with that id."""
        self._store = store
        if self._socket is not None:
            self._loop.add_reader(self._socket, self._receive)

    def send(self, ports: Iterable[int], topics: Iterable[str]) -> None:
        """Tell other hosts; from any thread. A notice that cannot be sent is left to the receivers' safety net."""
        if self._socket is None:
            return
        data = json.dumps([self._store, *topics]).encode()
        if len(data) > MAX_DATAGRAM:
            data = json.dumps([self._store, EVERYTHING]).encode()
        for port in ports:
            try:
                self._socket.sendto(data, (LOOPBACK, port))
            except OSError:
                continue

    def close(self) -> None:
        if self._socket is not None:
            self._loop.remove_reader(self._socket)
            self._socket.close()
            self._socket = None

    def _receive(self) -> None:
        for _ in range(_RECEIVED_AT_ONCE):
            try:
                data, (_, port) = self._socket.recvfrom(MAX_DATAGRAM) if self._socket else (b"", ("", 0))
                store, *topics = json.loads(data)
            except BlockingIOError:
                return
            except (OSError, ValueError, TypeError):
                continue
            if store == self._store and all(isinstance(topic, str) for topic in topics):
                self._received(port, topics)
