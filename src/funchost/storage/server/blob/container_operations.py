"""Operations on containers: create, properties, metadata, ACL, delete, and their list."""

from __future__ import annotations

from funchost.errors import StorageError
from funchost.storage.blobs import MAX_PAGE
from funchost.storage.embedded import containers
from funchost.storage.embedded.blob_names import check_container
from funchost.storage.embedded.blob_row import unpack
from funchost.storage.embedded.containers import ContainerPage, ContainerRow, Policy
from funchost.storage.server.blob.blob_call import BlobCall
from funchost.storage.server.blob.request_headers import read_metadata
from funchost.storage.server.blob.response_headers import container_headers, time_text, version_headers
from funchost.storage.server.exchange import StorageReply
from funchost.storage.server.grant import StoredPolicy
from funchost.storage.server.policies import MAX_DOCUMENT, policies_document, read_policies
from funchost.storage.server.refusal import out_of_range, wrong_header, wrong_query
from funchost.storage.server.xml_document import attribute, document, leaf

_XML = {"content-type": "application/xml"}


async def create_container(call: BlobCall) -> StorageReply:
    """Create Container."""
    check_container(call.container)
    metadata = read_metadata(call.headers)
    public = _public(call)
    row = await call.access.change(
        lambda change: containers.create_container(change, call.account, call.container, metadata, public)
    )
    if row is None:
        raise StorageError("ContainerAlreadyExists", "The specified container already exists.", 409)
    return StorageReply(201, version_headers(row))


async def container_properties(call: BlobCall) -> StorageReply:
    """Get Container Properties, and Get Container Metadata."""
    row = await _read(call)
    return StorageReply(200, container_headers(row, call.now))


async def set_container_metadata(call: BlobCall) -> StorageReply:
    """Set Container Metadata."""
    metadata = read_metadata(call.headers)
    conditions = call.conditions
    row = await call.access.change(
        lambda change: containers.set_container_metadata(change, call.account, call.container, metadata, conditions)
    )
    return StorageReply(200, version_headers(row))


async def delete_container(call: BlobCall) -> StorageReply:
    """Delete Container."""
    conditions = call.conditions
    await call.access.change(
        lambda change: containers.delete_container(change, call.account, call.container, conditions)
    )
    call.access.leftovers.set()
    return StorageReply(202)


async def get_acl(call: BlobCall) -> StorageReply:
    """Get Container ACL."""
    row = await _read(call)
    headers = {**version_headers(row), **_XML}
    if row.public:
        headers["x-ms-blob-public-access"] = row.public
    return StorageReply(200, headers, policies_document([StoredPolicy(*policy) for policy in row.acl]))


async def set_acl(call: BlobCall) -> StorageReply:
    """Set Container ACL."""
    public = _public(call)
    policies = [Policy(*policy) for policy in read_policies(await call.request.body.read(MAX_DOCUMENT))]
    conditions = call.conditions
    row = await call.access.change(
        lambda change: containers.set_acl(change, call.account, call.container, public, policies, conditions)
    )
    return StorageReply(200, version_headers(row))


async def list_containers(call: BlobCall) -> StorageReply:
    """List Containers."""
    query = call.query
    prefix, marker = query.get("prefix", ""), query.get("marker", "")
    limit = page_limit(call)
    page = await call.read(
        lambda connection: containers.list_containers(connection, call.account, prefix, marker, limit)
    )
    return StorageReply(200, _XML, _containers_document(call, page))


def page_limit(call: BlobCall) -> int:
    """Return how many entries a page may have at most.

    Raises:
        StorageError: InvalidQueryParameterValue, OutOfRangeQueryParameterValue.
    """
    text = call.query.get("maxresults")
    if text is None:
        return MAX_PAGE
    try:
        limit = int(text)
    except ValueError:
        raise wrong_query("maxresults", text) from None
    if limit < 1:
        raise out_of_range("maxresults", text, 1, MAX_PAGE)
    return min(limit, MAX_PAGE)


async def _read(call: BlobCall) -> ContainerRow:
    conditions = call.conditions
    now = call.now
    return await call.read(
        lambda connection: containers.read_container(connection, call.account, call.container, now, conditions)
    )


def _public(call: BlobCall) -> str:
    public = call.headers.get("x-ms-blob-public-access", "")
    if public not in ("", "container", "blob"):
        raise wrong_header("x-ms-blob-public-access", public)
    return public


def _containers_document(call: BlobCall, page: ContainerPage) -> bytes:
    query = call.query
    asked = "".join(
        leaf(name, query[name.lower()]) for name in ("Prefix", "Marker", "MaxResults") if query.get(name.lower())
    )
    with_metadata = "metadata" in query.get("include", "").split(",")
    now = call.now
    entries = "".join(_container(row, now, with_metadata) for row in page.containers)
    endpoint = attribute(call.request.url)
    return document(
        f'<EnumerationResults ServiceEndpoint="{endpoint}/">{asked}<Containers>{entries}</Containers>'
        f"{leaf('NextMarker', page.next or '')}</EnumerationResults>"
    )


def _container(row: ContainerRow, now: int, with_metadata: bool) -> str:
    lease = row.lease
    parts = [
        leaf("Last-Modified", time_text(row.modified)),
        leaf("Etag", row.version.etag),
        leaf("LeaseStatus", "locked" if lease.active(now) else "unlocked"),
        leaf("LeaseState", lease.state(now)),
    ]
    duration = lease.duration(now)
    if duration is not None:
        parts.append(leaf("LeaseDuration", duration))
    if row.public:
        parts.append(leaf("PublicAccess", row.public))
    parts.append("<HasImmutabilityPolicy>false</HasImmutabilityPolicy><HasLegalHold>false</HasLegalHold>")
    metadata = metadata_element(row.metadata) if with_metadata else ""
    return f"<Container>{leaf('Name', row.name)}<Properties>{''.join(parts)}</Properties>{metadata}</Container>"


def metadata_element(packed: str) -> str:
    """Return metadata as XML."""
    return f"<Metadata>{''.join(leaf(name, value) for name, value in unpack(packed).items())}</Metadata>"
