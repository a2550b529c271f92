"""BlobCalls: calls the functions for the blobs that were queued, on every instance of the app."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import NamedTuple

from funchost.app.function_app import Function
from funchost.app.invocation import Datum, Invocation, Status
from funchost.bindings.blob_body import blob_body
from funchost.bindings.blob_path import BlobPath
from funchost.bindings.deferred import blob_reference, is_deferred
from funchost.errors import StorageError, StorageUnavailableError
from funchost.logs import LogLevel
from funchost.storage.account import StorageAccount
from funchost.storage.blobs import ALWAYS, BlobProperties, Conditions
from funchost.storage.queueing import put_text
from funchost.storage.queues import QueueMessage
from funchost.triggers.blob.config import BlobTrigger, Source
from funchost.triggers.blob.event import blob_invocation
from funchost.triggers.blob.message import POISON_QUEUE, BlobMessage, read_blob_message
from funchost.triggers.context import TriggerContext
from funchost.triggers.queue.consumer import MessageNotTakenError

CATEGORY = "Host.Triggers.Blob"
RETRY_AWAY = 2.0
_GONE = frozenset({"BlobNotFound", "ResourceNotFound", "ContainerNotFound", "ContainerBeingDeleted", "ConditionNotMet"})


class Called(NamedTuple):
    """A function that blobs trigger, and the account that they are in."""

    function: Function
    trigger: BlobTrigger
    account: StorageAccount


class BlobCalls:
    """Handles the messages of the app's blob queue.

    Args:
        called: by function id.
        drained: set when no more messages are to be begun.
    """

    def __init__(self, context: TriggerContext, called: Mapping[str, Called], drained: asyncio.Event) -> None:
        self._context = context
        self._called = called
        self._drained = drained
        self._threshold = context.app.host.blobs.poison_threshold

    async def handle(self, message: QueueMessage) -> bool:
        """Return whether the message is done with; see QueueConsumer.

        Raises:
            MessageNotTakenError: the host is stopping.
        """
        try:
            event = read_blob_message(message.text)
        except ValueError as error:
            self._say(LogLevel.WARNING, f"Message {message.id} is dropped, it tells of no blob: {error}.")
            return True
        called = self._called.get(event.function_id)
        if called is None:
            self._say(
                LogLevel.WARNING,
                f"'{event.container}/{event.name}' is dropped: there is no function '{event.function_id}' any more.",
            )
            return True
        if message.dequeue_count > self._threshold:
            return await self._poison(called, message)
        return await self._call(called, event, message)

    async def _call(self, called: Called, event: BlobMessage, message: QueueMessage) -> bool:
        unchanged = Conditions(if_match=event.etag) if called.trigger.source is Source.SCAN else ALWAYS
        while True:
            try:
                invocation = await read_blob(called, BlobPath(event.container, event.name), unchanged, message)
                break
            except StorageUnavailableError as error:
                await self._wait_for_store(called, error)
            except StorageError as error:
                if error.code in _GONE:
                    # Deleted, or there is a newer version, which the scan finds by itself.
                    return True
                raise
        self._context.availability.succeeded(called.account.blobs.url, called.function.name)
        result = await self._context.invoker.invoke(invocation)
        if result.status is Status.SUCCEEDED:
            return True
        if result.status is Status.CANCELLED:
            raise MessageNotTakenError
        return message.dequeue_count >= self._threshold and await self._poison(called, message)

    async def _poison(self, called: Called, message: QueueMessage) -> bool:
        """Move the message to the poison queue of the blob's account."""
        self._say(
            LogLevel.WARNING,
            f"Message has reached MaxDequeueCount of {self._threshold}. Moving message to queue '{POISON_QUEUE}'.",
        )
        while True:
            try:
                await put_text(called.account.queues, POISON_QUEUE, message.text)
            except StorageUnavailableError as error:
                await self._wait_for_store(called, error)
            else:
                return True

    async def _wait_for_store(self, called: Called, error: StorageError) -> None:
        """Raises: MessageNotTakenError."""
        self._context.availability.failed(called.account.blobs.url, called.function.name, error)
        try:
            async with asyncio.timeout(RETRY_AWAY):
                await self._drained.wait()
        except TimeoutError:
            return
        raise MessageNotTakenError

    def _say(self, level: LogLevel, message: str) -> None:
        self._context.log.write(level, CATEGORY, message)


async def read_blob(called: Called, path: BlobPath, conditions: Conditions, message: QueueMessage | None) -> Invocation:
    """Return the invocation for a blob as it is now.

    Raises:
        StorageError: there is none, or the conditions do not hold.
    """
    function, trigger, account = called
    properties: BlobProperties
    if is_deferred(function.trigger):
        properties = await account.blobs.properties(path.container, path.name, conditions)
        content = blob_reference(function.trigger, path)
    else:
        found = await account.blobs.get(path.container, path.name, conditions=conditions)
        properties = found.properties
        content = Datum("bytes", blob_body(account.blobs, found))
        if trigger.text:
            content = Datum("string", await _text(content))
    return blob_invocation(function, trigger, properties, content, account.blobs.url, message)


async def _text(content: Datum) -> str:
    body = content.value
    if not isinstance(body, bytes):
        body = b"".join([chunk async for chunk in body])  # type: ignore[attr-defined] # what Datum says
    return body.decode("utf-8-sig", "replace")
