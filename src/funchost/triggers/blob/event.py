"""From a blob to an invocation. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import quote

from funchost.app.function_app import Function
from funchost.app.invocation import CALLED_BY_HOST, Datum, Invocation
from funchost.dispatch.invocation_id import new_invocation_id
from funchost.storage.blobs import BlobProperties
from funchost.storage.queues import QueueMessage
from funchost.triggers.blob.config import BlobTrigger


def blob_invocation(
    function: Function,
    trigger: BlobTrigger,
    blob: BlobProperties,
    content: Datum,
    url: str,
    message: QueueMessage | None,
) -> Invocation:
    """Return the invocation for a blob.

    Args:
        content: what the function's parameter gets.
        url: base URL of the blob's service.
        message: that told of the blob; None = a call by hand.
    """
    path = f"{blob.container}/{blob.name}"
    return Invocation(
        id=new_invocation_id(),
        function=function,
        inputs=((trigger.parameter, content),),
        metadata=_metadata(trigger, blob, url),
        reason=CALLED_BY_HOST if message is None else f"New blob detected({trigger.source.value}): {path}",
        details="" if message is None else _details(blob, message),
    )


def _metadata(trigger: BlobTrigger, blob: BlobProperties, url: str) -> dict[str, Datum]:
    captured: Mapping[str, str] = trigger.pattern.match(blob.name) or {}
    metadata = {name: Datum("string", text) for name, text in captured.items()}
    metadata["BlobTrigger"] = Datum("string", f"{blob.container}/{blob.name}")
    metadata["Uri"] = Datum("string", f"{url}/{blob.container}/{quote(blob.name)}")
    metadata["Properties"] = Datum("json", json.dumps(_properties(blob)))
    metadata["Metadata"] = Datum("json", json.dumps(dict(blob.metadata)))
    return metadata


def _properties(blob: BlobProperties) -> dict[str, object]:
    """Return the members of the .NET SDK's BlobProperties that a store knows.

    The size stands there twice: the library reads `ContentLength` from 1.22 on, and only `Length` before.
    """
    return {
        "LastModified": _utc(blob.last_modified),
        "CreatedOn": None if blob.created is None else _utc(blob.created),
        "Metadata": dict(blob.metadata),
        "BlobType": blob.blob_type,
        "LeaseDuration": blob.lease_duration,
        "LeaseState": blob.lease_state,
        "LeaseStatus": "locked" if blob.lease_state in ("leased", "breaking") else "unlocked",
        "ContentLength": blob.size,
        "Length": blob.size,
        "ContentType": blob.content_type,
        "ETag": blob.etag,
        "ContentHash": blob.content_md5,
        "ContentEncoding": blob.content_encoding,
        "ContentDisposition": blob.content_disposition,
        "ContentLanguage": blob.content_language,
        "CacheControl": blob.cache_control,
        "AccessTier": blob.access_tier,
    }


def _details(blob: BlobProperties, message: QueueMessage) -> str:
    created = "" if blob.created is None else _utc(blob.created)
    return (
        f"Trigger Details: MessageId: {message.id}, DequeueCount: {message.dequeue_count}, "
        f"InsertedOn: {_utc(message.inserted)}, BlobCreated: {created}, BlobLastModified: {_utc(blob.last_modified)}"
    )


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()
