"""A client that says and does what no HTTP library would."""

from __future__ import annotations

import socket
from typing import NamedTuple
from urllib.parse import urlsplit

from funchost.testing import HostProcess

TIMEOUT = 60.0


class Answer(NamedTuple):
    """One answer: its status, body, and whether the host closed the connection after it."""

    status: int
    body: bytes
    closed: bool


def connect(host: HostProcess, receive_buffer: int | None = None) -> socket.socket:
    """Return a connection to the host.

    Args:
        receive_buffer: bytes that the system may keep for a client that does not read.
    """
    connection = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    connection.settimeout(TIMEOUT)
    if receive_buffer is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    parts = urlsplit(host.url)
    connection.connect((parts.hostname, parts.port))
    return connection


def head(method: str, path: str, *lines: str) -> bytes:
    """Return the head of a request, with a Host header."""
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: localhost", *lines, "", ""]).encode()


def read_head(connection: socket.socket) -> tuple[int, dict[str, str], bytes]:
    """Return status, headers (names in lower case), and what came of the body with them."""
    received = b""
    while b"\r\n\r\n" not in received:
        piece = connection.recv(65536)
        assert piece, f"the host closed the connection after {received!r}"
        received += piece
    top, _, rest = received.partition(b"\r\n\r\n")
    first, *lines = top.decode("latin-1").split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines)
    return int(first.split()[1]), headers, rest


def read_answer(connection: socket.socket) -> Answer:
    """Return an answer with a Content-Length; nothing may follow it. Waits for the end if the host announces it."""
    status, headers, body = read_head(connection)
    size = int(headers["content-length"])
    while len(body) < size:
        piece = connection.recv(65536)
        assert piece, f"{len(body)} of {size} bytes came"
        body += piece
    closes = headers.get("connection") == "close"
    if closes:
        assert connection.recv(1) == b"", "something follows the last answer"
    return Answer(status, body, closes)


def ask(host: HostProcess, data: bytes) -> Answer:
    """Send `data` on a new connection and return the answer."""
    with connect(host) as connection:
        connection.sendall(data)
        return read_answer(connection)
