"""The operations that all services have in common: properties, statistics and account information."""

from __future__ import annotations

from datetime import UTC, datetime

from funchost.storage.embedded.accounts import Accounts
from funchost.storage.server.dates import http_date
from funchost.storage.server.exchange import StorageReply, StorageRequest
from funchost.storage.server.properties import MAX_DOCUMENT, merged_properties, properties_document
from funchost.storage.server.refusal import refusal
from funchost.storage.server.xml_document import document, leaf

_XML = {"content-type": "application/xml"}
_ACCOUNT = {"x-ms-sku-name": "Standard_RAGRS", "x-ms-account-kind": "StorageV2", "x-ms-is-hns-enabled": "false"}


def is_common(request: StorageRequest) -> bool:
    """Return whether `answer_common` answers a request."""
    kind, comp = request.query.get("restype"), request.query.get("comp")
    return (kind == "service" and comp in ("properties", "stats")) or (
        kind == "account" and comp == "properties" and request.service == "blob"
    )


async def answer_common(request: StorageRequest, accounts: Accounts) -> StorageReply:
    """Return the answer to a request about a service as a whole.

    Raises:
        StorageError: UnsupportedHttpVerb, InvalidXmlDocument, InvalidXmlNodeValue, RequestBodyTooLarge.
    """
    method, kind, comp = request.operation
    if kind == "account" and method in ("GET", "HEAD"):
        return StorageReply(200, _ACCOUNT)
    if comp == "stats" and method == "GET":
        synced = leaf("LastSyncTime", http_date(datetime.now(UTC)))
        replication = f"<GeoReplication><Status>live</Status>{synced}</GeoReplication>"
        return StorageReply(200, _XML, document(f"<StorageServiceStats>{replication}</StorageServiceStats>"))
    if comp == "properties" and kind == "service" and method in ("GET", "PUT"):
        stored = await accounts.properties(request.account, request.service)
        if method == "GET":
            return StorageReply(200, _XML, properties_document(request.service, stored))
        merged = merged_properties(request.service, stored, await request.body.read(MAX_DOCUMENT))
        await accounts.set_properties(request.account, request.service, merged)
        return StorageReply(202)
    raise refusal("UnsupportedHttpVerb")
