"""Blob listeners: one scanner and one consumer for all blob functions of the app."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace

from funchost.app.blob_options import BlobOptions
from funchost.app.function_app import Function
from funchost.app.invocation import Invocation
from funchost.app.queue_options import MAX_BATCH, QueueOptions
from funchost.app.webhook import Webhook
from funchost.bindings.blob_path import parse_blob_path
from funchost.storage.account import StorageAccount
from funchost.storage.blobs import ALWAYS
from funchost.triggers.blob.config import Source, function_id, read_blob_trigger
from funchost.triggers.blob.container_scan import ContainerScan, HostStores, Watched
from funchost.triggers.blob.event_grid import BlobEvents
from funchost.triggers.blob.handler import BlobCalls, Called, read_blob
from funchost.triggers.blob.message import POISON_QUEUE, message_queue
from funchost.triggers.blob.scanner import BlobScanner
from funchost.triggers.clock import Clock
from funchost.triggers.context import TriggerContext
from funchost.triggers.listener import Listener
from funchost.triggers.queue.consumer import QueueConsumer
from funchost.triggers.singleton import LockTerms

EXTENSION = "blobs"
"""Name of the webhook."""

_COUNTED_ELSEWHERE = 1 << 31


def listeners(context: TriggerContext, functions: Sequence[Function]) -> Sequence[Listener]:
    """Return what finds blobs and what calls the functions for them; nothing without an account of the host's own."""
    if context.storage is None:
        return ()
    by_id = {function_id(function): called_by_blobs(context, function) for function in functions}
    scans = _scans(context, context.storage, by_id)
    found: list[Listener] = [BlobConsumer(context, context.storage, by_id)]
    if scans:
        options = context.app.host.singleton
        found.append(BlobScanner(scans, context.locks, LockTerms(options.listener_lease, options.listener_retry)))
    return found


async def manual(context: TriggerContext, function: Function, text: str) -> Invocation:
    """Return the invocation for the blob at a path ``container/name``.

    Raises:
        ValueError: it is no path.
        StorageError: there is no such blob, or the store is away.
    """
    path = parse_blob_path(text.strip())
    return await read_blob(called_by_blobs(context, function), path, ALWAYS, None)


def webhooks(context: TriggerContext, functions: Sequence[Function]) -> Mapping[str, Webhook]:
    """Return what takes the events of Event Grid, if a function has that source."""
    storage = context.storage
    by_id = {function_id(function): called_by_blobs(context, function) for function in functions}
    told = {identity: one for identity, one in by_id.items() if one.trigger.source is Source.EVENT_GRID}
    if not told or storage is None:
        return {}
    return {EXTENSION: BlobEvents(storage.queues, message_queue(context.host_id), told)}


def consumer_options(blobs: BlobOptions, queues: QueueOptions) -> QueueOptions:
    """Return how the blob queue is consumed: as many calls at once as the app allows, as in the existing host."""
    batch = min(MAX_BATCH, blobs.max_parallel // 2 + 1)
    return replace(
        queues,
        batch_size=batch,
        new_batch_threshold=max(blobs.max_parallel - batch, 0),
        visibility_timeout=0.0,
        max_dequeue_count=_COUNTED_ELSEWHERE,
    )


class BlobConsumer:
    """Takes the messages of the app's blob queue. Implements triggers.listener.Listener.

    Tries are counted by BlobCalls, because the poison queue is in the account of each blob, not in that of the queue.
    """

    name = "blob queue"

    def __init__(self, context: TriggerContext, storage: StorageAccount, by_id: Mapping[str, Called]) -> None:
        self._drained = asyncio.Event()
        self._consumer = QueueConsumer(
            storage.queues,
            message_queue(context.host_id),
            consumer_options(context.app.host.blobs, context.app.host.queues),
            BlobCalls(context, by_id, self._drained).handle,
            poison=POISON_QUEUE,
            log=context.log,
            name=self.name,
            availability=context.availability,
            gate=context.gate,
            local=storage.emulator,
        )

    def drain(self) -> None:
        self._drained.set()
        self._consumer.drain()

    async def run(self) -> None:
        await self._consumer.run()


def called_by_blobs(context: TriggerContext, function: Function) -> Called:
    """Return a function with what its calls need."""
    return Called(function, read_blob_trigger(function), context.accounts[function.name])


def _scans(context: TriggerContext, storage: StorageAccount, by_id: Mapping[str, Called]) -> list[ContainerScan]:
    """Return one scan for each container, whatever the number of functions on it."""
    host = HostStores(storage, context.host_id, message_queue(context.host_id))
    groups: dict[tuple[str, str], list[tuple[StorageAccount, Watched]]] = {}
    for identity, (_, trigger, account) in by_id.items():
        if trigger.source is Source.SCAN:
            key = (account.blobs.url, trigger.pattern.container)
            groups.setdefault(key, []).append((account, Watched(identity, trigger.pattern)))
    return [
        ContainerScan(group[0][0], container, [watched for _, watched in group], host, context.availability, Clock())
        for (_, container), group in groups.items()
    ]
