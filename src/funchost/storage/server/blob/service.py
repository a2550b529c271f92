"""BlobService: finds the operation that a request to the blob service asks for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from funchost.errors import StorageError
from funchost.storage.embedded.blob_names import ROOT
from funchost.storage.embedded.containers import find_container
from funchost.storage.embedded.store import EmbeddedStore
from funchost.storage.server.authentication import Authentication
from funchost.storage.server.blob import (
    blob_listings,
    blocks,
    changes,
    container_operations,
    downloads,
    lease_operations,
    uploads,
)
from funchost.storage.server.blob.batches import answer_batch
from funchost.storage.server.blob.blob_call import BlobCall
from funchost.storage.server.blob.copies import Copies
from funchost.storage.server.exchange import StorageReply, StorageRequest
from funchost.storage.server.grant import StoredPolicy
from funchost.storage.server.refusal import refusal, unsupported, wrong_query

Operation = Callable[[BlobCall], Awaitable[StorageReply]]
Operations = Mapping[tuple[str, str], Operation]
"""By method and ``comp``."""

_SERVICE: Operations = {("GET", "list"): container_operations.list_containers}
_CONTAINER: Operations = {
    ("PUT", ""): container_operations.create_container,
    ("GET", ""): container_operations.container_properties,
    ("HEAD", ""): container_operations.container_properties,
    ("DELETE", ""): container_operations.delete_container,
    ("GET", "metadata"): container_operations.container_properties,
    ("HEAD", "metadata"): container_operations.container_properties,
    ("PUT", "metadata"): container_operations.set_container_metadata,
    ("GET", "acl"): container_operations.get_acl,
    ("HEAD", "acl"): container_operations.get_acl,
    ("PUT", "acl"): container_operations.set_acl,
    ("PUT", "lease"): lease_operations.lease_container,
    ("GET", "list"): blob_listings.list_blobs,
}
_BLOB: Operations = {
    ("PUT", ""): uploads.put_blob,
    ("GET", ""): downloads.get_blob,
    ("HEAD", ""): downloads.blob_properties,
    ("DELETE", ""): changes.delete_blob,
    ("GET", "metadata"): downloads.blob_properties,
    ("HEAD", "metadata"): downloads.blob_properties,
    ("PUT", "metadata"): changes.set_metadata,
    ("PUT", "properties"): changes.set_headers,
    ("GET", "tags"): changes.get_tags,
    ("PUT", "tags"): changes.set_tags,
    ("PUT", "tier"): changes.set_tier,
    ("PUT", "snapshot"): changes.take_snapshot,
    ("PUT", "copy"): changes.abort_copy,
    ("PUT", "lease"): lease_operations.lease_blob,
    ("PUT", "block"): blocks.put_block,
    ("PUT", "blocklist"): blocks.put_block_list,
    ("GET", "blocklist"): blocks.get_block_list,
    ("PUT", "appendblock"): uploads.append_block,
    ("PUT", "seal"): uploads.seal,
}
_UNCOVERED: Mapping[str, str] = {
    "blobs": "Find Blobs by Tags",
    "expiry": "Set Blob Expiry",
    "immutabilitypolicies": "Set Blob Immutability Policy",
    "incrementalcopy": "Incremental Copy Blob",
    "legalhold": "Set Blob Legal Hold",
    "page": "Put Page",
    "pagelist": "Get Page Ranges",
    "query": "Query Blob Contents",
    "rename": "Rename Container",
    "undelete": "Undelete",
    "userdelegationkey": "Get User Delegation Key",
}
"""Operations that answer 501, by ``comp``."""

_UNCOVERED_HEADERS: Mapping[str, str] = {
    "x-ms-encryption-key": "Encryption with a key of the client",
    "x-ms-encryption-scope": "Encryption scopes",
    "x-ms-immutability-policy-until-date": "Immutability policies",
    "x-ms-legal-hold": "Legal holds",
    "x-ms-content-crc64": "Content with a CRC64",
    "x-ms-range-get-content-crc64": "Content with a CRC64",
    "x-ms-structured-body": "Content in structured messages",
    "x-ms-if-tags": "Conditions on tags",
    "x-ms-source-if-tags": "Conditions on tags",
}
"""What would be promised, and not kept, if these headers were ignored."""


class BlobService:
    """The blob service of a store; a StorageService.

    Args:
        store: open.
    """

    def __init__(self, store: EmbeddedStore) -> None:
        self._access = store.blobs
        copies = Copies(Authentication(store.accounts, self))
        self._copies: Operations = {
            ("PUT", ""): copies.copy_blob,
            ("PUT", "from url"): copies.put_blob_from_url,
            ("PUT", "block"): copies.put_block_from_url,
            ("PUT", "appendblock"): copies.append_block_from_url,
        }

    async def handle(self, request: StorageRequest) -> StorageReply:
        method, kind, comp = request.operation
        key = (method, comp.lower())
        if kind == "container":
            call = BlobCall(request, self._access, request.path.rstrip("/"))
            return await (self._batch(call, key) or _found(_CONTAINER, call, key))(call)
        container, slash, name = request.path.partition("/")
        if not container:
            call = BlobCall(request, self._access, "")
            return await (self._batch(call, key) or _found(_SERVICE, call, key))(call)
        call = (
            BlobCall(request, self._access, container, name)
            if slash
            else BlobCall(request, self._access, ROOT, container)
        )
        if key[1] not in _UNCOVERED:
            _check_covered(request)
        if "x-ms-copy-source" in request.headers:
            operation = _found(self._copies, call, _copy_key(call, key))
        else:
            operation = _found(_BLOB, call, key)
        try:
            return await operation(call)
        except StorageError as error:
            raise _overwrite_refused(request, error) from None

    async def stored_policy(self, account: str, resource: str, identifier: str) -> StoredPolicy | None:
        row = await self._access.engine.read(lambda connection: find_container(connection, account, resource))
        if row is None:
            return None
        return next((StoredPolicy(*policy) for policy in row.acl if policy.id == identifier), None)

    async def public_access(self, account: str, resource: str) -> str:
        row = await self._access.engine.read(lambda connection: find_container(connection, account, resource))
        return "" if row is None else row.public

    def _batch(self, call: BlobCall, key: tuple[str, str]) -> Operation | None:
        if key != ("POST", "batch"):
            return None
        return lambda call: answer_batch(call, self.handle)


def _copy_key(call: BlobCall, key: tuple[str, str]) -> tuple[str, str]:
    return ("PUT", "from url") if key == ("PUT", "") and "x-ms-blob-type" in call.headers else key


def _found(operations: Operations, call: BlobCall, key: tuple[str, str]) -> Operation:
    operation = operations.get(key)
    if operation is not None:
        return operation
    comp = key[1]
    if comp in _UNCOVERED:
        raise unsupported(call.request, _UNCOVERED[comp])
    if any(comp == known for _, known in operations):
        raise refusal("UnsupportedHttpVerb")
    raise wrong_query("comp", comp)


def _overwrite_refused(request: StorageRequest, error: StorageError) -> StorageError:
    """Return `error`, in other words if the caller did not ask that the blob be new, but may only create."""
    if error.code != "BlobAlreadyExists" or request.grant.allows("w") or "if-none-match" in request.headers:
        return error
    return StorageError("UnauthorizedBlobOverwrite", "This request is not authorized to perform blob overwrites.", 403)


def _check_covered(request: StorageRequest) -> None:
    if not _UNCOVERED_HEADERS.keys().isdisjoint(request.headers):
        name = next(name for name in _UNCOVERED_HEADERS if name in request.headers)
        raise unsupported(request, f"{_UNCOVERED_HEADERS[name]} ({name})")
    if "versionid" in request.query:
        raise unsupported(request, "Versions of blobs (versionid)")
