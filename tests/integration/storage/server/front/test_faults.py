"""What a client sees, and what is told, when an operation fails by a defect or its client goes away."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from funchost.storage.embedded.store import EmbeddedStore
from funchost.storage.server.exchange import Message, StorageReply, StorageRequest
from funchost.storage.server.front import StorageFront
from funchost.storage.server.grant import StoredPolicy


class Failing:
    """Operations that raise; everybody may read all containers."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    async def handle(self, request: StorageRequest) -> StorageReply:
        raise self._error

    async def stored_policy(self, account: str, resource: str, identifier: str) -> StoredPolicy | None:
        return None

    async def public_access(self, account: str, resource: str) -> str:
        return "container"


async def ask(folder: Path, error: Exception, told: list[str], method: str = "GET") -> list[Message]:
    """The events of the answer to a request whose operation raises `error`."""
    store = await EmbeddedStore.open(folder)
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    scope: dict[str, Any] = {
        "type": "http",
        "method": method,
        "path": "/devstoreaccount1/c/b",
        "raw_path": b"/devstoreaccount1/c/b",
        "query_string": b"",
        "headers": [(b"host", b"127.0.0.1:1")],
        "client": ("127.0.0.1", 1),
        "scheme": "http",
    }
    try:
        front = StorageFront(
            store, "blob", lambda operation, found: told.append(f"{operation} {found!r}"), Failing(error)
        )
        await front(scope, receive, send)
    finally:
        await store.close()
    return sent


def test_a_defect_is_told_and_its_text_stays_here(tmp_path: Path) -> None:
    told: list[str] = []
    start, body = asyncio.run(ask(tmp_path, KeyError("secret detail"), told))
    assert start["status"] == 500
    assert (b"x-ms-error-code", b"InternalError") in start["headers"]
    assert b"secret" not in body["body"]
    assert told == ["GET /devstoreaccount1/c/b KeyError('secret detail')"]


def test_an_answer_to_head_has_no_body(tmp_path: Path) -> None:
    _, body = asyncio.run(ask(tmp_path, KeyError(), [], "HEAD"))
    assert body["body"] == b""


def test_a_client_that_is_gone_is_not_answered(tmp_path: Path) -> None:
    told: list[str] = []
    assert asyncio.run(ask(tmp_path, ConnectionResetError("gone"), told)) == []
    assert told == []
