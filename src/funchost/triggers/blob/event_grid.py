"""BlobEvents: Event Grid tells of blobs: /runtime/webhooks/blobs?functionName=Host.Functions.{Name}."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from funchost.app.webhook import WebhookReply, WebhookRequest, plain_reply
from funchost.bindings.blob_path import parse_blob_path
from funchost.errors import StorageError
from funchost.storage.queueing import put_text
from funchost.storage.queues import QueueStore
from funchost.triggers.blob.handler import Called
from funchost.triggers.blob.message import BlobMessage
from funchost.triggers.event_grid.delivery import Event, is_cloud_event, read_events, validation_code
from funchost.triggers.event_grid.listener import abuse_protection

_KIND = "aeg-event-type"
_DELETED = "microsoft.storage.blobdeleted"


class BlobEvents:
    """Queues a message for each event and answers when all are queued. Called with a WebhookRequest.

    Args:
        queues: the host's own account.
        queue: that all instances of the app take blobs from.
        called: the functions with this source, by function id.
    """

    def __init__(self, queues: QueueStore, queue: str, called: Mapping[str, Called]) -> None:
        self._queues = queues
        self._queue = queue
        self._called = {identity.lower(): (identity, function) for identity, function in called.items()}

    async def __call__(self, request: WebhookRequest) -> WebhookReply:
        name = request.query.get("functionname", "")
        identity, called = self._called.get(name.lower(), ("", None))
        if called is None:
            return plain_reply(404, f"cannot find function: '{name}'")
        if request.method == "OPTIONS":
            return abuse_protection(request)
        kind = request.headers.get(_KIND, "").lower()
        try:
            if kind == "subscriptionvalidation":
                answer = {"validationResponse": validation_code(request)}
                return WebhookReply(200, json.dumps(answer).encode(), (("content-type", "application/json"),))
            if kind == "unsubscribe":
                return WebhookReply(202)
            if kind == "notification" or (not kind and request.method == "POST" and is_cloud_event(request)):
                return await self._queue_all(messages(identity, called, read_events(request)))
        except ValueError as error:
            return plain_reply(400, str(error))
        return plain_reply(400, f"The header {_KIND} must be SubscriptionValidation, Notification or Unsubscribe.")

    async def _queue_all(self, found: Sequence[BlobMessage]) -> WebhookReply:
        try:
            for message in found:
                await put_text(self._queues, self._queue, message.encode())
        except StorageError as error:
            # Event Grid delivers all of them again, later.
            return plain_reply(500, str(error))
        return WebhookReply(202)


def messages(identity: str, called: Called, events: Sequence[Event]) -> list[BlobMessage]:
    """Return a message for each event about a blob that the function is for.

    Args:
        identity: the function's id.

    Raises:
        ValueError: an event names no blob.
    """
    found: list[BlobMessage] = []
    for event in events:
        data = event.get("data")
        url = data.get("url") if isinstance(data, dict) else None
        if not isinstance(data, dict) or not isinstance(url, str):
            raise ValueError("The event has no data.url, so it tells of no blob.")  # noqa: TRY004 - a wrong body
        path = parse_blob_path(url, called.account.blobs.url)
        deleted = str(event.get("eventType") or event.get("type") or "").lower() == _DELETED
        pattern = called.trigger.pattern
        if not deleted and path.container == pattern.container and pattern.match(path.name) is not None:
            etag = str(data.get("eTag", "")).strip('"')
            kind = str(data.get("blobType") or "BlockBlob")
            found.append(BlobMessage(identity, kind, path.container, path.name, f'"{etag}"'))
    return found
