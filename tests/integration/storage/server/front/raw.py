"""A client without manners: sends bytes, reads an answer."""

from __future__ import annotations

import base64
import socket
from collections.abc import Mapping
from email.utils import formatdate
from urllib.parse import unquote

from funchost.storage.endpoints import DEVELOPMENT_ACCOUNT, DEVELOPMENT_KEY
from funchost.storage.server.exchange import ServiceName
from funchost.storage.shared_key import authorization, shared_key_text, table_text
from tests.integration.storage.server.front_fixture import ServedStore

TIMEOUT = 20.0


def signed_head(
    store: ServedStore, service: ServiceName, method: str, target: str, headers: Mapping[str, str] | None = None
) -> bytes:
    """The head of a request with a correct signature.

    Args:
        target: path below the account and query, encoded.
    """
    raw = f"/{DEVELOPMENT_ACCOUNT}/{target}"
    path, _, query_text = raw.partition("?")
    query = {
        unquote(k).lower(): unquote(v) for k, _, v in (part.partition("=") for part in query_text.split("&") if part)
    }
    sent = {"x-ms-date": formatdate(usegmt=True), "x-ms-version": "2021-08-06", **(headers or {})}
    if service == "table":
        text = table_text(method, DEVELOPMENT_ACCOUNT, path, query, sent)
    else:
        text = shared_key_text(method, DEVELOPMENT_ACCOUNT, path, query, sent)
    sent["authorization"] = authorization(DEVELOPMENT_ACCOUNT, base64.b64decode(DEVELOPMENT_KEY), text)
    lines = [f"{method} {raw} HTTP/1.1", f"host: 127.0.0.1:{store.ports[service]}"]
    lines += [f"{name}: {value}" for name, value in sent.items()]
    return "\r\n".join([*lines, "", ""]).encode("utf-8")


def send(store: ServedStore, service: ServiceName, *pieces: bytes) -> bytes:
    """All that comes back until the server closes, or the head of an answer and its body are complete."""
    with socket.create_connection(("127.0.0.1", store.ports[service]), timeout=TIMEOUT) as client:
        for piece in pieces:
            client.sendall(piece)
        return read_answer(client, has_body=not pieces[0].startswith(b"HEAD"))


def read_answer(client: socket.socket, *, has_body: bool = True) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        piece = client.recv(65536)
        if not piece:
            return data
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    length = 0
    for line in head.lower().split(b"\r\n"):
        if has_body and line.startswith(b"content-length:"):
            length = int(line.partition(b":")[2])
    while len(body) < length:
        piece = client.recv(65536)
        if not piece:
            break
        body += piece
    return head + b"\r\n\r\n" + body


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def code(answer: bytes) -> str:
    for line in answer.partition(b"\r\n\r\n")[0].split(b"\r\n"):
        if line.lower().startswith(b"x-ms-error-code:"):
            return line.partition(b":")[2].strip().decode()
    return ""
