"""RemoteQueues: a QueueStore over HTTP. Source of the protocol: the reference of the queue service."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from urllib.parse import quote
from xml.etree.ElementTree import Element

from funchost.errors import StorageError
from funchost.storage.message_text import check_text
from funchost.storage.queues import WEEK, QueueMessage, QueueProperties, Receipt
from funchost.storage.remote.dates import read_date
from funchost.storage.remote.failure import about_answer
from funchost.storage.remote.listing import list_account
from funchost.storage.remote.metadata import metadata_from_headers, metadata_headers
from funchost.storage.remote.service import SHORT, ServiceClient
from funchost.storage.remote.wakers import Wakers
from funchost.storage.remote.xml_text import parse_xml, xml_text

_LONGEST = 512 * 1024
"""Bytes of one message in an answer: 64 KiB of text, in which XML may need six for a character, and the rest."""

_DIGITS = 18
_XML = {"content-type": "application/xml"}


class RemoteQueues:
    """Queues of an account over HTTP.

    A call that got no answer raises StorageUnavailableError and may have happened all the same: a message that was
    put is then there, messages that were got stay hidden until their visibility ends, an update has made its pop
    receipt invalid. Those calls are not repeated after a failure in mid-air; `delete_message` is, and takes
    `MessageNotFound` after an unanswered attempt for its own success.
    """

    def __init__(self, client: ServiceClient) -> None:
        self._client = client
        self._wakers = Wakers()

    @property
    def url(self) -> str:
        return self._client.url

    async def create(self, queue: str, metadata: Mapping[str, str] | None = None) -> bool:
        try:
            reply = await self._client.call("PUT", _path(queue), headers=metadata_headers(metadata), repeatable=True)
        except StorageError as error:
            if error.code == "QueueAlreadyExists" and metadata is None:  # it has metadata, and the caller did not ask
                return False
            raise
        return reply.status == 201

    async def delete(self, queue: str) -> None:
        await self._client.call("DELETE", _path(queue))

    async def properties(self, queue: str) -> QueueProperties:
        reply = await self._client.call("GET", _path(queue), {"comp": "metadata"}, repeatable=True, longest=SHORT)
        with about_answer(self.url):
            return QueueProperties(queue, _count(reply.headers), metadata_from_headers(reply.headers))

    async def set_metadata(self, queue: str, metadata: Mapping[str, str]) -> None:
        await self._client.call("PUT", _path(queue), {"comp": "metadata"}, metadata_headers(metadata), repeatable=True)

    async def list_queues(self, prefix: str = "") -> tuple[str, ...]:
        return await list_account(self._client, "Queue", _name, prefix)

    async def put(self, queue: str, text: str, *, visibility: float = 0, ttl: int = WEEK) -> QueueMessage:
        check_text(text)
        query = {"messagettl": str(ttl)}
        if visibility:
            query["visibilitytimeout"] = _seconds(visibility)
        body = _message_xml(text)
        reply = await self._client.call("POST", _messages(queue), query, _XML, body)
        self._wakers.announce(queue)
        with about_answer(self.url):
            return _message(parse_xml(reply.body)[0], text)

    async def get(self, queue: str, count: int = 1, visibility: float = 30) -> list[QueueMessage]:
        query = {"numofmessages": str(count), "visibilitytimeout": _seconds(visibility)}
        reply = await self._client.call("GET", _messages(queue), query, longest=SHORT + count * _LONGEST)
        with about_answer(self.url):
            return [_message(element) for element in parse_xml(reply.body)]

    async def peek(self, queue: str, count: int = 1) -> list[QueueMessage]:
        query = {"numofmessages": str(count), "peekonly": "true"}
        longest = SHORT + count * _LONGEST
        reply = await self._client.call("GET", _messages(queue), query, repeatable=True, longest=longest)
        with about_answer(self.url):
            return [_message(element) for element in parse_xml(reply.body)]

    async def update(
        self, queue: str, message_id: str, pop_receipt: str, visibility: float, text: str | None = None
    ) -> Receipt:
        query = {"popreceipt": pop_receipt, "visibilitytimeout": _seconds(visibility)}
        body = b""
        if text is not None:
            check_text(text)
            body = _message_xml(text)
        reply = await self._client.call("PUT", _message_path(queue, message_id), query, _XML if body else None, body)
        if visibility <= 0:
            self._wakers.announce(queue)
        with about_answer(self.url):
            return Receipt(reply.headers["x-ms-popreceipt"], read_date(reply.headers["x-ms-time-next-visible"]))

    async def delete_message(self, queue: str, message_id: str, pop_receipt: str) -> None:
        path = _message_path(queue, message_id)
        await self._client.call(
            "DELETE", path, {"popreceipt": pop_receipt}, repeatable=True, done_codes=("MessageNotFound",)
        )

    async def delete_messages(self, queue: str, messages: Sequence[tuple[str, str]]) -> list[StorageError | None]:
        return await asyncio.gather(*(self._failure_to_delete(queue, *message) for message in messages))

    async def _failure_to_delete(self, queue: str, message_id: str, pop_receipt: str) -> StorageError | None:
        try:
            await self.delete_message(queue, message_id, pop_receipt)
        except StorageError as error:
            return error
        return None

    async def clear(self, queue: str) -> None:
        await self._client.call("DELETE", _messages(queue), repeatable=True)

    def watch(self, queue: str, wake: Callable[[], None]) -> Callable[[], None]:
        return self._wakers.add(queue, wake)


@lru_cache(maxsize=256)
def _path(queue: str) -> str:
    return f"/{quote(queue, safe='')}"


@lru_cache(maxsize=256)
def _messages(queue: str) -> str:
    return f"/{quote(queue, safe='')}/messages"


def _message_path(queue: str, message_id: str) -> str:
    return f"{_messages(queue)}/{quote(message_id, safe='')}"


def _name(element: Element) -> str:
    return element.findtext("Name") or ""


def _seconds(visibility: float) -> str:
    return str(math.ceil(visibility))


def _message_xml(text: str) -> bytes:
    return f"<QueueMessage><MessageText>{xml_text(text)}</MessageText></QueueMessage>".encode()


def _count(headers: Mapping[str, str]) -> int:
    """Raises: ValueError: it is no number of messages."""
    text = headers.get("x-ms-approximate-messages-count", "0")
    if len(text) > _DIGITS or not (text.isascii() and text.isdigit()):
        raise ValueError(f"{text[:40]!r} is no number of messages")
    return int(text)


def _message(element: Element, text: str | None = None) -> QueueMessage:
    found = {child.tag: child.text or "" for child in element}
    visible = found.get("TimeNextVisible")
    return QueueMessage(
        found["MessageId"],
        found.get("MessageText", "") if text is None else text,
        read_date(found["InsertionTime"]),
        read_date(found["ExpirationTime"]),
        int(found.get("DequeueCount", "0")),
        found.get("PopReceipt", ""),
        read_date(visible) if visible else None,
    )
