"""Operations on the messages of a queue."""

from __future__ import annotations

from funchost.storage.embedded.queues import EmbeddedQueues
from funchost.storage.queues import FOREVER, MAX_BATCH, WEEK
from funchost.storage.server.dates import http_date
from funchost.storage.server.exchange import StorageReply, StorageRequest
from funchost.storage.server.parameters import required, whole_number
from funchost.storage.server.queue.message_xml import (
    MAX_BODY,
    peeked_document,
    put_document,
    read_message,
    received_document,
)
from funchost.storage.server.refusal import out_of_range, refusal, wrong_query

DEFAULT_VISIBILITY = 30
_XML = {"content-type": "application/xml", "cache-control": "no-cache"}
_MOST_SECONDS = 2**31 - 1


async def handle_messages(request: StorageRequest, queues: EmbeddedQueues) -> StorageReply:
    """Do an operation on ``queue/messages``."""
    queue = request.resource
    if request.method == "GET":
        return await _receive(request, queues, queue)
    if request.method == "POST":
        return await _put(request, queues, queue)
    if request.method == "DELETE":
        await queues.clear(queue)
        return StorageReply(204)
    raise refusal("UnsupportedHttpVerb")


async def handle_message(request: StorageRequest, queues: EmbeddedQueues, message_id: str) -> StorageReply:
    """Do an operation on ``queue/messages/id``."""
    queue, query = request.resource, request.query
    if request.method == "DELETE":
        await queues.delete_message(queue, message_id, required(query, "popreceipt"))
        return StorageReply(204)
    if request.method != "PUT":
        raise refusal("UnsupportedHttpVerb")
    receipt = required(query, "popreceipt")
    required(query, "visibilitytimeout")
    visibility = whole_number(query, "visibilitytimeout", 0, 0, WEEK)
    body = await request.body.read(MAX_BODY)
    text = read_message(body) if body else None
    renewed = await queues.update(queue, message_id, receipt, visibility, text)
    headers = {"x-ms-popreceipt": renewed.pop_receipt, "x-ms-time-next-visible": http_date(renewed.next_visible)}
    return StorageReply(204, headers)


async def _receive(request: StorageRequest, queues: EmbeddedQueues, queue: str) -> StorageReply:
    query = request.query
    count = whole_number(query, "numofmessages", 1, 1, MAX_BATCH)
    peeks = query.get("peekonly", "false").lower()
    if peeks == "true":
        return StorageReply(200, _XML, peeked_document(await queues.peek(queue, count)))
    if peeks != "false":
        raise wrong_query("peekonly", query["peekonly"])
    visibility = whole_number(query, "visibilitytimeout", DEFAULT_VISIBILITY, 1, WEEK)
    return StorageReply(200, _XML, received_document(await queues.get(queue, count, visibility)))


async def _put(request: StorageRequest, queues: EmbeddedQueues, queue: str) -> StorageReply:
    query = request.query
    lives = whole_number(query, "messagettl", WEEK, FOREVER, _MOST_SECONDS)
    if lives == 0:
        raise out_of_range("messagettl", "0", 1, _MOST_SECONDS)
    visibility = whole_number(query, "visibilitytimeout", 0, 0, WEEK)
    if lives != FOREVER and visibility >= lives:
        raise wrong_query("visibilitytimeout", str(visibility), "It must be less than messagettl.")
    text = read_message(await request.body.read(MAX_BODY))
    message = await queues.put(queue, text, visibility=visibility, ttl=lives)
    return StorageReply(201, _XML, put_document(message))
