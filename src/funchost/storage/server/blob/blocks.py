"""Put Block, Put Block List and Get Block List."""

from __future__ import annotations

import base64
import binascii
from typing import get_args

from funchost.storage.embedded import block_lists
from funchost.storage.embedded.blob_access import Arrival
from funchost.storage.embedded.blob_content import Change, Segment
from funchost.storage.embedded.blob_names import check_blob
from funchost.storage.embedded.blob_row import BlobRow
from funchost.storage.embedded.blob_writes import Place
from funchost.storage.embedded.block_lists import BlockChoice, BlockLists, Choice
from funchost.storage.server.blob.blob_call import BlobCall
from funchost.storage.server.blob.request_headers import check_md5, md5_of
from funchost.storage.server.blob.response_headers import version_headers, written_headers
from funchost.storage.server.blob.uploads import MIB, read_draft, verify, write_conditions
from funchost.storage.server.exchange import StorageReply
from funchost.storage.server.refusal import refusal, wrong_query
from funchost.storage.server.xml_document import document, escape, read_xml

MAX_BLOCK = 4000 * MIB
MAX_LIST_DOCUMENT = 16 * MIB
_CHOICES: tuple[Choice, ...] = get_args(Choice)


async def put_block(call: BlobCall) -> StorageReply:
    """Put Block."""
    block = block_id(call)
    md5 = call.headers.get("content-md5")
    arrival = await call.receive(MAX_BLOCK, hashed=md5 is not None)
    await verify(call, arrival, md5)
    return await stage_arrival(call, block, arrival)


def block_id(call: BlobCall) -> str:
    """Return the id of the block that a request stages.

    Raises:
        StorageError: InvalidQueryParameterValue: it is no Base64, or of more than 64 bytes.
    """
    check_blob(call.name)
    block = call.query.get("blockid", "").replace(" ", "+")
    try:
        size = len(base64.b64decode(block, validate=True))
    except (binascii.Error, ValueError):
        size = 0
    if not 1 <= size <= 64:
        raise wrong_query("blockid", block, "It must be Base64 of 1 to 64 bytes.")
    return block


async def stage_arrival(call: BlobCall, block: str, arrival: Arrival) -> StorageReply:
    """Keep what has arrived as a block that is not committed yet."""
    lease = call.conditions.lease_id
    await call.keep(arrival, lambda change, place, upload: block_lists.stage_block(change, place, block, upload, lease))
    headers = {"x-ms-request-server-encrypted": "true"}
    if arrival.upload.md5:
        headers["content-md5"] = arrival.upload.md5
    return StorageReply(201, headers)


async def put_block_list(call: BlobCall) -> StorageReply:
    """Put Block List."""
    check_blob(call.name)
    draft = read_draft(call, fallback=False)
    conditions = write_conditions(call)
    data = await call.request.body.read(MAX_LIST_DOCUMENT)
    check_md5(call.headers.get("content-md5"), md5_of(data))
    choices = read_choices(data)

    def write(change: Change, place: Place) -> BlobRow:
        return block_lists.commit_blocks(change, place, choices, draft, conditions)

    return StorageReply(201, written_headers(await call.change(write)))


def read_choices(data: bytes) -> list[BlockChoice]:
    """Return the entries of a block list document.

    Raises:
        StorageError: InvalidXmlDocument.
    """
    root = read_xml(data)
    if root.name != "BlockList":
        raise refusal("InvalidXmlDocument")
    names: dict[str, Choice] = {choice: choice for choice in _CHOICES}
    try:
        return [BlockChoice(names[child.name], child.text.strip()) for child in root.children]
    except KeyError:
        raise refusal("InvalidXmlDocument") from None


async def get_block_list(call: BlobCall) -> StorageReply:
    """Get Block List."""
    kind = call.query.get("blocklisttype", "committed").lower()
    if kind not in ("committed", "uncommitted", "all"):
        raise wrong_query("blocklisttype", kind)
    conditions = call.conditions
    now = call.now
    found = await call.read(
        lambda connection: block_lists.list_blocks(connection, call.place(connection), call.snapshot, now, conditions)
    )
    headers = {"content-type": "application/xml"}
    if found.row is not None:
        headers.update(version_headers(found.row))
        headers["x-ms-blob-content-length"] = str(found.row.size)
    else:
        headers["x-ms-blob-content-length"] = "0"
    return StorageReply(200, headers, _lists_document(found, kind))


def _lists_document(found: BlockLists, kind: str) -> bytes:
    parts = []
    if kind != "uncommitted":
        parts.append(f"<CommittedBlocks>{''.join(map(_block, found.committed))}</CommittedBlocks>")
    if kind != "committed":
        parts.append(f"<UncommittedBlocks>{''.join(map(_block, found.uncommitted))}</UncommittedBlocks>")
    return document(f"<BlockList>{''.join(parts)}</BlockList>")


def _block(segment: Segment) -> str:
    return f"<Block><Name>{escape(segment.block)}</Name><Size>{segment.size}</Size></Block>"
