"""Requests as they go over the wire, for what no HTTP library would send."""

from __future__ import annotations

import base64
import re
import socket

_STATUS = re.compile(rb"HTTP/1\.1 (\d{3}) ")


def request(
    method: str,
    target: str,
    host: str | None,
    *headers: str,
    body: bytes = b"",
    version: str = "HTTP/1.1",
    last: bool = True,
) -> bytes:
    """Return a request; a body gets its length, and the last one of a connection says so."""
    lines = [f"{method} {target} {version}", *([] if host is None else [f"Host: {host}"]), *headers]
    if last:
        lines.append("Connection: close")
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def basic(user: str, password: str) -> str:
    """Return the header that proves a publishing user."""
    return f"Authorization: Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"


def exchange(port: int, *requests: bytes, seconds: float = 60.0) -> bytes:
    """Send requests at once on one connection and return all that is answered until the server closes it."""
    with socket.create_connection(("127.0.0.1", port), seconds) as connection:
        connection.sendall(b"".join(requests))
        answered = b""
        try:
            while piece := connection.recv(65536):
                answered += piece
        except ConnectionResetError:
            pass
    return answered


def statuses(answered: bytes) -> list[int]:
    """Return the statuses of answers in the order they came; none of their bodies may hold one."""
    return [int(found) for found in _STATUS.findall(answered)]


def first_status(answered: bytes) -> int:
    """Return the status of the first answer, 0 if there is none."""
    return next(iter(statuses(answered)), 0)
